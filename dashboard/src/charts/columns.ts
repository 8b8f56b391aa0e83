// A course as columns of pixels: for each the least and the greatest that is in it, of the line and of the band around it.
// So a strip costs as much as it is wide, however long it is, and what lasted a second is in its column. Pure.
import type { Track } from "./track";

/** For each column from the left what it reaches from and to; nothing where `low` is above `high`. */
export interface Reach {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export class Columns {
  /** Of the mean, joined from point to point. */
  line: Reach = reach(0);
  /** Of the extremes. */
  band: Reach = reach(0);
  /** Places of the points with a break on either side: they are neither a line nor a band. */
  alone: number[] = [];

  /** Takes in what lies from `startS` to `endS`, and the pieces of line that run in from the left and out to the right. */
  gather(track: Track, startS: number, endS: number, width: number): void {
    if (this.line.low.length !== width) [this.line, this.band] = [reach(width), reach(width)];
    for (const { low, high } of [this.line, this.band]) {
      low.fill(Infinity);
      high.fill(-Infinity);
    }
    const { times, mean, min, max } = track;
    const [{ line, band }, scale] = [this, width / (endS - startS)];
    const first = Math.max(0, track.from(startS) - 1);
    const last = Math.min(times.length - 1, track.from(endS));
    this.alone = [];
    // Where the stretch without a break begins that is gone through, and its point before; -1: none.
    let begun = -1;
    let before = -1;
    let index = first;
    while (index <= last) {
      const m1 = mean[index] as number;
      if (Number.isNaN(m1)) {
        if (before >= 0 && before === begun) this.alone.push(begun);
        begun = -1;
        before = -1;
        index += 1;
        continue;
      }
      if (before < 0) begun = index;
      const x1 = ((times[index] as number) - startS) * scale;
      if (before >= 0) {
        const x0 = ((times[before] as number) - startS) * scale;
        join(line, x0, x1, mean[before] as number, m1);
        // Live readings have no band.
        if (min[before] !== max[before] || min[index] !== max[index]) {
          join(band, x0, x1, min[before] as number, min[index] as number);
          join(band, x0, x1, max[before] as number, max[index] as number);
        }
      }
      // All of one column at once: a dozen seconds in each of four hours.
      const column = Math.floor(x1);
      const untilS = startS + (column + 1) / scale;
      let low = m1;
      let high = m1;
      let least = min[index] as number;
      let greatest = max[index] as number;
      before = index;
      for (index += 1; index <= last && (times[index] as number) < untilS; index += 1) {
        const value = mean[index] as number;
        if (Number.isNaN(value)) break;
        if (value < low) low = value;
        else if (value > high) high = value;
        if ((min[index] as number) < least) least = min[index] as number;
        if ((max[index] as number) > greatest) greatest = max[index] as number;
        before = index;
      }
      put(line, column, low, high);
      put(band, column, least, greatest);
    }
    if (before >= 0 && before === begun && last === times.length - 1) this.alone.push(begun);
  }
}

function reach(width: number): Reach {
  return { low: new Float64Array(width), high: new Float64Array(width) };
}

function put(into: Reach, column: number, low: number, high: number): void {
  if (column < 0 || column >= into.low.length) return;
  if (low < (into.low[column] as number)) into.low[column] = low;
  if (high > (into.high[column] as number)) into.high[column] = high;
}

/** The straight piece between two points: at each edge that it crosses it is in the column before and in the one behind. */
function join(into: Reach, x0: number, x1: number, v0: number, v1: number): void {
  const slope = (v1 - v0) / (x1 - x0);
  const to = Math.min(into.low.length, Math.floor(x1));
  for (let edge = Math.max(0, Math.floor(x0) + 1); edge <= to; edge += 1) {
    const value = v0 + slope * (edge - x0);
    put(into, edge - 1, value, value);
    put(into, edge, value, value);
  }
}
