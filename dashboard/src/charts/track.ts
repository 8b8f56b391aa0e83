// One signal over time, for drawing: history in buckets first, then every live value behind it. A gap in the data is a
// gap in the line.
import type { Series } from "../messages";
import { patienceS, SHORTEST_GAP_S, usual } from "./pace";

export interface Span {
  readonly start: number;
  readonly end: number;
}

export class Track {
  times: number[] = [];
  /** NaN where the line breaks, as in the other two: with null among them each number would be an object of its own. */
  mean: number[] = [];
  min: number[] = [];
  max: number[] = [];
  #gapS = SHORTEST_GAP_S;

  /**
   * Replaces all by stored history; `times` are starts of buckets in seconds since 1970. Over one of the `gaps` the
   * line is never joined, be it shorter than two buckets. `rowsS`: how long no row at all may come before that is one.
   */
  load(
    times: readonly number[],
    series: Series,
    bucketS: number,
    gaps: readonly Span[] = [],
    rowsS = SHORTEST_GAP_S,
  ): void {
    this.times = [];
    this.mean = [];
    this.min = [];
    this.max = [];
    const there = times.filter((_, index) => series.mean[index] != null);
    const distances = there.slice(1).map((start, index) => start - (there[index] ?? start));
    // A signal that is in fewer buckets than not has a pace of its own, slower than that of the rows.
    const pace = Math.max(rowsS, usual(distances) > bucketS * 1.5 ? patienceS(distances) : 0);
    // Neighbouring buckets are never a gap by themselves.
    this.#gapS = Math.max(pace, bucketS * 1.5);
    const breaks = middles(gaps);
    let next = 0;
    for (const [index, start] of times.entries()) {
      const mean = series.mean[index] ?? null;
      if (mean === null) continue;
      const at = start + bucketS / 2;
      while ((breaks[next] ?? Infinity) < (this.times.at(-1) ?? -Infinity)) next += 1;
      if (this.times.length > 0 && (breaks[next] ?? Infinity) < at) this.#break(at);
      this.#push(at, mean, series.min[index] ?? mean, series.max[index] ?? mean);
    }
    this.#gapS = pace;
  }

  /** Adds a live value; what is not newer than the last is already there. */
  append(timeS: number, value: number): void {
    const last = this.times.at(-1);
    if (last === undefined || timeS > last) this.#push(timeS, value, value, value);
  }

  /** Drops what lies before `startS`, but for one point that lets the line run in from the left. */
  trim(startS: number): void {
    const count = this.from(startS) - 1;
    if (count <= 0) return;
    for (const column of [this.times, this.mean, this.min, this.max]) column.splice(0, count);
  }

  /** Place of the first point at `timeS` or later; their number where there is none. */
  from(timeS: number): number {
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] as number) < timeS) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Least and greatest value from `startS` to `endS`, or null where there is none. */
  extent(startS: number, endS = Infinity): readonly [number, number] | null {
    let [low, high] = [Infinity, -Infinity];
    const { times, min, max } = this;
    for (let index = this.from(startS); index < times.length && (times[index] as number) <= endS; index += 1) {
      // Of a break neither is true.
      if ((min[index] as number) < low) low = min[index] as number;
      if ((max[index] as number) > high) high = max[index] as number;
    }
    return low <= high ? [low, high] : null;
  }

  #break(beforeS: number): void {
    const last = this.times.at(-1);
    if (last === undefined || Number.isNaN(this.mean.at(-1))) return;
    this.#row((last + beforeS) / 2, Number.NaN, Number.NaN, Number.NaN);
  }

  #push(timeS: number, mean: number, min: number, max: number): void {
    const last = this.times.at(-1);
    if (last !== undefined && timeS - last > this.#gapS) this.#break(timeS);
    this.#row(timeS, mean, min, max);
  }

  #row(timeS: number, mean: number, min: number, max: number): void {
    this.times.push(timeS);
    this.mean.push(mean);
    this.min.push(min);
    this.max.push(max);
  }
}

/**
 * Where gaps are, one time for each: its middle lies between the points on either side, which stand in the middle of
 * their buckets. What touches is one gap, be it for several reasons.
 */
function middles(gaps: readonly Span[]): number[] {
  const whole: { start: number; end: number }[] = [];
  for (const gap of [...gaps].sort((left, right) => left.start - right.start)) {
    const before = whole.at(-1);
    if (before !== undefined && gap.start <= before.end) before.end = Math.max(before.end, gap.end);
    else whole.push({ ...gap });
  }
  return whole.map((gap) => (gap.start + gap.end) / 2);
}

/** A y range around what there is: at least `span` high, with air above and below, so that noise stays noise; null where nothing is. */
export function paddedRange(extent: readonly [number, number] | null, span: number): [number, number] | null {
  if (extent === null) return null;
  const [low, high] = extent;
  const middle = (low + high) / 2;
  const half = Math.max(high - low, span) * 0.58;
  return [middle - half, middle + half];
}
