// What is missing from a unit's readings and what is not as others: from the stored span, and then as time goes on.
import type { GapView, History, MarkView } from "../messages";
import { patienceS, SHORTEST_GAP_S } from "./pace";

/** "pending": nothing has come since, and nobody has said why yet. */
export type GapReason = GapView["reason"] | "pending";
export type Gap = Omit<GapView, "reason"> & { readonly reason: GapReason };

/** The server may cut what is missing a moment before the end that was asked for. */
const TOLERANCE_S = 3;

export class Coverage {
  marks: readonly MarkView[] = [];
  /** How long nothing may come before that is a gap. */
  patienceS = SHORTEST_GAP_S;
  #gaps: readonly Gap[] = [];
  /** The gap in which the stored span ends. */
  #open: Gap | null = null;
  #newestS: number | null = null;

  /** Replaces all by what is stored. */
  load(history: History): void {
    const endS = Date.parse(history.end) / 1000;
    this.#gaps = history.gaps;
    this.marks = history.marks;
    this.#open =
      history.gaps.find((gap) => gap.signal === null && endS - gap.end < TOLERANCE_S && isOpen(gap, history)) ?? null;
    this.#newestS = this.#open?.start ?? endS;
    this.patienceS = patienceS(rowDistances(history));
  }

  /** Takes note of a live reading; true when it ends a gap, so that the server can be asked for its reason. */
  take(timeS: number): boolean {
    const before = this.#newestS;
    if (before !== null && timeS <= before) return false;
    this.#newestS = timeS;
    return before !== null && timeS - before > this.patienceS;
  }

  /** All gaps at `nowS`: those that were stored, and the one that goes on. */
  gaps(nowS: number): readonly Gap[] {
    const open = this.#open;
    const silent = this.#newestS !== null && nowS - this.#newestS > this.patienceS;
    if (!silent || this.#newestS === null) return this.#gaps;
    if (open !== null && this.#newestS === open.start) {
      return this.#gaps.map((gap) => (gap === open ? { ...gap, end: Math.max(gap.end, nowS) } : gap));
    }
    return [...this.#gaps, { start: this.#newestS, end: nowS, reason: "pending", signal: null, detail: "" }];
  }
}

/** Whether a gap is one of all readings, or of one of these signals. */
export function concernsSignals(gap: Gap, signals: readonly string[]): boolean {
  return gap.signal === null || signals.includes(gap.signal);
}

/** The gap around a time, of all readings or of one of these signals. */
export function gapAt(gaps: readonly Gap[], timeS: number, signals: readonly string[]): Gap | null {
  return gaps.find((gap) => gap.start < timeS && timeS < gap.end && concernsSignals(gap, signals)) ?? null;
}

/** Of things with a beginning and an end those that lie in a span, the longest `count` of them in order of time. */
export function longestWithin<Span extends { readonly start: number; readonly end: number }>(
  spans: readonly Span[],
  startS: number,
  endS: number,
  count: number,
): readonly Span[] {
  const inside = spans.filter((span) => span.end > startS && span.start < endS);
  const kept = new Set(
    [...inside].sort((left, right) => right.end - right.start - (left.end - left.start)).slice(0, count),
  );
  return inside.filter((span) => kept.has(span));
}

/** Whether no row follows: the bucket in which the gap ends has one otherwise, unless that is the one before the gap. */
function isOpen(gap: GapView, history: History): boolean {
  const place = (timeS: number) => Math.floor((timeS - (history.times[0] ?? 0)) / history.bucket_s);
  const last = Math.min(place(gap.end), history.times.length - 1);
  return (history.readings[last] ?? 0) === 0 || place(gap.start) === last;
}

function rowDistances(history: History): number[] {
  const distances: number[] = [];
  let before: number | null = null;
  for (const [index, start] of history.times.entries()) {
    const rows = history.readings[index] ?? 0;
    if (rows === 0) continue;
    if (rows > 1) distances.push(history.bucket_s / rows);
    else if (before !== null) distances.push(start - before);
    before = start;
  }
  return distances;
}
