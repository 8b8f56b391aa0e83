// One figure of each treatment, over many treatments: where its points lie. Pure; the drawing is `components/course.tsx`.
import type { TreatmentView } from "../messages";

/** A figure of one treatment, with its extremes where it is a signal. */
export interface Point {
  readonly treatment: TreatmentView;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Measure {
  readonly key: MeasureKey;
  readonly unit: string;
  readonly decimals: number;
  readonly of: (treatment: TreatmentView) => Omit<Point, "treatment"> | null;
}

export type MeasureKey =
  | "treated"
  | "removed"
  | "spktv"
  | "blood_flow"
  | "venous_pressure"
  | "arterial_pressure"
  | "systolic"
  | "weight_before"
  | "weight_after";

function signal(key: MeasureKey, unit: string, decimals: number): Measure {
  const of = (treatment: TreatmentView) => {
    const span = treatment.summary?.signals[key];
    if (span === undefined || span.median === null) return null;
    return { value: span.median, low: span.min ?? span.median, high: span.max ?? span.median };
  };
  return { key, unit, decimals, of };
}

function single(key: MeasureKey, unit: string, decimals: number, value: (of: TreatmentView) => number | null): Measure {
  const of = (treatment: TreatmentView) => {
    const found = value(treatment);
    return found === null ? null : { value: found, low: found, high: found };
  };
  return { key, unit, decimals, of };
}

/** What a nephrologist compares from one treatment to the next. */
export const MEASURES: readonly Measure[] = [
  single("treated", "min", 0, ({ summary }) => (summary === null ? null : summary.treated_s / 60)),
  single("removed", "mL", 0, ({ summary }) => summary?.volume_removed_ml ?? null),
  single("spktv", "", 2, ({ summary }) => summary?.spktv ?? null),
  signal("blood_flow", "mL/min", 0),
  signal("venous_pressure", "mmHg", 0),
  signal("arterial_pressure", "mmHg", 0),
  signal("systolic", "mmHg", 0),
  signal("weight_before", "kg", 1),
  signal("weight_after", "kg", 1),
];

/** The treatments that have the figure, oldest first, whatever order they came in. */
export function course(measure: Measure, treatments: readonly TreatmentView[]): Point[] {
  return treatments
    .flatMap((treatment) => {
      const found = measure.of(treatment);
      return found === null ? [] : [{ treatment, ...found }];
    })
    .sort((left, right) => Date.parse(left.treatment.start) - Date.parse(right.treatment.start));
}

/**
 * Those of one patient: of the unit's own, by the name it serves now, or of nobody where it serves nobody. Two patients'
 * figures in one line would be nobody's. A name that two share is told apart by the number of the newest.
 */
export function ofPatient(treatments: readonly TreatmentView[], name: string | null): TreatmentView[] {
  if (name === null) return treatments.filter(({ patient }) => patient === null);
  const newest = treatments
    .filter(({ patient }) => patient?.name === name)
    .sort((left, right) => Date.parse(right.start) - Date.parse(left.start))[0];
  return treatments.filter(({ patient }) => patient !== null && patient.patient_id === newest?.patient?.patient_id);
}

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly top: number;
  readonly bottom: number;
}

/** Points in a box of `width` × `height`: across by time from the first treatment of all to the last, up by value. */
export function places(
  points: readonly Point[],
  fromMs: number,
  toMs: number,
  width: number,
  height: number,
): readonly Place[] {
  const least = Math.min(...points.map((point) => point.low));
  const most = Math.max(...points.map((point) => point.high));
  const span = most - least || 1;
  const time = toMs - fromMs || 1;
  const y = (value: number) => (most === least ? height / 2 : height - ((value - least) / span) * height);
  return points.map((point) => ({
    x: toMs === fromMs ? width / 2 : ((Date.parse(point.treatment.start) - fromMs) / time) * width,
    y: y(point.value),
    top: y(point.high),
    bottom: y(point.low),
  }));
}
