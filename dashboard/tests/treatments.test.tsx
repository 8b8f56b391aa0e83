// Treatments that are over: whose they are, what they came to, and what is not known is not shown as a number.
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { course, MEASURES, type Measure, ofPatient, places } from "../src/charts/course";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { TreatmentView } from "../src/messages";
import { TreatmentsPage } from "../src/pages/treatments";
import { parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { testApp } from "./app";
import { iso, SERVER_MS, snapshot, unit } from "./samples";

const DAY = 86_400_000;

function treatment(number: number, change: Partial<TreatmentView> = {}): TreatmentView {
  const start = SERVER_MS - number * 2 * DAY;
  return {
    treatment_id: String(number),
    unit: "a",
    patient: { patient_id: "1", name: "Patient a" },
    start: iso(start),
    end: iso(start + 4 * 3_600_000),
    end_known: "said by the machine",
    derived: false,
    unusual: 0,
    interruptions: [],
    revision: 1,
    changed_at: iso(start),
    summary: {
      computed_at: iso(start),
      version: 1,
      is_current: true,
      readings: 14_400,
      treated_s: 14_400 - number * 60,
      unseen_s: 0,
      machine_time_min: 240,
      volume_removed_ml: 2000 + number,
      blood_processed_l: 60,
      spktv: null,
      ektv: null,
      signals: { venous_pressure: { count: 14_400, median: 140 + number, min: 100, max: 200 } },
    },
    ...change,
  };
}

function measure(key: string): Measure {
  const found = MEASURES.find((one) => one.key === key);
  if (found === undefined) throw new Error(key);
  return found;
}

async function show(treatments: readonly TreatmentView[] | null): Promise<HTMLElement> {
  const answer = () =>
    treatments === null
      ? Promise.reject(new TypeError("no network"))
      : Promise.resolve(Response.json({ server_time: iso(SERVER_MS), treatments, next: null }));
  const api = new Api("/", () => undefined, answer);
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")]), 0);
  const host = document.createElement("div");
  act(() =>
    render(
      <AppContext.Provider value={testApp(api, store, new Session())}>
        <TreatmentsPage id="a" />
      </AppContext.Provider>,
      host,
    ),
  );
  await vi.waitFor(() => expect(host.textContent).not.toContain("Loading…"));
  return host;
}

describe("the course of a figure", () => {
  it("is oldest first, and leaves out treatments without the figure", () => {
    const all = [treatment(1), treatment(2, { summary: null, end: null }), treatment(3)];
    expect(course(measure("venous_pressure"), all).map(({ value, low, high }) => [value, low, high])).toEqual([
      [143, 100, 200],
      [141, 100, 200],
    ]);
    expect(course(measure("treated"), all).map(({ value }) => value)).toEqual([237, 239]);
    expect(course(measure("spktv"), all)).toEqual([]);
  });

  it("has its points by time and value, and a single one in the middle", () => {
    const points = course(measure("removed"), [treatment(1), treatment(2), treatment(3)]);
    const [from, to] = [SERVER_MS - 6 * DAY, SERVER_MS - 2 * DAY];
    expect(places(points, from, to, 100, 50).map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [50, 25],
      [100, 50],
    ]);
    expect(places(points.slice(0, 1), from, from, 100, 50)).toEqual([{ x: 50, y: 25, top: 25, bottom: 25 }]);
  });

  it("is of one patient", () => {
    const mine = [treatment(1), treatment(4)];
    const other = treatment(2, { patient: { patient_id: "2", name: "Patient b" } });
    const namesake = treatment(5, { patient: { patient_id: "3", name: "Patient a" } });
    const nobody = treatment(3, { patient: null });
    const all = [...mine, other, namesake, nobody];
    expect(ofPatient(all, "Patient a")).toEqual(mine);
    expect(ofPatient(all, null)).toEqual([nobody]);
    expect(ofPatient(all, "Patient c")).toEqual([]);
  });
});

describe("the page of treatments", () => {
  it("has an address", () => {
    expect(parseRoute("#/patients/a%2Fb/treatments")).toEqual({ page: "treatments", unit: "a/b" });
    expect(parseRoute("#/patients/a")).toEqual({ page: "patient", unit: "a" });
  });

  it("shows those of the patient the unit serves now, and says that there are others", async () => {
    const host = await show([treatment(1), treatment(2, { patient: { patient_id: "2", name: "Patient b" } })]);
    expect(host.querySelectorAll("tbody tr")).toHaveLength(1);
    expect(host.textContent).toContain("1 treatment of somebody else on this unit is not shown.");
    expect([...host.querySelectorAll("[data-measure]")].map((figure) => figure.getAttribute("data-measure"))).toEqual([
      "treated",
      "removed",
      "venous_pressure",
    ]);
  });

  it("says what is not known or not final", async () => {
    const [first, second, third] = [treatment(1), treatment(2), treatment(3)];
    const host = await show([
      { ...first, end: null, end_known: null, summary: null },
      { ...second, summary: null },
      {
        ...third,
        end_known: "machine lost",
        summary: third.summary && { ...third.summary, is_current: false, unseen_s: 900 },
      },
    ]);
    const rows = [...host.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(rows[0]).toContain("goes on");
    expect(rows[0]).toMatch(/–$/);
    expect(rows[1]).toContain("not computed yet");
    expect(rows[2]).toContain("machine lost");
    expect(rows[2]).toContain("0:15 h not seen");
    expect(rows[2]).toContain("late readings have come");
  });

  it("is never empty for want of an answer", async () => {
    expect((await show(null)).textContent).toContain("could not be loaded");
    expect((await show([])).textContent).toContain("No treatment of this patient");
  });
});
