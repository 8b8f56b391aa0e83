import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { beforeStrips } from "../src/charts/before";
import { AlertBefore, BeforeStrips } from "../src/components/alert-before";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { AlertBefore as Before, Me } from "../src/messages";
import { Session } from "../src/session";
import { testApp } from "./app";
import { alert, history, iso, SERVER_MS } from "./samples";

const START_S = SERVER_MS / 1000 - 900;

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
});
afterEach(() => act(() => render(null, host)));

function before(values: (number | null)[], change: Partial<Before> = {}): Before {
  return {
    alert_id: "1",
    since: iso((START_S + 600) * 1000),
    rule_in_force: true,
    signals: ["venous_pressure"],
    limits: [],
    history: history(START_S, 900 / values.length, values),
    ...change,
  };
}

it("leaves a gap a gap", () => {
  const gap = { start: START_S + 300, end: START_S + 600, reason: "link down", signal: null, detail: "" } as const;
  const answer = before([140, 150, null, null, 160, 330]);
  const [strip] = beforeStrips({ ...answer, history: { ...answer.history, gaps: [gap] } });
  expect(strip?.track.mean).toEqual([140, 150, Number.NaN, 160, 330]);
  expect(strip?.gaps).toEqual([gap]);
  expect(strip?.extent).toEqual([140, 330]);
});

it("has room for each limit of the signal, and for no other's", () => {
  const limits = [
    { signal: "venous_pressure", name: "limit", value: 400 },
    { signal: "blood_flow", name: "limit", value: 900 },
  ];
  const [strip] = beforeStrips(before([140, 150, 160], { limits }));
  expect(strip?.limits).toEqual([400]);
  expect(strip?.y?.[1]).toBeGreaterThan(400);
  expect(strip?.y?.[1]).toBeLessThan(900);
});

it("names a signal of which nothing is stored", () => {
  const strips = beforeStrips(before([140], { signals: ["venous_pressure", "blood_flow"] }));
  expect(strips.map((strip) => [strip.signal, strip.extent, strip.y === null])).toEqual([
    ["venous_pressure", [140, 140], false],
    ["blood_flow", null, true],
  ]);
});

it("says in words what it draws, and when the rule has changed since", () => {
  const limits = [{ signal: "venous_pressure", name: "limit", value: 320 }];
  act(() => render(<BeforeStrips alert={alert("1", "a")} before={before([null], { limits })} />, host));
  expect(host.querySelector("figcaption")?.textContent).toContain("no value stored");
  act(() => render(<BeforeStrips alert={alert("1", "a")} before={before([null], { rule_in_force: false })} />, host));
  expect(host.textContent).toContain("The rule has changed since");
  act(() => render(<BeforeStrips alert={alert("1", "a")} before={before([null], { signals: [] })} />, host));
  expect(host.textContent).toContain("reads no values");
});

it.each([
  ["see history", false, 1],
  ["see alerts", false, 0],
  ["see history", true, 0],
] as const)("asks only for who may %s and what is saved (unsaved: %s)", async (may, unsaved, times) => {
  const asked: string[] = [];
  const session = new Session();
  session.me.value = { user: {}, may: [may], expires_at: iso(SERVER_MS) } as unknown as Me;
  const fetcher = async (input: RequestInfo | URL) => {
    asked.push(String(input));
    return new Response(JSON.stringify({ what: "", hint: "" }), { status: 503 });
  };
  const app = testApp(new Api("/", () => undefined, fetcher), new LiveStore(), session);
  await act(async () => {
    render(
      <AppContext.Provider value={app}>
        <AlertBefore alert={alert("1", "a", { unsaved })} />
      </AppContext.Provider>,
      host,
    );
  });
  await vi.waitFor(() => act(() => expect(host.textContent?.includes("could not be loaded")).toBe(times === 1)));
  expect(asked).toEqual(Array(times).fill("/api/alerts/1/before"));
});
