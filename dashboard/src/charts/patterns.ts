// What is missing is hatched, what is not as others has a patterned edge: told by pattern and word, never by a colour.
import type uPlot from "uplot";
import type { MarkView } from "../messages";
import { concernsSignals, type Gap } from "./coverage";
import { dashes } from "./draw-course";
import type { Ink } from "./ink";

const HATCH_PX = 7;
const EDGE_PX = 5;

/** Behind the curve: gaps over the whole height, marks along the lower edge. */
export function drawCoverage(
  plot: uPlot,
  gaps: readonly Gap[],
  marks: readonly MarkView[],
  signals: readonly string[],
  ink: Ink,
): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const gap of gaps) {
    const [left, right] = edges(plot, gap.start, gap.end);
    if (right > left && concernsSignals(gap, signals)) drawGap(plot, left, right, ink);
  }
  for (const mark of marks) {
    const [left, right] = edges(plot, mark.start, mark.end);
    if (right > left) drawMark(plot, mark.kind, left, right, ink);
  }
  ctx.restore();
}

/** Where a stretch begins and ends on the canvas, within the plot; at least a line wide where any of it is. */
function edges(plot: uPlot, startS: number, endS: number): readonly [number, number] {
  const { left, width } = plot.bbox;
  const from = Math.max(left, plot.valToPos(startS, "x", true));
  const to = Math.min(left + width, plot.valToPos(endS, "x", true));
  return from >= left + width || to <= left ? [0, 0] : [from, Math.max(to, from + devicePixelRatio)];
}

function drawGap({ ctx, bbox }: uPlot, left: number, right: number, ink: Ink): void {
  const step = HATCH_PX * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, right - left, bbox.height);
  ctx.clip();
  ctx.fillStyle = ink.gap;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.strokeStyle = ink.gapLine;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  // From a fixed origin, so that the hatching of neighbours runs on and does not crawl as time passes.
  const first = Math.floor((left - bbox.height) / step) * step;
  for (let x = first; x < right; x += step) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  for (const x of [left + ctx.lineWidth / 2, right - ctx.lineWidth / 2]) {
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  }
  ctx.stroke();
  ctx.restore();
}

function drawMark({ ctx, bbox }: uPlot, kind: MarkView["kind"], left: number, right: number, ink: Ink): void {
  const scale = devicePixelRatio;
  const height = EDGE_PX * scale;
  const bottom = bbox.top + bbox.height;
  ctx.strokeStyle = ink.mark;
  ctx.lineWidth = scale;
  ctx.beginPath();
  if (kind === "time corrected") {
    for (let x = left; x < right; x += 4 * scale) {
      ctx.moveTo(x + scale, bottom);
      ctx.lineTo(x + scale, bottom - height);
    }
  } else {
    // Dots three lines high, or dashes of two: round ones cost more, and a whole strip may have come late.
    const [lines, on, off] = kind === "backfilled" ? [3, 3, 3] : [2, 5, 4];
    for (let line = 0; line < lines; line += 1) {
      dashes(ctx, left, right, bottom - (1.5 + line) * scale, on * scale, off * scale);
    }
  }
  ctx.stroke();
}
