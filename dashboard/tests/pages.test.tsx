import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import { Acknowledging } from "../src/alerts/acknowledge";
import { Api } from "../src/api";
import { Banners } from "../src/components/banner";
import { byReason } from "../src/components/patient-side";
import { Tile } from "../src/components/tile";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { AlertView, UnitView } from "../src/messages";
import { endedAlerts } from "../src/pages/alerts";
import { parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { themeFor } from "../src/theme";
import { alert, DOWN, iso, reading, SERVER_MS, snapshot, status, unit } from "./samples";

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
});

function show(view: UnitView, alerts: AlertView[] = [], links = {}): LiveStore {
  const session = new Session();
  session.me.value = {
    user: { email: "a@b.c", name: "A", role: "nurse", clinic: null },
    may: ["see readings"],
    expires_at: iso(SERVER_MS),
  };
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([view], alerts, links), 0);
  const api = new Api("/", () => undefined);
  const app = { api, store, session, acknowledging: new Acknowledging(api, store) };
  act(() =>
    render(
      <AppContext.Provider value={app}>
        <Banners />
        <Tile id={view.unit} />
      </AppContext.Provider>,
      host,
    ),
  );
  return store;
}

const find = (selector: string) => host.querySelector<HTMLElement>(selector);

describe("tile", () => {
  it("shows a number, and its raw value for those who compare", () => {
    show(unit("a", { reading: reading("a", { values: { arterial_pressure: -182.4 } }) }));
    expect(find('[data-signal="arterial_pressure"]')?.textContent).toBe("−182");
    expect(find('[data-signal="arterial_pressure"]')?.dataset.value).toBe("-182.4");
    expect(find('[data-signal="blood_flow"]')?.dataset.missing).toBe("true");
  });

  it("turns stale with its age, by time alone", () => {
    const store = show(unit("a"));
    expect(find('[data-testid="tile"]')?.dataset.freshness).toBe("live");
    act(() => {
      store.receive(snapshot([unit("a", { reading: reading("a", { age_s: 34 }) })]), 1000);
    });
    expect(find('[data-testid="tile"]')?.dataset.freshness).toBe("stale");
    expect(find('[data-age="stale"]')?.textContent).toBe("stale 34 s");
  });

  it("has different words for different silences", () => {
    show(unit("a", { status: status("a", { online: false }) }));
    expect(find("[data-trouble]")?.textContent).toBe("box offline");
    show(unit("b", { status: status("b", { machine: "disconnected" }) }));
    expect(find("[data-trouble]")?.textContent).toBe("machine not connected");
    show(unit("c", { status: null, reading: null }));
    expect(find('[data-age="none"]')?.textContent).toBe("no data");
  });

  it("carries an alert by word and shape, flashing until somebody answers", () => {
    show(unit("a"), [alert("1", "a")]);
    expect(find('[data-testid="tile"]')?.dataset.alertPriority).toBe("high");
    expect(find(".flag")?.textContent).toBe("HIGH");
    expect(find(".flag svg")).not.toBeNull();
    expect(find(".flag")?.dataset.flashing).toBe("true");
    show(unit("b"), [alert("1", "b", { acknowledged_at: iso(SERVER_MS), state: "active, acknowledged" })]);
    expect(find('[data-unit="b"] .flag')?.dataset.flashing).toBe("false");
  });

  it("says how many checks do not run, and never that all is well", () => {
    show(unit("a", { not_evaluated: [{ rule: "R10", reason: "no venous pressure" }] }));
    expect(find('[data-testid="not-evaluated"]')?.textContent).toBe("1 check not running");
    expect(host.textContent).not.toMatch(/ok|normal/i);
  });

  it("shows an implausible value as a word", () => {
    show(unit("a", { reading: reading("a", { values: {}, invalid: ["transmembrane_pressure"] }) }));
    expect(find('[data-signal="transmembrane_pressure"]')?.textContent).toBe("implausible");
  });

  it("writes what a person or device sends as text", () => {
    show(unit("a", { patient: { name: "<img src=x onerror=alert(1)>" } }));
    expect(find("img")).toBeNull();
    expect(find("h2")?.textContent).toBe("<img src=x onerror=alert(1)>");
  });
});

describe("banners", () => {
  it("says since when the live view stands still", () => {
    show(unit("a"), [], { ingest: DOWN });
    expect(find('[data-testid="paused-banner"] [role="alert"]')?.textContent).toMatch(/paused since \d\d:\d\d:53/);
  });

  it("says when the connection is lost, with the age of the last contact", () => {
    const store = show(unit("a"));
    act(() => store.tick(12_000));
    expect(find('[data-testid="connection-banner"]')?.textContent).toContain("No connection");
    expect(find('[data-testid="connection-banner"]')?.textContent).toContain("last contact 12 s ago");
    expect(find('[data-testid="tile"]')?.dataset.freshness).toBe("stale");
  });

  it("says when alerts may be missing though readings come", () => {
    show(unit("a"), [], { alert_feed: DOWN });
    expect(find('[data-testid="alert-feed-banner"]')).not.toBeNull();
  });
});

describe("addresses", () => {
  it.each([
    ["", { page: "wall" }],
    ["#/", { page: "wall" }],
    ["#/patients/home-1", { page: "patient", unit: "home-1" }],
    ["#/alerts", { page: "alerts", alert: null }],
    ["#/alerts/42", { page: "alerts", alert: "42" }],
    ["#/patients/%E0%A4%A", { page: "wall" }],
  ])("%s", (hash, expected) => {
    expect(parseRoute(hash)).toEqual(expected);
  });
});

describe("theme", () => {
  it("is night from 19 to 7 or when the computer is dark, unless chosen", () => {
    expect(themeFor("auto", 18, false)).toBe("day");
    expect(themeFor("auto", 19, false)).toBe("night");
    expect(themeFor("auto", 6, false)).toBe("night");
    expect(themeFor("auto", 12, true)).toBe("night");
    expect(themeFor("day", 23, true)).toBe("day");
  });
});

describe("checks not running", () => {
  it("says one reason once, with all its rules", () => {
    const list = ["R10", "R13"].map((rule) => ({ rule, reason: "not in treatment" }));
    expect(byReason([...list, { rule: "R07", reason: "no target weight" }])).toEqual([
      ["not in treatment", ["R10", "R13"]],
      ["no target weight", ["R07"]],
    ]);
  });
});

describe("ended alerts", () => {
  it("takes the live word over the loaded list", () => {
    const loaded = [alert("1", "a", { state: "normal" }), alert("2", "a", { state: "normal" })];
    const live = new Map([["1", alert("1", "a")]]);
    expect(endedAlerts(loaded, live).map((ended) => ended.alert_id)).toEqual(["2"]);
  });
});
