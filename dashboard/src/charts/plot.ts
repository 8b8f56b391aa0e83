// One uPlot strip: options, and the few things that change while it lives.
import type uPlot from "uplot";
import { formatNumber } from "../format/signals";
import { formatClock } from "../format/times";
import type { MarkView } from "../messages";
import { Columns } from "./columns";
import type { Gap } from "./coverage";
import { drawCourse } from "./draw-course";
import type { Stood } from "./happenings";
import type { Ink } from "./ink";
import { drawMarkers } from "./markers";
import { drawCoverage } from "./patterns";
import type { Track } from "./track";

export const STRIP_HEIGHT = 84;
export const AXIS_HEIGHT = 26;

export interface PlotInput {
  readonly width: number;
  readonly withAxis: boolean;
  readonly ink: Ink;
  readonly decimals: number;
  /** What the strip shows: alerts about it are marked more strongly. */
  readonly signals: readonly string[];
  /** Read at each drawing, so that the plot need not be made anew. */
  readonly view: () => PlotView;
  /** How many values each time has in the plot's data: what the cursor's dots stand on. uPlot itself draws none of them. */
  readonly values: number;
  /** Drawn as a line within its band; without it `draw` draws all. */
  readonly course?: Track;
  readonly draw?: (plot: uPlot) => void;
  /** Behind the course. */
  readonly drawBehind?: (plot: uPlot) => void;
  /** The nearest point and the time under the pointer; null when it is elsewhere. */
  readonly onCursor: (at: { readonly index: number | null; readonly timeS: number } | null) => void;
}

export interface PlotView {
  readonly x: readonly [number, number];
  /** Null: there is nothing to show, so no scale either. */
  readonly y: readonly [number, number] | null;
  readonly alerts: readonly Stood[];
  readonly gaps: readonly Gap[];
  readonly marks: readonly MarkView[];
}

/** Neither a path nor a range is worked out. */
const UNDRAWN: uPlot.Series = { auto: false, paths: () => null, points: { show: false } };

/** All strips of a page share one cursor. */
const CURSOR = "strips";

export function stripOptions(input: PlotInput): uPlot.Options {
  const { course, ink, view } = input;
  const columns = new Columns();
  return {
    width: input.width,
    height: STRIP_HEIGHT + (input.withAxis ? AXIS_HEIGHT : 0),
    padding: [6, 8, input.withAxis ? 0 : 4, 0],
    legend: { show: false },
    cursor: {
      sync: { key: CURSOR },
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, fill: ink.line },
      dataIdx: (plot, series, index) => (Number.isNaN(plot.data[series]?.[index]) ? null : index),
    },
    scales: {
      x: { time: true, range: () => [...view().x] },
      y: { range: () => [...(view().y ?? [0, 1])] },
    },
    axes: [
      { ...axis(ink), show: input.withAxis, size: AXIS_HEIGHT, space: 70, values: (_, ticks) => ticks.map(tick) },
      {
        ...axis(ink),
        size: 46,
        space: 20,
        values: (_, ticks) => ticks.map((value) => (view().y === null ? "" : formatNumber(value, input.decimals))),
      },
    ],
    series: [{}, ...Array.from({ length: input.values }, () => UNDRAWN)],
    hooks: {
      drawAxes: [
        (plot) => {
          input.drawBehind?.(plot);
          drawCoverage(plot, view().gaps, view().marks, input.signals, ink);
        },
      ],
      draw: [
        (plot) => {
          if (course !== undefined) drawCourse(plot, course, columns, ink);
          drawMarkers(plot, view().alerts, input.signals, ink, view().x[1]);
          input.draw?.(plot);
        },
      ],
      setCursor: [
        (plot) => {
          const { left, idx } = plot.cursor;
          const outside = left == null || left < 0;
          input.onCursor(outside ? null : { index: idx ?? null, timeS: plot.posToVal(left, "x") });
        },
      ],
    },
  };
}

function axis(ink: Ink): uPlot.Axis {
  return {
    stroke: ink.text,
    font: ink.font,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
}

function tick(seconds: number): string {
  return formatClock(seconds * 1000, seconds * 1000, seconds % 60 !== 0);
}
