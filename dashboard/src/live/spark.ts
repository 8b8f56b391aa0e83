// The last ten minutes of one signal, small enough for every tile: what the server knew when the screen came, and every
// reading since. Least and greatest value of each step, so that a spike of one second stays a spike.
import type { ReadingView, SparkView } from "../messages";

type Column = readonly (number | null)[];

export interface Spark {
  readonly signal: string;
  readonly stepMs: number;
  /** Number of the step after the last one, counted from 1970. */
  readonly end: number;
  readonly low: Column;
  readonly high: Column;
}

const STEPS = 60;
const NOTHING: Column = new Array(STEPS).fill(null);
/** Of a unit the server has seen no such value of: begins with the first one. */
export const NO_SPARK: Spark = { signal: "venous_pressure", stepMs: 10_000, end: 0, low: NOTHING, high: NOTHING };

export function sparkFromView(view: SparkView | null): Spark {
  if (view === null) return NO_SPARK;
  const stepMs = view.step_s * 1000;
  const end = Math.round(Date.parse(view.end) / stepMs);
  return { signal: view.signal, stepMs, end, low: view.low, high: view.high };
}

/** With a reading taken at `at` (server's milliseconds); the same object where it changes nothing. */
export function withSpark(spark: Spark, reading: ReadingView, at: number): Spark {
  const value = reading.values[spark.signal];
  if (value === undefined || reading.invalid.includes(spark.signal)) return spark;
  const step = Math.floor(at / spark.stepMs);
  const moved = until(spark, Math.max(spark.end, step + 1));
  const index = moved.low.length - (moved.end - step);
  if (index < 0) return spark;
  const low = moved.low[index] ?? null;
  const high = moved.high[index] ?? null;
  if (low !== null && high !== null && low <= value && value <= high) return moved;
  return {
    ...moved,
    low: moved.low.with(index, Math.min(low ?? value, value)),
    high: moved.high.with(index, Math.max(high ?? value, value)),
  };
}

/** As it stands at the end of the step that `now` is in: what is older than its length is gone, what did not come is a gap. */
export function sparkAt(spark: Spark, now: number): Spark {
  return until(spark, Math.max(spark.end, Math.floor(now / spark.stepMs) + 1));
}

function until(spark: Spark, end: number): Spark {
  const steps = end - spark.end;
  if (steps <= 0) return spark;
  const count = spark.low.length;
  const gap: (number | null)[] = new Array(Math.min(steps, count)).fill(null);
  return { ...spark, end, low: [...spark.low.slice(steps), ...gap], high: [...spark.high.slice(steps), ...gap] };
}

/** Least and greatest value there is, or null of nothing. */
export function extent(spark: Spark): readonly [number, number] | null {
  const low = spark.low.filter((value) => value !== null);
  const high = spark.high.filter((value) => value !== null);
  return low.length === 0 ? null : [Math.min(...low), Math.max(...high)];
}

/** Runs of neighbouring steps that have values, as [first, last]. */
export function runs(spark: Spark): [number, number][] {
  const found: [number, number][] = [];
  for (const [index, value] of spark.low.entries()) {
    if (value === null) continue;
    const last = found.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else found.push([index, index]);
  }
  return found;
}
