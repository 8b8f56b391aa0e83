import { effect } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { LOST_AFTER_CLOSE_MS, LOST_AFTER_SILENCE_MS } from "../src/live/connection";
import { LiveStore } from "../src/live/store";
import type { AlertView } from "../src/messages";
import { alert, DOWN, iso, reading, readings, SERVER_MS, snapshot, status, UP, unit } from "./samples";

function live(): LiveStore {
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a"), unit("b")]), 0);
  return store;
}

describe("messages", () => {
  it("a snapshot replaces everything", () => {
    const store = live();
    store.receive(snapshot([unit("c")], [alert("1", "c")]), 1000);
    expect(store.units().map((known) => known.id)).toEqual(["c"]);
    expect(store.unit("a")).toBeUndefined();
    expect([...store.alerts.value.keys()]).toEqual(["1"]);
  });

  it("a delta changes its unit and no other", () => {
    const store = live();
    const other = store.unit("b")?.value;
    store.receive(readings(SERVER_MS + 1000, reading("a", { values: { blood_flow: 250 } })), 1000);
    expect(store.unit("a")?.value.values.get("blood_flow")?.value).toBe(250);
    expect(store.unit("a")?.value.values.get("venous_pressure")?.value).toBe(142);
    expect(store.unit("b")?.value).toBe(other);
  });

  it("a reading of a unit nobody announced is shown, not dropped", () => {
    const store = live();
    store.receive(readings(SERVER_MS + 1000, reading("new")), 1000);
    expect(store.order.value).toContain("new");
  });

  it("an alert comes, is acknowledged elsewhere, and ends", () => {
    const store = live();
    const send = (change: Parameters<typeof alert>[2]) =>
      store.receive({ type: "alert", server_time: iso(SERVER_MS), alert: alert("1", "a", change), replaces: null }, 0);
    send({});
    expect(store.order.value[0]).toBe("a");
    send({ state: "active, acknowledged", acknowledged_by: "Ana", acknowledged_at: iso(SERVER_MS) });
    expect(store.open.value[0]?.acknowledged_by).toBe("Ana");
    send({ state: "normal" });
    expect(store.open.value).toEqual([]);
  });

  it("a saved alert takes the place of the unsaved one in one step, and what ended unsaved is forgotten", () => {
    const store = live();
    const counts: number[] = [];
    const stop = effect(() => void counts.push(store.open.value.length));
    const send = (shown: AlertView, replaces: string | null = null) =>
      store.receive({ type: "alert", server_time: iso(SERVER_MS), alert: shown, replaces }, 0);
    send(alert("unsaved-a-R10", "a", { unsaved: true }));
    send(alert("9", "a", { unsaved: true }), "unsaved-a-R10");
    send(alert("9", "a"));
    expect(counts).toEqual([0, 1, 1, 1]);
    expect(store.open.value.map((shown) => [shown.alert_id, shown.unsaved])).toEqual([["9", false]]);
    send(alert("unsaved-a-R13", "a", { unsaved: true }));
    send(alert("unsaved-a-R13", "a", { unsaved: true, state: "normal" }));
    expect([...store.alerts.value.keys()]).toEqual(["9"]);
    stop();
  });

  it("a status brings the box's state and the rules that do not run", () => {
    const store = live();
    store.receive(
      {
        type: "status",
        server_time: iso(SERVER_MS),
        statuses: [status("a", { online: false })],
        not_evaluated: { b: [{ rule: "R10", reason: "no venous pressure", at_rest: false, between: false }] },
        ingest: UP,
        live_feed: UP,
        alert_feed: UP,
        duty: null,
      },
      0,
    );
    expect(store.unit("a")?.value.status?.online).toBe(false);
    expect(store.unit("b")?.value.notEvaluated).toHaveLength(1);
  });

  it("listeners hear the readings of their unit until they stop", () => {
    const store = live();
    const heard = vi.fn();
    const stop = store.onReading("a", heard);
    store.receive(readings(SERVER_MS, reading("a"), reading("b")), 0);
    stop();
    store.receive(readings(SERVER_MS, reading("a")), 0);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("connection", () => {
  it("is lost before the first message, live with it", () => {
    const store = new LiveStore();
    store.setOpen(true, 0);
    expect(store.connection.value).toBe("lost");
    store.receive(snapshot([]), 10);
    expect(store.connection.value).toBe("live");
  });

  it("is lost after silence, within ten seconds counting the tick", () => {
    const store = live();
    store.tick(LOST_AFTER_SILENCE_MS);
    expect(store.connection.value).toBe("live");
    store.tick(LOST_AFTER_SILENCE_MS + 1);
    expect(store.connection.value).toBe("lost");
    expect(LOST_AFTER_SILENCE_MS + 1000).toBeLessThan(10_000);
  });

  it("bridges a socket that is back at once", () => {
    const store = live();
    store.setOpen(false, 100);
    expect(store.connection.value).toBe("live");
    store.tick(LOST_AFTER_CLOSE_MS + 1);
    expect(store.connection.value).toBe("lost");
    expect(store.silenceMs.value).toBe(LOST_AFTER_CLOSE_MS + 1);
  });

  it("is paused while ingest or the live feed is down", () => {
    const store = live();
    for (const links of [{ ingest: DOWN }, { live_feed: DOWN }]) {
      store.receive(snapshot([unit("a")], [], links), 0);
      expect(store.connection.value).toBe("paused");
      expect(store.connected.value).toBe(false);
    }
    store.receive(snapshot([unit("a")]), 0);
    expect(store.connection.value).toBe("live");
  });

  it("is live, and says since when nothing is saved, while the database takes nothing", () => {
    const store = live();
    const ingest = { ...DOWN, reason: "unsaved" } as const;
    store.receive(snapshot([unit("a")], [], { ingest }), 0);
    expect([store.connection.value, store.unsavedSince.value]).toEqual(["live", DOWN.since]);
    store.receive(snapshot([unit("a")], [], { ingest, live_feed: DOWN }), 0);
    expect(store.connection.value).toBe("paused");
    store.receive(snapshot([unit("a")]), 0);
    expect(store.unsavedSince.value).toBeNull();
  });

  it("ages go on by the server's clock whatever the browser's wall clock says", () => {
    vi.useFakeTimers({ now: SERVER_MS + 60_000, toFake: ["Date"] });
    try {
      const store = live();
      store.tick(4_000);
      expect(store.now.value).toBe(SERVER_MS + 4_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it("ages move each second, not with each of ten messages in it, and without a tick as well", () => {
    const store = live();
    const moments: number[] = [];
    const stop = effect(() => void moments.push(store.now.value - SERVER_MS));
    for (const ms of [100, 900, 1000, 1100]) store.receive(readings(SERVER_MS + ms, reading("a")), ms);
    store.tick(1500);
    store.receive(readings(SERVER_MS + 2400, reading("a")), 2400);
    expect(moments).toEqual([0, 1000, 1500]);
    expect(store.silenceMs.value).toBe(0);
    store.receive(snapshot([unit("a")]), 2450);
    expect(moments.at(-1)).toBe(0);
    stop();
  });

  it("after the computer slept nothing counts as live, and the age says how long", () => {
    const store = live();
    store.skip(3_600_000, 1_000);
    expect(store.connection.value).toBe("lost");
    expect(store.now.value).toBe(SERVER_MS + 3_601_000);
    expect(store.silenceMs.value).toBe(3_601_000);
  });

  it("forgets everything at the end of a session", () => {
    const store = live();
    store.clear();
    expect(store.units()).toEqual([]);
    expect(store.connection.value).toBe("lost");
  });
});

describe("order signal", () => {
  it("keeps the same array while nothing moved", () => {
    const store = live();
    const before = store.order.value;
    store.receive(readings(SERVER_MS + 1000, reading("a"), reading("b")), 1000);
    expect(store.order.value).toBe(before);
  });
});
