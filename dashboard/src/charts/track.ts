// One signal over time, for drawing: history in buckets first, then every live value behind it. A gap in the data is a
// gap in the line.
import type { Series } from "../messages";

type Column = (number | null)[];

/** Live values come every second; this many seconds without one break the line. */
export const LIVE_GAP_S = 10;

export class Track {
  times: number[] = [];
  mean: Column = [];
  min: Column = [];
  max: Column = [];
  #gapS = LIVE_GAP_S;

  /** Replaces all by stored history; `times` are starts of buckets in seconds since 1970. */
  load(times: readonly number[], series: Series, bucketS: number): void {
    this.times = [];
    this.mean = [];
    this.min = [];
    this.max = [];
    // Neighbouring buckets are never a gap, nor is a bucket shorter than the machine's own pace left empty.
    this.#gapS = Math.max(LIVE_GAP_S, bucketS * 1.5);
    for (const [index, start] of times.entries()) {
      const mean = series.mean[index] ?? null;
      if (mean !== null) this.#push(start + bucketS / 2, mean, series.min[index] ?? mean, series.max[index] ?? mean);
    }
    this.#gapS = LIVE_GAP_S;
  }

  /** Adds a live value; what is not newer than the last is already there. */
  append(timeS: number, value: number): void {
    const last = this.times.at(-1);
    if (last === undefined || timeS > last) this.#push(timeS, value, value, value);
  }

  /** Drops what lies before `startS`, but for one point that lets the line run in from the left. */
  trim(startS: number): void {
    let count = 0;
    while (count + 1 < this.times.length && (this.times[count + 1] ?? Infinity) < startS) count += 1;
    if (count === 0) return;
    for (const column of [this.times, this.mean, this.min, this.max]) column.splice(0, count);
  }

  /** Least and greatest value at or after `startS`, or null where there is none. */
  extent(startS: number): readonly [number, number] | null {
    let low = Infinity;
    let high = -Infinity;
    for (const [index, time] of this.times.entries()) {
      if (time < startS) continue;
      low = Math.min(low, this.min[index] ?? Infinity);
      high = Math.max(high, this.max[index] ?? -Infinity);
    }
    return low <= high ? [low, high] : null;
  }

  #push(timeS: number, mean: number, min: number, max: number): void {
    const last = this.times.at(-1);
    if (last !== undefined && timeS - last > this.#gapS) this.#row(last + this.#gapS / 2, null, null, null);
    this.#row(timeS, mean, min, max);
  }

  #row(timeS: number, mean: number | null, min: number | null, max: number | null): void {
    this.times.push(timeS);
    this.mean.push(mean);
    this.min.push(min);
    this.max.push(max);
  }
}

/** A y range around what there is: at least `span` high, with air above and below, so that noise stays noise; null where nothing is. */
export function paddedRange(extent: readonly [number, number] | null, span: number): [number, number] | null {
  if (extent === null) return null;
  const [low, high] = extent;
  const middle = (low + high) / 2;
  const half = Math.max(high - low, span) * 0.58;
  return [middle - half, middle + half];
}
