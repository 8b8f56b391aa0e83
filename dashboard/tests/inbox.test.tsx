// @vitest-environment happy-dom
// The list of alerts as a work list: which are shown, and many low ones with one press.
import { describe, expect, it } from "vitest";
import { AT_ONCE, Bulk } from "../src/alerts/bulk";
import { EVERYTHING, filtered, mayBeTicked } from "../src/alerts/filter";
import { Api } from "../src/api";
import { alert, iso, SERVER_MS } from "./samples";

const WHOSE = (unit: string) => ({ names: [`Patient ${unit}`, unit], clinic: unit === "b" ? "South" : "North" });
const acknowledged = {
  acknowledged_at: iso(SERVER_MS),
  acknowledged_by: "Nora",
  state: "active, acknowledged",
} as const;
const shelf = { shelved_until: iso(SERVER_MS + 60_000), shelved_by: "Bo", shelved_reason: "known" };
const ALERTS = [
  alert("1", "a"),
  alert("2", "b", { priority: "low" }),
  alert("3", "a", { priority: "low", ...acknowledged }),
  alert("4", "b", { priority: "medium", ...shelf }),
];
const ids = (change: Partial<typeof EVERYTHING>, reader = "Nora") =>
  filtered(ALERTS, { ...EVERYTHING, ...change }, reader, WHOSE).map((one) => one.alert_id);

describe("the filter", () => {
  it("leaves all, or those of one kind, priority, clinic or patient", () => {
    expect(ids({})).toEqual(["1", "2", "3", "4"]);
    expect(ids({ shown: "unanswered" })).toEqual(["1", "2"]);
    expect(ids({ shown: "mine" })).toEqual(["3"]);
    expect(ids({ shown: "mine" }, "Bo")).toEqual([]);
    expect(ids({ shown: "shelved" })).toEqual(["4"]);
    expect(ids({ priority: "low", clinic: "North" })).toEqual(["3"]);
    expect(ids({ patient: "PATIENT B" })).toEqual(["2", "4"]);
  });

  it("says of low ones alone that they may be ticked, and only while something is left to acknowledge", () => {
    expect(ALERTS.map(mayBeTicked)).toEqual([false, true, false, false]);
    expect(mayBeTicked(alert("5", "a", { priority: "low", unsaved: true }))).toBe(false);
  });

  it("goes through ten thousand at once", () => {
    const many = Array.from({ length: 10_000 }, (_, number) => alert(String(number), number % 2 ? "a" : "b"));
    const start = performance.now();
    expect(filtered(many, { ...EVERYTHING, patient: "patient a" }, "Nora", WHOSE)).toHaveLength(5_000);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("many with one press", () => {
  it("asks for some at a time, tells what was not done, and keeps ticked what was not recorded", async () => {
    const asked: string[][] = [];
    const api = new Api(
      "/",
      () => undefined,
      async (_, init) => {
        const { alert_ids } = JSON.parse(String(init?.body)) as { alert_ids: string[] };
        asked.push(alert_ids);
        if (asked.length === 2) throw new TypeError("no network");
        const outcomes = alert_ids.map((alert_id) => ({
          alert_id,
          outcome: alert_id === "7" ? "not low" : "acknowledged",
        }));
        return new Response(JSON.stringify({ outcomes, done: alert_ids.length - 1 }));
      },
    );
    const bulk = new Bulk(api);
    const all = Array.from({ length: AT_ONCE + 2 }, (_, number) => String(number));
    bulk.tick(all, true);
    await bulk.acknowledge(all);
    expect(asked.map((part) => part.length)).toEqual([AT_ONCE, 2]);
    expect(bulk.told.value).toMatchObject({ sending: false, asked: AT_ONCE + 2, done: AT_ONCE - 1 });
    expect(bulk.told.value?.not).toEqual([
      { alert_id: "7", outcome: "not low" },
      { alert_id: "50", outcome: "not recorded" },
      { alert_id: "51", outcome: "not recorded" },
    ]);
    expect([...bulk.ticked.value]).toEqual(["50", "51"]);
  });
});
