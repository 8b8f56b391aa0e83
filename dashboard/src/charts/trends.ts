// A patient's treatments on one axis of days: what each chart shows and where its points lie. Pure; plain numbers out.
import type { TrendDay, TrendTreatment } from "../messages";

export type ChartKey =
  | "venous"
  | "arterial"
  | "ratio"
  | "dose"
  | "weight"
  | "pressure"
  | "diastolic"
  | "pulse"
  | "time"
  | "fluid";
export type SeriesKey = "measured" | "delivered" | "before" | "after" | "lowest";
export type Mark = "dot" | "up" | "bar";

type Of = (treatment: TrendTreatment) => number | null;

export interface TrendSeries {
  readonly key: SeriesKey;
  readonly mark: Mark;
  /** Points of one after the other are joined; others are single marks. */
  readonly joined: boolean;
  readonly of: Of;
}

export interface TrendChart {
  readonly key: ChartKey;
  readonly unit: string;
  readonly decimals: number;
  /** Least height of the scale, so that noise stays noise. */
  readonly span: number;
  readonly series: readonly TrendSeries[];
  /** What was prescribed of each treatment. */
  readonly goal: Of | null;
  /** Whether a line goes from a treatment's least to its greatest value. */
  readonly ranged: boolean;
}

const one = (key: SeriesKey, of: Of): readonly TrendSeries[] => [{ key, mark: "dot", joined: true, of }];

export const CHARTS: readonly TrendChart[] = [
  chart(
    "venous",
    "mmHg",
    0,
    40,
    one("measured", (treatment) => treatment.venous_pressure),
  ),
  chart(
    "arterial",
    "mmHg",
    0,
    40,
    one("measured", (treatment) => treatment.arterial_pressure),
  ),
  chart(
    "ratio",
    "",
    2,
    0.2,
    one("measured", (treatment) => treatment.access_ratio),
  ),
  chart(
    "dose",
    "",
    2,
    0.4,
    one("delivered", (treatment) => treatment.spktv),
    (treatment) => treatment.prescribed_spktv,
  ),
  chart(
    "weight",
    "kg",
    1,
    2,
    [
      { key: "before", mark: "up", joined: false, of: (treatment) => treatment.weight_before_kg },
      { key: "after", mark: "dot", joined: true, of: (treatment) => treatment.weight_after_kg },
    ],
    (treatment) => treatment.target_weight_kg,
  ),
  chart("pressure", "mmHg", 0, 40, [
    { key: "before", mark: "up", joined: false, of: (treatment) => treatment.systolic_before },
    { key: "after", mark: "dot", joined: true, of: (treatment) => treatment.systolic_after },
    { key: "lowest", mark: "bar", joined: false, of: (treatment) => treatment.systolic_low },
  ]),
  chart(
    "diastolic",
    "mmHg",
    0,
    40,
    one("measured", (treatment) => treatment.diastolic),
  ),
  chart(
    "pulse",
    "/min",
    0,
    20,
    one("measured", (treatment) => treatment.pulse_rate),
  ),
  chart(
    "time",
    "min",
    0,
    60,
    one("delivered", (treatment) => treatment.treated_min),
    (treatment) => treatment.planned_min,
  ),
  chart(
    "fluid",
    "mL",
    0,
    500,
    one("delivered", (treatment) => treatment.removed_ml),
    (treatment) => treatment.prescribed_ml ?? treatment.goal_ml,
  ),
];

function chart(
  key: ChartKey,
  unit: string,
  decimals: number,
  span: number,
  series: readonly TrendSeries[],
  goal: Of | null = null,
): TrendChart {
  return { key, unit, decimals, span, series, goal, ranged: series.length > 1 };
}

/** Where each treatment lies across, 0 … 1: in its day, several of a day beside each other. Null: of no day shown. */
export function across(days: readonly TrendDay[], treatments: readonly TrendTreatment[]): readonly (number | null)[] {
  const places = new Map<string, number>();
  days.forEach(({ treatments: ids }, day) => {
    ids.forEach((id, index) => {
      places.set(id, (day + (index + 1) / (ids.length + 1)) / days.length);
    });
  });
  return treatments.map(({ treatment_id: id }) => places.get(id) ?? null);
}

export interface MonthStart {
  readonly at: number;
  /** "2026-03-01" */
  readonly date: string;
}

/** Where months begin, 0 … 1. */
export function monthStarts(days: readonly TrendDay[]): readonly MonthStart[] {
  return days.flatMap(({ date }, day) => (date.endsWith("-01") ? [{ at: day / days.length, date }] : []));
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Round numbers within, ascending. */
  readonly ticks: readonly number[];
}

/** Room for every value, goal and limit; null where there is no value at all: a goal alone shows nothing. */
export function scaleOf(
  { series, goal, span }: TrendChart,
  treatments: readonly TrendTreatment[],
  limit: number | null,
): Scale | null {
  const values = series.flatMap(({ of }) => treatments.map(of)).filter((value) => value !== null);
  if (values.length === 0) return null;
  const goals = goal === null ? [] : treatments.map(goal).filter((value) => value !== null);
  const all = [...values, ...goals, ...(limit === null ? [] : [limit])];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const short = Math.max(0, span - (most - least)) / 2;
  const step = roundStep((most - least + 2 * short) / 3);
  const low = Math.floor((least - short) / step) * step;
  const high = Math.ceil((most + short) / step) * step;
  const count = Math.round((high - low) / step);
  return { low, high, ticks: Array.from({ length: count + 1 }, (_, index) => low + index * step) };
}

/** 1, 2 or 5 times a power of ten, not less than `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * power >= least) ?? 10) * power;
}

export interface Piece {
  readonly x1: number;
  readonly x2: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Lines of one series from treatment to treatment. None over a treatment without the value, and none over a day on which
 * one was missed or may have gone on unseen: a gap stays a gap.
 */
export function pieces(
  values: readonly (number | null)[],
  places: readonly (number | null)[],
  days: readonly TrendDay[],
): readonly Piece[] {
  const broken = days.flatMap(({ state }, day) =>
    state === "missed" || state === "unknown" ? [day / days.length] : [],
  );
  return values.flatMap((from, index) => {
    const [to, x1, x2] = [values[index + 1] ?? null, places[index] ?? null, places[index + 1] ?? null];
    if (from === null || to === null || x1 === null || x2 === null) return [];
    if (broken.some((at) => at > x1 && at < x2)) return [];
    return [{ x1, x2, from, to }];
  });
}

/** What was prescribed holds from one treatment to the next; of the last, or before a gap, for its own width. */
export function steps(
  goals: readonly (number | null)[],
  places: readonly (number | null)[],
  width: number,
): readonly { readonly x1: number; readonly x2: number; readonly value: number }[] {
  return goals.flatMap((value, index) => {
    const at = places[index] ?? null;
    if (value === null || at === null) return [];
    const next = places[index + 1] ?? null;
    return [{ x1: Math.max(0, at - width / 2), x2: next ?? Math.min(1, at + width / 2), value }];
  });
}

/** Least and greatest value of each treatment that has two of them at least. */
export function ranges(series: readonly TrendSeries[], treatments: readonly TrendTreatment[]): readonly Range[] {
  return treatments.flatMap((treatment, index) => {
    const values = series.map(({ of }) => of(treatment)).filter((value) => value !== null);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return values.length > 1 && low < high ? [{ index, low, high }] : [];
  });
}

export interface Range {
  readonly index: number;
  readonly low: number;
  readonly high: number;
}

/** The treatment nearest to a place across; null where none is shown. */
export function nearest(places: readonly (number | null)[], at: number): number | null {
  let best: number | null = null;
  places.forEach((place, index) => {
    const held = best === null ? null : (places[best] ?? null);
    if (place !== null && (held === null || Math.abs(place - at) < Math.abs(held - at))) best = index;
  });
  return best;
}
