import { describe, expect, it } from "vitest";
import { deliveredNow, deliveredThen, wantedNow, wantedThen } from "../src/charts/delivered";
import { current, Past, stretches } from "../src/charts/usual";
import { unitFromView } from "../src/live/unit";
import type { TreatmentView, Usual } from "../src/messages";
import { iso, reading, SERVER_MS, unit } from "./samples";

function treatment(id: string, end: string | null, summary: TreatmentView["summary"] = null): TreatmentView {
  return {
    treatment_id: id,
    unit: "a",
    patient: null,
    start: iso(SERVER_MS),
    end,
    end_known: null,
    derived: false,
    unusual: 0,
    interruptions: [],
    revision: 1,
    changed_at: iso(SERVER_MS),
    summary,
  };
}

describe("what is usual", () => {
  it("lies at its minute of this treatment, and nowhere across minutes that nobody knows", () => {
    const course = { low: [1, 2, null, 4], median: [2, 3, null, 5], high: [3, 4, null, 6] };
    expect(stretches(course, 90)).toEqual([
      [
        { timeS: 90, low: 1, median: 2, high: 3 },
        { timeS: 150, low: 2, median: 3, high: 4 },
      ],
      [{ timeS: 270, low: 4, median: 5, high: 6 }],
    ]);
    expect(stretches({ low: [], median: [], high: [] }, 0)).toEqual([]);
  });

  it("is asked for once a treatment, anew after a failure, and what comes late for another is dropped", async () => {
    const asked: string[] = [];
    const answers: ((told: Usual | null) => void)[] = [];
    const past = new Past(
      {
        treatmentsOfPatient: () => Promise.reject(new Error("away")),
        usual: (_patient, _signals, before) => {
          asked.push(before);
          return new Promise((resolve, reject) => {
            answers.push((told) => (told === null ? reject(new Error("away")) : resolve(told)));
          });
        },
      },
      "7",
    );
    await past.list();
    expect(past.treatments.value).toBe("failed");
    const usual = (treatments: number): Usual => ({ patient_id: "7", before: iso(0), treatments, series: {} });
    const [first, second] = [past.compare(treatment("1", null)), past.compare(treatment("2", null))];
    answers[1]?.(usual(5));
    answers[0]?.(usual(4));
    await Promise.all([first, second, past.compare(treatment("2", null))]);
    expect(asked).toHaveLength(2);
    expect(past.usual.value).toEqual({ usual: usual(5), startS: SERVER_MS / 1000 });
    const third = past.compare(treatment("3", null));
    answers[2]?.(null);
    await third;
    expect(past.usual.value).toBe("failed");
    void past.compare(treatment("3", null));
    expect(asked).toHaveLength(4);
  });

  it("is compared with the treatment that goes on", () => {
    const open = treatment("2", null);
    expect(current([treatment("1", iso(SERVER_MS)), open])).toBe(open);
    expect(current([treatment("1", iso(SERVER_MS))])).toBeNull();
  });
});

describe("what was delivered", () => {
  const values = {
    ultrafiltration_volume: 600,
    ultrafiltration_target: 2000,
    ultrafiltration_rate: 500,
    treatment_elapsed: 60,
    treatment_remaining: 180,
    blood_processed: 17.4,
    blood_flow_setting: 300,
  };
  const of = (change: object = {}, more: object = {}) =>
    unitFromView(unit("a", { reading: reading("a", { values: { ...values, ...change }, ...more }) }), SERVER_MS);

  it("stands against what is set, with the end as the machine counts", () => {
    expect(deliveredNow(of(), SERVER_MS)).toEqual({
      removedMl: 600,
      targetMl: 2000,
      runMin: 60,
      plannedMin: 240,
      flowMean: 290,
      flowSet: 300,
      endsAtMs: SERVER_MS + 180 * 60_000,
      expectedMl: 2100,
    });
  });

  it("promises nothing by an old reading or outside the treatment, and makes nothing up", () => {
    expect(deliveredNow(of(), SERVER_MS + 60_000)).toMatchObject({ removedMl: 600, endsAtMs: null, expectedMl: null });
    expect(deliveredNow(of({}, { phase: "POST" }), SERVER_MS).endsAtMs).toBeNull();
    const empty = unitFromView(unit("a", { reading: reading("a", { values: {} }) }), SERVER_MS);
    expect(new Set(Object.values(deliveredNow(empty, SERVER_MS)))).toEqual(new Set([null]));
    expect(deliveredNow(of({ treatment_elapsed: 0 }), SERVER_MS).flowMean).toBeNull();
  });

  it("is held against what is prescribed, now or as it was when the treatment began", () => {
    const range = { unit: "mL/min", low: 50, high: 600 };
    const items = [
      { ...range, item: "prescribed_spktv", value: 1.4 },
      { ...range, item: "prescribed_blood_flow_ml_min", value: 300 },
      { ...range, item: "prescribed_ultrafiltration_ml", value: null },
    ];
    expect(wantedNow({ items, treatment_min: 240 })).toEqual({ flowMlMin: 300, volumeMl: null, runMin: 240 });
    const prescribed = {
      treatment_min: null,
      target_weight_kg: 70,
      spktv: 1.4,
      blood_flow_ml_min: 280,
      dialysate_flow_ml_min: 500,
      ultrafiltration_ml: 0,
    };
    expect(wantedThen({ prescribed })).toEqual({ flowMlMin: 280, volumeMl: 0, runMin: null });
  });

  it("of one that is over comes from its summary", () => {
    const summary = {
      computed_at: iso(0),
      version: 1,
      is_current: true,
      readings: 1,
      treated_s: 14_400,
      unseen_s: 0,
      machine_time_min: null,
      volume_removed_ml: 1900,
      blood_processed_l: 72,
      spktv: null,
      ektv: null,
      signals: { ultrafiltration_target: { count: 9, median: 2000, min: 2000, max: 2000 } },
    };
    expect(deliveredThen(treatment("1", iso(0), summary))).toMatchObject({
      removedMl: 1900,
      targetMl: 2000,
      runMin: 240,
      flowMean: 300,
      flowSet: null,
      endsAtMs: null,
    });
    expect(deliveredThen(treatment("1", iso(0)))).toBeNull();
  });
});
