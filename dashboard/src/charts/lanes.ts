// What happened beside the readings, as marks on the strips' own time line. Pure; drawn by `components/time-lanes.tsx`.
import { RANK } from "../alerts/priority";
import type { Priority } from "../messages";

export type LaneName = "alerts" | "alarms" | "events";

export interface Mark {
  /** Unlike any other's. */
  readonly key: string;
  readonly lane: LaneName;
  readonly startS: number;
  /** That of the beginning for a moment; what goes on ends where time does. */
  readonly endS: number;
  readonly goesOn: boolean;
  /** Of an alert only. */
  readonly priority: Priority | null;
  /** Short enough to stand on it. */
  readonly word: string;
  readonly sentence: string;
}

export interface Placed {
  readonly mark: Mark;
  /** Shares of the span, 0 to 1. */
  readonly left: number;
  readonly width: number;
}

export interface Lane {
  readonly rows: readonly (readonly Placed[])[];
  /** Not drawn for want of room; told in words like the others. */
  readonly crowded: number;
}

/** So many rows a lane has at most: more would push the strips off the screen. */
const MOST_ROWS = 4;

/** Those of which any is in the span. */
export function within(marks: readonly Mark[], startS: number, endS: number): readonly Mark[] {
  return marks.filter((mark) => mark.endS >= startS && mark.startS < endS);
}

/**
 * Marks of one lane in rows in which none covers another. `least`: the share of the span below which nobody could hit a
 * mark. The more important find their place first, so that for want of room the others are not drawn.
 */
export function stacked(marks: readonly Mark[], startS: number, endS: number, least: number): Lane {
  const rows: Placed[][] = [];
  let crowded = 0;
  const wanted = [...within(marks, startS, endS)].sort((one, other) => rank(other) - rank(one) || byTime(one, other));
  for (const mark of wanted) {
    const placed = place(mark, startS, endS, least);
    const row = rows.find((held) => held.every((one) => !covers(one, placed)));
    if (row !== undefined) row.push(placed);
    else if (rows.length < MOST_ROWS) rows.push([placed]);
    else crowded += 1;
  }
  // In order of time, which is the order of the Tab key.
  return { rows: rows.map((row) => row.sort((one, other) => one.left - other.left)), crowded };
}

function place(mark: Mark, startS: number, endS: number, least: number): Placed {
  const share = (timeS: number) => (Math.min(Math.max(timeS, startS), endS) - startS) / (endS - startS);
  const from = share(mark.startS);
  const width = Math.max(share(mark.endS) - from, Math.min(least, 1));
  return { mark, left: Math.min(from, 1 - width), width };
}

function covers(one: Placed, other: Placed): boolean {
  return one.left < other.left + other.width && other.left < one.left + one.width;
}

function rank(mark: Mark): number {
  return mark.priority === null ? 0 : RANK[mark.priority];
}

export function byTime(one: Mark, other: Mark): number {
  return one.startS - other.startS || one.key.localeCompare(other.key);
}
