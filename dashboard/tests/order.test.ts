import { describe, expect, it } from "vitest";
import { byUnit, openAlerts } from "../src/alerts/priority";
import { wallOrder } from "../src/live/order";
import { unitFromView } from "../src/live/unit";
import type { AlertView, UnitView } from "../src/messages";
import { alert, iso, reading, SERVER_MS, status, unit } from "./samples";

function order(units: UnitView[], alerts: AlertView[] = [], connected = true): string[] {
  const known = units.map((view) => unitFromView(view, SERVER_MS));
  return wallOrder(known, byUnit(openAlerts(alerts)), SERVER_MS, connected);
}

describe("the wall's order", () => {
  it("is worst first", () => {
    const units = [
      unit("normal"),
      unit("offline", { status: status("offline", { online: false }) }),
      unit("stale", { reading: reading("stale", { age_s: 34 }) }),
      unit("answered"),
      unit("low"),
      unit("medium"),
      unit("high"),
      unit("idle", { reading: reading("idle", { phase: "IDL" }) }),
    ];
    const alerts = [
      alert("1", "low", { priority: "low" }),
      alert("2", "medium", { priority: "medium" }),
      alert("3", "high"),
      alert("4", "answered", { state: "active, acknowledged", acknowledged_at: iso(SERVER_MS) }),
    ];
    expect(order(units, alerts)).toEqual(["high", "medium", "low", "answered", "stale", "offline", "normal", "idle"]);
  });

  it("does not depend on the order of arrival, and counts numbers as numbers", () => {
    const units = ["home 10", "home 2", "home 1"].map((id) => unit(id));
    expect(order(units)).toEqual(["home 1", "home 2", "home 10"]);
    expect(order([...units].reverse())).toEqual(["home 1", "home 2", "home 10"]);
  });

  it("takes the worst of several alerts, and an unanswered low before an answered high", () => {
    const units = [unit("a"), unit("b")];
    const answered = { state: "active, acknowledged", acknowledged_at: iso(SERVER_MS) } as const;
    expect(order(units, [alert("1", "a", answered), alert("2", "b", { priority: "low" })])).toEqual(["b", "a"]);
    expect(order(units, [alert("1", "b", answered), alert("2", "b"), alert("3", "a", { priority: "medium" })])).toEqual(
      ["b", "a"],
    );
  });

  it("is not moved by what was found in late data, nor by what has ended", () => {
    const units = [unit("a"), unit("b")];
    expect(order(units, [alert("1", "b", { late: true }), alert("2", "b", { state: "normal" })])).toEqual(["a", "b"]);
  });

  it("keeps a cleared but unseen alert in front", () => {
    expect(order([unit("a"), unit("b")], [alert("1", "b", { state: "latched, clear" })])).toEqual(["b", "a"]);
  });
});
