// A patient's treatments as a whole: one axis of days, gaps that stay gaps, and days in words.
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { dateIn, firstWeekday, months, weekdayOf, weekdays } from "../src/charts/calendar";
import {
  across,
  CHARTS,
  monthStarts,
  nearest,
  pieces,
  ranges,
  scaleOf,
  steps,
  type TrendChart,
} from "../src/charts/trends";
import { AppContext } from "../src/context";
import { inWords } from "../src/format/trends";
import { LiveStore } from "../src/live/store";
import type { TrendDay, Trends, TrendTreatment } from "../src/messages";
import { TrendsPage } from "../src/pages/trends";
import { link, parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { testApp } from "./app";
import { iso, SERVER_MS, snapshot, unit } from "./samples";

const DAY = 86_400_000;

function dates(first: string, count: number): string[] {
  const start = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) => new Date(start + index * DAY).toISOString().slice(0, 10));
}

function day(date: string, change: Partial<TrendDay> = {}): TrendDay {
  return { date, state: "not planned", why: null, planned: null, treatments: [], ...change };
}

function treatment(id: string, change: Partial<TrendTreatment> = {}): TrendTreatment {
  return {
    treatment_id: id,
    unit: "a",
    start: "2026-01-20T18:00:00Z",
    end: "2026-01-20T22:00:00Z",
    course: "treated",
    planned_min: 240,
    treated_min: 240,
    unseen_min: 0,
    goal_ml: 2600,
    prescribed_ml: null,
    removed_ml: 2500,
    spktv: 1.4,
    ektv: null,
    prescribed_spktv: 1.4,
    weight_before_kg: 72,
    weight_after_kg: 70,
    target_weight_kg: 69.5,
    systolic_before: 140,
    systolic_after: 120,
    systolic_low: 110,
    diastolic: 78,
    pulse_rate: 71,
    blood_flow: 300,
    venous_pressure: 120,
    arterial_pressure: -150,
    access_ratio: null,
    signed: false,
    ...change,
  };
}

function chart(key: string): TrendChart {
  const found = CHARTS.find((one) => one.key === key);
  if (found === undefined) throw new Error(key);
  return found;
}

describe("the calendar", () => {
  it("has every day once, in its own column, whatever day a week begins on", () => {
    const all = dates("2025-11-17", 500).map((date) => day(date));
    for (const first of [1, 6, 7]) {
      const found = months(all, first);
      const flat = found.flatMap(({ weeks }) => weeks.flat()).flatMap((one) => (one === null ? [] : [one.date]));
      expect(flat).toEqual(all.map(({ date }) => date));
      const names = weekdays(first);
      for (const { month, weeks } of found) {
        for (const week of weeks) {
          expect(week).toHaveLength(7);
          expect(week.some((one) => one !== null)).toBe(true);
          week.forEach((one, column) => {
            if (one === null) return;
            expect(weekdayOf(one.date)).toBe(names[column]);
            expect(one.date.startsWith(month)).toBe(true);
          });
        }
      }
    }
  });

  it("begins a week as the language does, and knows the day by another clock", () => {
    expect(firstWeekday("en-GB")).toBe(1);
    expect(weekdays(7)).toEqual([7, 1, 2, 3, 4, 5, 6]);
    const late = Date.parse("2026-03-28T23:30:00Z");
    expect([dateIn("UTC", late), dateIn("Europe/Berlin", late), dateIn("America/Lima", late)]).toEqual([
      "2026-03-28",
      "2026-03-29",
      "2026-03-28",
    ]);
  });
});

describe("the axis of days", () => {
  const days = dates("2026-01-30", 4).map((date) => day(date));
  it("puts treatments into their day, two of a day beside each other, and none of another", () => {
    const held = days.map((one, index) => (index === 1 ? { ...one, treatments: ["1", "2"] } : one));
    const places = across(held, [treatment("1"), treatment("2"), treatment("9")]);
    expect(places.map((place) => (place === null ? null : Math.round(place * 100)))).toEqual([33, 42, null]);
    expect(monthStarts(held)).toEqual([{ at: 0.5, date: "2026-02-01" }]);
    expect([nearest(places, 0), nearest(places, 0.4), nearest([null], 0.4)]).toEqual([0, 1, null]);
  });

  it("draws no line over a value that is lacking, nor over a day that was missed or is not known", () => {
    const places = [0.1, 0.3, 0.5, 0.9];
    expect(pieces([1, 2, 3, 4], places, days)).toHaveLength(3);
    expect(pieces([1, null, 3, 4], places, days).map(({ x1 }) => x1)).toEqual([0.5]);
    for (const state of ["missed", "unknown"] as const) {
      const broken = days.map((one, index) => (index === 3 ? { ...one, state } : one));
      expect(pieces([1, 2, 3, 4], places, broken).map(({ x1 }) => x1)).toEqual([0.1, 0.3]);
    }
  });

  it("lets what was prescribed hold until the next treatment", () => {
    expect(steps([240, 240, null, 210], [0.1, 0.3, 0.5, 0.9], 0.2)).toEqual([
      { x1: 0, x2: 0.3, value: 240 },
      { x1: expect.closeTo(0.2), x2: 0.5, value: 240 },
      { x1: expect.closeTo(0.8), x2: 1, value: 210 },
    ]);
  });

  it("has room for all values and what was prescribed, on round numbers, and none where nothing was measured", () => {
    const weights = [treatment("1"), treatment("2", { weight_after_kg: 71.3, target_weight_kg: 66 })];
    const scale = scaleOf(chart("weight"), weights, null);
    expect(scale?.low).toBeLessThanOrEqual(66);
    expect(scale?.high).toBeGreaterThanOrEqual(72);
    expect(scale?.ticks.length).toBeGreaterThan(2);
    const flat = scaleOf(chart("venous"), [treatment("1")], null);
    expect((flat?.high ?? 0) - (flat?.low ?? 0)).toBeGreaterThanOrEqual(40);
    expect(scaleOf(chart("ratio"), weights, 0.55)).toBeNull();
    expect(scaleOf(chart("ratio"), [treatment("1", { access_ratio: 0.3 })], 0.55)?.high).toBeGreaterThanOrEqual(0.55);
    expect(
      ranges(chart("pressure").series, [
        treatment("1"),
        treatment("2", { systolic_before: null, systolic_after: null }),
      ]),
    ).toEqual([{ index: 0, low: 110, high: 140 }]);
  });
});

describe("a treatment in words", () => {
  it("says what was measured, what was prescribed, and what was not", () => {
    expect(inWords(chart("time"), treatment("1", { treated_min: 200 }))).toBe("200 min (prescribed 240)");
    expect(inWords(chart("weight"), treatment("1", { weight_after_kg: null }))).toBe(
      "before 72.0, after not measured kg (target 69.5)",
    );
    expect(inWords(chart("dose"), treatment("1", { spktv: null, prescribed_spktv: null }))).toBe("not measured");
    expect(inWords(chart("arterial"), treatment("1"))).toBe("−150 mmHg");
    expect(inWords(chart("fluid"), treatment("1"))).toBe("2500 mL (set on the machine 2600)");
    expect(inWords(chart("fluid"), treatment("1", { prescribed_ml: 2400 }))).toBe("2500 mL (prescribed 2400)");
    expect(inWords(chart("diastolic"), treatment("1"))).toBe("78 mmHg");
    expect(inWords(chart("pulse"), treatment("1", { pulse_rate: null }))).toBe("not measured");
  });
});

function answer(change: Partial<Trends> = {}): Trends {
  const days = dates("2026-01-19", 14).map((date) => day(date));
  const held = days.map((one): TrendDay => {
    if (one.date === "2026-01-20") return { ...one, state: "treated", treatments: ["1"] };
    if (one.date === "2026-01-22") return { ...one, state: "missed", planned: "2026-01-22T18:00:00Z" };
    if (one.date === "2026-01-24") return { ...one, state: "treated short", treatments: ["2", "3"] };
    if (one.date === "2026-01-27") return { ...one, state: "unknown", why: "box silent" };
    return one;
  });
  return {
    server_time: iso(SERVER_MS),
    patient: { patient_id: "7", name: "Patient a" },
    unit: "a",
    zone: "UTC",
    start: "2026-01-19T00:00:00Z",
    end: "2026-02-02T00:00:00Z",
    recent: {
      since: iso(SERVER_MS - 28 * DAY),
      planned: 12,
      missed: 2,
      unknown: 1,
      treated: 9,
      short: 1,
      unmeasured: 0,
    },
    access_ratio_limit: 0.55,
    treatments: [
      treatment("1"),
      treatment("2", { start: "2026-01-24T18:00:00Z", course: "treated short", treated_min: 90 }),
      treatment("3", { start: "2026-01-24T21:00:00Z", end: null, course: "under way", treated_min: null }),
    ],
    days: held,
    findings: [],
    ...change,
  };
}

async function show(
  trends: Trends | null,
  path = "#/patients/a/trends",
): Promise<{ page: HTMLElement; asked: string[] }> {
  const asked: string[] = [];
  const api = new Api("http://test/", vi.fn(), (input) => {
    asked.push(String(input));
    return trends === null ? Promise.reject(new TypeError("no network")) : Promise.resolve(Response.json(trends));
  });
  const store = new LiveStore();
  store.receive(snapshot([unit("a")]), 0);
  const route = parseRoute(path);
  if (route.page !== "trends") throw new Error(path);
  const page = document.createElement("div");
  document.body.replaceChildren(page);
  await act(async () => {
    render(
      <AppContext.Provider value={testApp(api, store, new Session())}>
        <TrendsPage of={route.of} />
      </AppContext.Provider>,
      page,
    );
  });
  // An answer is drawn in a turn of its own.
  await vi.waitFor(() => act(() => expect(page.textContent).not.toContain("Loading")));
  return { page, asked };
}

describe("the page of trends", () => {
  it("says in words what was missed, shortened and not known, and asks of the unit or of the patient", async () => {
    const { page, asked } = await show(answer());
    const said = page.querySelector('[data-testid="recent"]')?.textContent;
    expect(said).toContain("2 of 12 planned treatments missed. Of 1 it is not known: nothing could have been seen.");
    expect(said).toContain("1 of 9 treatments shortened.");
    expect(asked[0]).toContain("http://test/api/units/a/trends?from=");
    const { asked: of } = await show(answer(), link.trendsOf("7"));
    expect(of[0]).toContain("http://test/api/patients/7/trends?from=");
  });

  it("never says missed or fine without a schedule", async () => {
    const { page } = await show(answer({ recent: null }));
    expect(page.querySelector('[data-testid="recent"]')?.textContent).toContain("No schedule is on record");
  });

  it("tells each day by a shape and by words, and leads from it to its treatments", async () => {
    const { page } = await show(answer());
    const cell = (date: string) => page.querySelector(`td[data-date="${date}"]`);
    expect(cell("2026-01-22")?.textContent).toContain("missed: planned, and no treatment was seen");
    expect(cell("2026-01-22")?.querySelector("a")).toBeNull();
    expect(cell("2026-01-27")?.textContent).toContain("not known: the box was silent");
    const links = [...(cell("2026-01-24")?.querySelectorAll("a") ?? [])].map((one) => one.getAttribute("href"));
    expect(links).toEqual([link.report("2"), link.report("3")]);
    const shapes = ["2026-01-20", "2026-01-22", "2026-01-24", "2026-01-27"].map(
      (date) => cell(date)?.querySelector(".day-mark")?.innerHTML,
    );
    expect(new Set(shapes).size).toBe(4);
    expect(page.querySelectorAll('[aria-current="date"]')).toHaveLength(1);
  });

  it("goes from treatment to treatment by keys in all charts at once, and Enter opens the report", async () => {
    const { page } = await show(answer());
    const slider = (key: string) => page.querySelector<HTMLElement>(`[data-chart="${key}"] [role="slider"]`);
    const press = (key: string) =>
      act(() => {
        slider("time")?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      });
    expect(slider("time")?.getAttribute("aria-valuetext")).toContain("not measured (prescribed 240)");
    await press("ArrowLeft");
    expect(slider("time")?.getAttribute("aria-valuetext")).toContain("90 min (prescribed 240)");
    expect(slider("weight")?.getAttribute("aria-valuenow")).toBe("2");
    await press("Home");
    await press("ArrowLeft");
    expect(slider("weight")?.getAttribute("aria-valuenow")).toBe("1");
    await press("Enter");
    expect(window.location.hash).toBe(link.report("1"));
    window.location.hash = "";
  });

  it("marks what was found over the charts and says it in words", async () => {
    const found = {
      rule: "R25",
      title: "Shortened treatment",
      priority: "low" as const,
      time: "2026-01-24T18:00:00Z",
      treatment_id: "2",
      reason: "Treatment shortened by 150 min",
    };
    const { page } = await show(answer({ findings: [found] }));
    expect(page.querySelectorAll(".trend-lane span")).toHaveLength(1);
    const list = page.querySelector('[data-testid="trend-findings"]');
    expect(list?.textContent).toContain("LOW: ");
    expect(list?.textContent).toContain("Shortened treatment (R25): Treatment shortened by 150 min");
    expect(list?.querySelector("a")?.getAttribute("href")).toBe(link.report("2"));
  });

  it("says when it could not be had, and when nothing is on record", async () => {
    expect((await show(null)).page.textContent).toContain("The trends did not come.");
    expect((await show(answer({ treatments: [] }))).page.textContent).toContain(
      "No treatment is on record in this time.",
    );
  });
});
