import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { AlertCard } from "../src/components/alert-card";
import { Banners } from "../src/components/banner";
import { BoxState, byReason, NotEvaluatedList } from "../src/components/patient-side";
import { Tile } from "../src/components/tile";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import { unitFromView } from "../src/live/unit";
import type { AlertView, UnitView } from "../src/messages";
import { endedAlerts } from "../src/pages/alerts";
import { SignInPage } from "../src/pages/sign-in";
import { parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { themeFor } from "../src/theme";
import { testApp } from "./app";
import { alert, DOWN, iso, reading, SERVER_MS, snapshot, status, unit } from "./samples";

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
});

function show(view: UnitView, alerts: AlertView[] = [], links = {}, page?: ComponentChildren): LiveStore {
  const session = new Session();
  session.me.value = {
    user: { email: "a@b.c", name: "A", role: "nurse", clinic: null, language: null },
    may: ["see history", "see readings"],
    expires_at: iso(SERVER_MS),
    hidden: false,
    hospital_sign_out: null,
  };
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([view], alerts, links), 0);
  const api = new Api(
    "/",
    () => undefined,
    () => Promise.reject(new TypeError("no network")),
  );
  const app = testApp(api, store, session);
  act(() =>
    render(
      <AppContext.Provider value={app}>
        <Banners />
        {page ?? <Tile id={view.unit} />}
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
    show(unit("a", { not_evaluated: [{ rule: "R10", reason: "no venous pressure", at_rest: false, between: false }] }));
    expect(find('[data-testid="not-evaluated"]')?.title).toBe("1 check not running");
    expect(find('[data-testid="not-evaluated"] .hidden')?.textContent).toBe("1 check not running");
    expect(find('[data-testid="not-evaluated"] [aria-hidden="true"]:not(svg)')?.textContent).toBe("1");
    expect(host.textContent).not.toMatch(/ok|normal/i);
  });

  it("says before anybody signs in that the machine's own alarms come first", () => {
    show(unit("a"), [], {}, <SignInPage />);
    expect(host.textContent).toContain("A supplement only: the machine's own alarms");
  });

  it("of an idle unit does not count the checks that only rest", () => {
    const atRest = ["R10", "R13"].map((rule) => ({ rule, reason: "not in treatment", at_rest: true, between: false }));
    show(unit("a", { not_evaluated: atRest }));
    expect(find('[data-testid="not-evaluated"]')).toBeNull();
    show(
      unit("b", {
        not_evaluated: [...atRest, { rule: "R07", reason: "no target weight", at_rest: false, between: false }],
      }),
    );
    expect(find('[data-testid="not-evaluated"]')?.dataset.count).toBe("1");
  });

  it("does not count what cannot be told of past treatments", () => {
    const past = { rule: "R35", reason: "3 of 20 treatments for a baseline", at_rest: false, between: true };
    show(unit("a", { not_evaluated: [past] }));
    expect(find('[data-testid="not-evaluated"]')).toBeNull();
    show(
      unit("b", { not_evaluated: [past] }),
      [],
      {},
      <NotEvaluatedList unit={unitFromView(unit("b", { not_evaluated: [past] }), SERVER_MS)} />,
    );
    expect(host.textContent).toContain("R35 3 of 20 treatments");
  });

  it("does not call a box online that was not heard", () => {
    show(unit("a", { reading: null, status: status("a", { heard_at: iso(SERVER_MS - 185_000) }) }));
    expect(find("[data-trouble]")?.textContent).toBe("box not heard for 3 min");
    show(unit("b", { reading: null, status: status("b", { heard_at: null }) }));
    expect(find("[data-trouble]")?.textContent).toBe("box not heard");
  });

  it("marks a box that cannot keep readings, though they still come", () => {
    show(unit("a", { status: status("a", { trouble: "disk full" }) }));
    expect(find('[data-trouble="box-troubled"]')?.textContent).toBe("box cannot keep readings");
    expect(find('[data-testid="tile"]')?.dataset.freshness).toBe("live");
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

describe("patient's side", () => {
  const box = (change: Parameters<typeof status>[1]) => {
    const view = unit("a", { reading: null, status: status("a", change) });
    show(view, [], {}, <BoxState unit={unitFromView(view, SERVER_MS)} />);
    return find("[data-box]")?.textContent ?? find(".box-state dd")?.textContent;
  };

  it("says how the box is, and does not believe an old word", () => {
    expect(box({})).toBe("online");
    expect(box({ online: false })).toBe("offline");
    expect(box({ heard_at: iso(SERVER_MS - 185_000) })).toBe("box not heard for 3 min");
  });

  it("says what troubles the box, and what the machine sent damaged", () => {
    box({});
    expect(find('[data-testid="box-trouble"]')).toBeNull();
    expect(find('[data-testid="rejected"]')).toBeNull();
    box({ trouble: "disk full", rejected: 7 });
    expect(find('[data-testid="box-trouble"]')?.textContent).toBe("box cannot keep readings: disk full");
    expect(find('[data-testid="rejected"]')?.textContent).toBe("7 readings set aside on the box");
  });

  it("tells checks that rest from checks that lack something", () => {
    const atRest = { rule: "R10", reason: "not in treatment", at_rest: true, between: false };
    const lacking = { rule: "R07", reason: "no target weight", at_rest: false, between: false };
    const view = unit("a", { not_evaluated: [atRest] });
    show(view, [], {}, <NotEvaluatedList unit={unitFromView(view, SERVER_MS)} />);
    expect(host.textContent).toBe("1 check rests: not in its phase of treatment.");
    const both = unit("a", { not_evaluated: [atRest, lacking] });
    show(both, [], {}, <NotEvaluatedList unit={unitFromView(both, SERVER_MS)} />);
    expect(find("h2")?.textContent).toBe("Checks not running 1");
    expect(host.textContent).toContain("1 check rests");
  });
});

describe("alert card", () => {
  const card = (change: Partial<AlertView>) => {
    const told = alert("1", "a", { time: iso(SERVER_MS - 600_000), changed_at: iso(SERVER_MS - 5_000), ...change });
    show(unit("a"), [told], {}, <AlertCard alert={told} />);
    return find(".alert-state")?.textContent ?? "";
  };

  it("says when the condition cleared, beside the reason it was raised for", () => {
    expect(card({ state: "latched, clear" })).toMatch(/^Condition cleared \d\d:59:55, held until seen$/);
    expect(find(".reason")?.textContent).toBe("venous pressure fell by 31 mmHg");
  });

  it("says that it is not saved, and asks for no steps", () => {
    expect(card({ unsaved: true })).toBe("Active, nobody has answered");
    expect(find('[data-testid="unsaved-note"]')?.textContent).toBe(
      "Not saved yet: the alert stands, and is on no record.",
    );
    expect(find(".alert-card")?.dataset.unsaved).toBe("true");
    card({});
    expect(find('[data-testid="unsaved-note"]')).toBeNull();
  });

  it("says when it ended, and no time while it stands", () => {
    expect(card({ state: "normal" })).toMatch(/^Ended \d\d:59:55$/);
    expect(card({})).toBe("Active, nobody has answered");
  });
});

describe("banners", () => {
  it("says what part of ingest is missing, and greys nothing out for it", () => {
    show(unit("a"), [], { ingest: { ...DOWN, reason: "silence not judged" } });
    expect(find('[data-testid="partial-banner"] [role="alert"]')?.textContent).toMatch(/Silence raises no alert since/);
    expect(find('[data-testid="paused-banner"]')).toBeNull();
    expect(find('[data-testid="tile"]')?.dataset.freshness).toBe("live");
    show(unit("b"), [], { ingest: { ...DOWN, reason: "database" } });
    expect(find('[data-testid="paused-banner"]')).not.toBeNull();
    expect(find('[data-unit="b"]')?.dataset.freshness).toBe("stale");
  });

  it("says once for all that nothing is saved, and that everything is live", () => {
    const ingest = { ...DOWN, reason: "unsaved" };
    show(unit("a"), [alert("unsaved-a-R10", "a", { unsaved: true })], { ingest });
    const banner = find('[data-testid="unsaved-banner"]');
    expect(banner?.textContent).toMatch(
      /^Database does not answer since \d\d:\d\d. Values and alerts are live but not saved; acknowledging is not possible.$/,
    );
    expect(host.querySelectorAll(".banner")).toHaveLength(1);
    expect(find('[data-testid="tile"]')?.dataset.freshness).toBe("live");
    expect(find('.tile-alert [data-unsaved="true"]')?.textContent).toBe("not saved");
    show(unit("b"), [alert("1", "b")]);
    expect(find('[data-unit="b"] [data-unsaved="true"]')).toBeNull();
  });

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
    ["#/notices", { page: "notices", notice: null }],
    ["#/notices/7", { page: "notices", notice: "7" }],
    ["#/deliveries/12", { page: "delivery", delivery: "12" }],
    ["#/deliveries", { page: "wall" }],
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
    expect(themeFor("ward", 12, false)).toBe("ward");
  });
});

describe("checks not running", () => {
  it("says one reason once, with all its rules", () => {
    const list = ["R10", "R13"].map((rule) => ({ rule, reason: "not in treatment", at_rest: false, between: false }));
    expect(byReason([...list, { rule: "R07", reason: "no target weight", at_rest: false, between: false }])).toEqual([
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
