import { effect } from "@preact/signals";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MOST_WAITING } from "../src/live/intake";
import { LiveSocket, retryDelayMs, type World } from "../src/live/socket";
import { LiveStore } from "../src/live/store";
import type { ServerMessage } from "../src/messages";
import { page, reading, readings, SERVER_MS, snapshot, unit } from "./samples";

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readyState: number = WebSocket.OPEN;
  sent: string[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
  }

  speak(message: ServerMessage = snapshot([unit("a")])): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** A world whose time moves only when told. */
function bench() {
  let monotonicMs = 0;
  let wallAhead = 1_000_000;
  let next = 1;
  const timers = new Map<number, { due: number; run: () => void }>();
  const frames = new Set<() => void>();
  const sockets: FakeSocket[] = [];
  const world: World = {
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    monotonicMs: () => monotonicMs,
    wallMs: () => monotonicMs + wallAhead,
    random: () => 0.5,
    setTimeout: (run, ms) => {
      timers.set(next, { due: monotonicMs + ms, run });
      return next++;
    },
    clearTimeout: (handle) => void timers.delete(handle),
    beforeFrame: (run) => {
      frames.add(run);
      return () => frames.delete(run);
    },
  };
  const paint = () => {
    for (const run of [...frames]) run();
  };
  const pass = (ms: number) => {
    const end = monotonicMs + ms;
    for (;;) {
      const due = [...timers].filter(([, timer]) => timer.due <= end).sort(([, a], [, b]) => a.due - b.due)[0];
      if (due === undefined) break;
      timers.delete(due[0]);
      monotonicMs = due[1].due;
      due[1].run();
    }
    monotonicMs = end;
  };
  const store = new LiveStore();
  const onRefused = vi.fn();
  const socket = new LiveSocket(store, "ws://x/ws", onRefused, world);
  const latest = () => sockets.at(-1) as FakeSocket;
  const sleep = (ms: number) => {
    wallAhead += ms;
  };
  return { store, socket, sockets, latest, pass, paint, onRefused, sleep };
}

let stop: () => void = () => undefined;
afterEach(() => stop());

function started() {
  const all = bench();
  stop = () => all.socket.stop();
  all.socket.start();
  all.latest().onopen?.();
  all.latest().speak();
  return all;
}

describe("socket", () => {
  it("subscribes as soon as it is open", () => {
    const { latest, store } = started();
    expect(JSON.parse(latest().sent[0] ?? "")).toEqual({ subscribe: { units: "all" } });
    expect(store.connection.value).toBe("live");
  });

  it("comes back by itself, later and later, asking each time whether the session stands", () => {
    const { latest, sockets, pass, onRefused } = started();
    latest().onclose?.();
    pass(500);
    expect(sockets).toHaveLength(2);
    latest().onclose?.();
    pass(500);
    expect(sockets).toHaveLength(2);
    pass(500);
    expect(sockets).toHaveLength(3);
    expect(onRefused).toHaveBeenCalledTimes(2);
  });

  it("says lost within ten seconds of silence and starts over", () => {
    const { store, sockets, pass } = started();
    pass(8_000);
    expect(store.connection.value).toBe("live");
    pass(2_000);
    expect(store.connection.value).toBe("lost");
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  it("gives up a socket that opens and never speaks", () => {
    const { latest, sockets, pass } = started();
    latest().onclose?.();
    pass(1_000);
    latest().onopen?.();
    pass(10_000);
    expect(sockets.length).toBeGreaterThanOrEqual(3);
  });

  it("after sleep shows nothing as live and starts over at once", () => {
    const { store, sockets, pass, sleep } = started();
    sleep(3_600_000);
    pass(1_000);
    expect(store.connection.value).toBe("lost");
    expect(sockets).toHaveLength(2);
  });

  it("tries at once when the browser says the network changed", () => {
    const { sockets } = started();
    window.dispatchEvent(new Event("offline"));
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closed).toBe(true);
  });

  it("says whose values it shows, once for each change, and again on a new connection", () => {
    const { socket, latest, sockets, pass } = started();
    const said = () => latest().sent.map((one) => JSON.parse(one) as object);
    socket.watch(["a"]);
    socket.watch(["a"]);
    expect(said()).toEqual([{ subscribe: { units: "all" } }, { watch: ["a"] }]);
    latest().onclose?.();
    pass(1_000);
    expect(sockets).toHaveLength(2);
    latest().onopen?.();
    expect(said()).toEqual([{ subscribe: { units: "all" } }, { watch: ["a"] }]);
    socket.watch("all");
    expect(said().at(-1)).toEqual({ watch: "all" });
  });

  it("hands on a page, and says what became of it while there is a connection", () => {
    const { socket, latest, store } = started();
    const onPage = vi.fn();
    socket.onPage = onPage;
    latest().onmessage?.({ data: JSON.stringify(page("12")) });
    expect(onPage).toHaveBeenCalledWith(page("12"));
    expect(store.connection.value).toBe("live");
    socket.say({ receipt: "12", state: "delivered" });
    expect(JSON.parse(latest().sent.at(-1) ?? "")).toEqual({ receipt: "12", state: "delivered" });
    latest().readyState = WebSocket.CLOSED;
    socket.say({ receipt: "12", state: "read" });
    expect(latest().sent).toHaveLength(2);
  });

  it("takes the readings in that came since the last frame as one, and before anything else that comes", () => {
    const { latest, store, paint } = started();
    const seen: (number | undefined)[] = [];
    const stopped = effect(() => void seen.push(store.unit("a")?.value.values.get("blood_flow")?.value));
    const flows = (...of: number[]) => {
      for (const blood_flow of of) latest().speak(readings(SERVER_MS + 100, reading("a", { values: { blood_flow } })));
    };
    flows(310, 311, 312);
    expect(seen).toHaveLength(1);
    paint();
    expect(seen.slice(1)).toEqual([312]);
    flows(320, 321);
    latest().speak(page("12"));
    expect(seen.slice(2)).toEqual([321]);
    flows(330);
    latest().speak();
    paint();
    expect(store.unit("a")?.value.values.get("blood_flow")?.value).not.toBe(330);
    stopped();
  });

  it("waits for no frame in the background, nor for one that never comes", () => {
    const { latest, store, pass } = started();
    const flow = () => store.unit("a")?.value.values.get("blood_flow")?.value;
    const told = (blood_flow: number) => latest().speak(readings(SERVER_MS, reading("a", { values: { blood_flow } })));
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    told(310);
    expect(flow()).toBe(310);
    visibility.mockRestore();
    for (let count = 1; count < MOST_WAITING; count += 1) told(311);
    expect(flow()).toBe(310);
    told(312);
    expect(flow()).toBe(312);
    told(313);
    pass(1_000);
    expect(flow()).toBe(313);
  });

  it("forgets what waited when the session ends", () => {
    const { latest, store, socket, paint } = started();
    latest().speak(readings(SERVER_MS, reading("b")));
    socket.stop();
    store.clear();
    paint();
    expect(store.units()).toEqual([]);
  });

  it("opens nothing more once stopped", () => {
    const { socket, latest, sockets, pass } = started();
    const last = latest();
    socket.stop();
    last.onclose?.();
    pass(60_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("back-off", () => {
  it("doubles to a bound and spreads", () => {
    expect(retryDelayMs(0, 0.5)).toBe(500);
    expect(retryDelayMs(2, 0.5)).toBe(2_000);
    expect(retryDelayMs(30, 1)).toBe(10_000);
    expect(retryDelayMs(30, 0)).toBe(6_000);
  });
});
