// What a rule had to look at around its alert, as strips: nothing here is live, so nothing moves.
import type { AlertBefore } from "../messages";
import { Coverage, concernsSignals } from "./coverage";
import type { PlotView } from "./plot";
import { STRIPS } from "./strips";
import { paddedRange, Track } from "./track";

export interface BeforeStrip {
  readonly signal: string;
  readonly track: Track;
  /** Least and greatest value; null: no value is stored. */
  readonly extent: readonly [number, number] | null;
  /** Of the signal's own scale, none twice. */
  readonly limits: readonly number[];
  readonly x: readonly [number, number];
  /** Has room for the limits as well. */
  readonly y: PlotView["y"];
  readonly gaps: PlotView["gaps"];
  readonly marks: PlotView["marks"];
}

/** One for each signal that the rule reads, also where nothing is stored of it: that is a finding, too. */
export function beforeStrips(before: AlertBefore): readonly BeforeStrip[] {
  const { history } = before;
  const coverage = new Coverage();
  coverage.load(history);
  const x = [Date.parse(history.start) / 1000, Date.parse(history.end) / 1000] as const;
  return before.signals.map((signal) => {
    const gaps = history.gaps.filter((gap) => concernsSignals(gap, [signal]));
    const track = new Track();
    const series = history.series[signal];
    if (series !== undefined) track.load(history.times, series, history.bucket_s, gaps, coverage.patienceS);
    const extent = track.extent(x[0]);
    const limits = [...new Set(before.limits.filter((limit) => limit.signal === signal).map((limit) => limit.value))];
    return { signal, track, extent, limits, x, y: range(signal, extent, limits), gaps, marks: history.marks };
  });
}

function range(signal: string, extent: BeforeStrip["extent"], limits: readonly number[]): PlotView["y"] {
  if (extent === null) return null;
  const values = [...extent, ...limits];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // Of a signal without a strip on the patient's page: a tenth of the value, so that noise stays noise.
  const span = STRIPS.find((strip) => strip.signal === signal)?.span ?? Math.max(Math.abs(high) / 10, 1);
  return paddedRange([low, high], span);
}
