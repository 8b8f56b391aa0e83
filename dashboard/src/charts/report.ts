// A course for print: pieces of line between gaps, and where the gaps are. Plain numbers in, SVG coordinates out.
import type { GapView, History } from "../messages";

export const WIDTH = 720;
export const HEIGHT = 44;

export interface ReportCourse {
  /** One path for each stretch that has values without a break. */
  readonly lines: readonly string[];
  readonly gaps: readonly { readonly x: number; readonly width: number }[];
  readonly low: number;
  readonly high: number;
}

/** Null where there is no value at all: nothing is drawn, and the page says so. */
export function reportCourse(
  history: History,
  names: readonly string[],
  startS: number,
  endS: number,
): ReportCourse | null {
  const series = names.flatMap((name) => history.series[name] ?? []);
  const values = series.flatMap(({ min, max }) => [...min, ...max]).filter((value) => value !== null);
  if (values.length === 0) return null;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const x = (timeS: number) => ((timeS - startS) / Math.max(1, endS - startS)) * WIDTH;
  // What never moved is drawn in the middle, not along the frame.
  const y = (value: number) => HEIGHT - 2 - (high === low ? 0.5 : (value - low) / (high - low)) * (HEIGHT - 4);
  const missing = gapsOf(history, names);
  const lines = series.flatMap(({ mean }) => pieces(mean, history, missing, x, y));
  const gaps = missing.map(({ start, end }) => {
    const from = Math.max(0, x(start));
    return { x: from, width: Math.max(0.75, Math.min(WIDTH, x(end)) - from) };
  });
  return { lines, gaps, low, high };
}

/** Those of all signals, and those of one of these. */
export function gapsOf(history: History, names: readonly string[]): readonly GapView[] {
  return history.gaps.filter(({ signal }) => signal === null || names.includes(signal));
}

/** A bucket without a value ends a line only within a gap: what is measured now and then leaves most of them empty. */
function pieces(
  mean: readonly (number | null)[],
  history: History,
  missing: readonly GapView[],
  x: (timeS: number) => number,
  y: (value: number) => number,
): string[] {
  const found: string[] = [];
  let piece = "";
  mean.forEach((value, index) => {
    const time = history.times[index];
    if (time === undefined) return;
    if (missing.some(({ start, end }) => start < time + history.bucket_s && end > time) && piece !== "") {
      found.push(piece);
      piece = "";
    }
    if (value === null) return;
    const at = `${x(time + history.bucket_s / 2).toFixed(1)} ${y(value).toFixed(1)}`;
    // A single value between two gaps is a dot of the line's width.
    piece += piece === "" ? `M${at}h0.01` : `L${at}`;
  });
  if (piece !== "") found.push(piece);
  return found;
}
