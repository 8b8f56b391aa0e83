import { describe, expect, it } from "vitest";
import { Acknowledging } from "../src/alerts/acknowledge";
import { Answering, noticeKey } from "../src/alerts/answering";
import { type Clock, GIVE_UP_MS, untilAnswered } from "../src/alerts/trying";
import { Api, ApiError } from "../src/api";
import { LiveStore } from "../src/live/store";
import { alert, notice, snapshot, unit } from "./samples";

/** Time that passes only by sleeping. */
class Passing implements Clock {
  #now = 0;
  readonly slept: number[] = [];
  nowMs = () => this.#now;
  sleep = async (ms: number) => {
    this.slept.push(ms);
    this.#now += ms;
  };
}

/** A network that swallows the first questions; `heard` counts those that the server got, of which the answer may be lost. */
function network(lost: number, body: unknown, status = 200) {
  const asked: string[] = [];
  const fetcher = async (input: RequestInfo | URL) => {
    asked.push(String(input));
    if (asked.length <= lost) throw new TypeError("network");
    return new Response(JSON.stringify(body), { status });
  };
  return { asked, api: new Api("/", () => undefined, fetcher) };
}

describe("what a bad network swallowed", () => {
  it("is sent again, at growing pauses, until it is answered", async () => {
    const clock = new Passing();
    let asked = 0;
    const answer = await untilAnswered(
      async () => {
        asked += 1;
        if (asked < 7) throw new ApiError(0, "no answer");
        return "done";
      },
      () => true,
      clock,
    );
    expect(answer).toBe("done");
    expect(clock.slept).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  it("is given up after five minutes: it was an answer to something else", async () => {
    const clock = new Passing();
    const never = untilAnswered(
      () => Promise.reject(new ApiError(504, "a gateway")),
      () => true,
      clock,
    );
    await expect(never).rejects.toThrow("a gateway");
    expect(clock.nowMs()).toBeGreaterThan(GIVE_UP_MS);
    expect(clock.nowMs()).toBeLessThan(GIVE_UP_MS + 10_000);
  });

  it.each([400, 403, 404, 409, 429, 500, 503])("is not sent again once the server has said %i", async (status) => {
    const clock = new Passing();
    const refused = untilAnswered(
      () => Promise.reject(new ApiError(status, "no")),
      () => true,
      clock,
    );
    await expect(refused).rejects.toThrow("no");
    expect(clock.slept).toEqual([]);
  });

  it("is an acceptance that comes through in the end, and is told as not sent meanwhile", async () => {
    const { api, asked } = network(3, { outcome: "yours", notice: notice("7") });
    const answering = new Answering(api, new LiveStore(), undefined, new Passing());
    const states: (string | undefined)[] = [];
    answering.doing.subscribe((doing) => states.push(doing.get(noticeKey("7"))?.kind));
    expect(await answering.answer("7", "accept")).toBe(true);
    expect(asked.length).toBe(4);
    expect(states).toEqual([undefined, "sending", "unheard", undefined]);
  });

  it("is never sent twice where that means something else", async () => {
    for (const what of ["reject", "release", "take-over"] as const) {
      const { api, asked } = network(1, {});
      const answering = new Answering(api, new LiveStore(), undefined, new Passing());
      expect(await answering.answer("7", what)).toBe(false);
      expect(asked.length).toBe(1);
      expect(answering.doing.value.get(noticeKey("7"))).toEqual({ kind: "failed" });
    }
  });

  it("is not sent any more when the person says so", async () => {
    const { api, asked } = network(100, {});
    const answering = new Answering(api, new LiveStore(), undefined, new Passing());
    answering.doing.subscribe((doing) => {
      const one = doing.get(noticeKey("7"));
      if (one?.kind === "unheard") one.stop();
    });
    expect(await answering.answer("7", "accept")).toBe(false);
    expect(asked.length).toBe(1);
  });

  it("is not sent in the name of whoever signs in next", async () => {
    const { api, asked } = network(100, {});
    const answering = new Answering(api, new LiveStore(), undefined, new Passing());
    answering.doing.subscribe((doing) => {
      if (doing.get(noticeKey("7"))?.kind === "unheard") queueMicrotask(() => answering.clear());
    });
    expect(await answering.answer("7", "accept")).toBe(false);
    expect(asked.length).toBe(1);
  });

  it("is an acknowledgement whose first answer was lost: it is one's own", async () => {
    const store = new LiveStore();
    store.receive(snapshot([unit("a")], [alert("1", "a")]), 0);
    const done = alert("1", "a", { acknowledged_by: "Ana Prado", acknowledged_at: "2026-03-01T08:00:00Z" });
    const { api, asked } = network(2, { outcome: "already", by_you: true, alert: done });
    const acknowledging = new Acknowledging(api, store, new Passing());
    await acknowledging.acknowledge("1");
    expect(asked.length).toBe(3);
    expect(acknowledging.progress.value.get("1")).toBeUndefined();
    expect(store.alerts.value.get("1")?.acknowledged_by).toBe("Ana Prado");
  });
});
