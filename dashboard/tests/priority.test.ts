import { describe, expect, it } from "vitest";
import { awaitsAnswer, byUnit, openAlerts } from "../src/alerts/priority";
import { alert, answer, iso, SERVER_MS } from "./samples";

describe("who still has to answer", () => {
  it("is anybody while nobody has, also when the condition has cleared and is held", () => {
    expect(awaitsAnswer(alert("1", "a"))).toBe(true);
    expect(awaitsAnswer(alert("1", "a", { state: "latched, clear" }))).toBe(true);
  });

  it("is nobody once answered, once ended, or for what was found in late data", () => {
    expect(awaitsAnswer(alert("1", "a", { acknowledged_at: iso(SERVER_MS) }))).toBe(false);
    expect(awaitsAnswer(alert("1", "a", { state: "normal" }))).toBe(false);
    expect(awaitsAnswer(alert("1", "a", { late: true }))).toBe(false);
  });

  it("is somebody again when people are asked again, and nobody while it is set aside", () => {
    const acknowledged_at = iso(SERVER_MS);
    expect(awaitsAnswer(alert("1", "a", { acknowledged_at, answer: answer() }))).toBe(true);
    expect(awaitsAnswer(alert("1", "a", { acknowledged_at, answer: answer({ state: "accepted" }) }))).toBe(false);
    expect(awaitsAnswer(alert("1", "a", { answer: answer(), shelved_until: iso(SERVER_MS) }))).toBe(false);
  });
});

describe("the list", () => {
  it("has unanswered before answered, high before low, newest first, and no ended ones", () => {
    const answered = { state: "active, acknowledged", acknowledged_at: iso(SERVER_MS) } as const;
    const list = [
      alert("answered", "a", answered),
      alert("low", "a", { priority: "low" }),
      alert("older", "a", { since: iso(SERVER_MS - 60_000) }),
      alert("newer", "b"),
      alert("ended", "a", { state: "normal" }),
    ];
    expect(openAlerts(list).map((open) => open.alert_id)).toEqual(["newer", "older", "low", "answered"]);
    expect(
      byUnit(openAlerts(list))
        .get("a")
        ?.map((open) => open.alert_id),
    ).toEqual(["older", "low", "answered"]);
  });

  it("has the very same list for a unit whose alerts have not changed", () => {
    const [one, two, other] = [alert("1", "a"), alert("2", "a"), alert("3", "b")];
    const before = byUnit([one, two, other]);
    const after = byUnit([one, two, alert("3", "b", { late: true })], before);
    expect(after.get("a")).toBe(before.get("a"));
    expect(after.get("b")).not.toBe(before.get("b"));
    expect(byUnit([two, one], before).get("a")).not.toBe(before.get("a"));
    expect(byUnit([one, two], before).has("b")).toBe(false);
  });
});
