// A course on a canvas: the band of its extremes, its line, and the points that are neither.
//
// One upright hairline for each column of pixels. A slanted line of 1.5 pixels over the same points costs a browser
// without a graphics card fifteen times as much, and a band drawn as an area nine times (`./run bench charts`).
import type uPlot from "uplot";
import type { Columns, Reach } from "./columns";
import { drawIsolated } from "./isolated";
import type { Track } from "./track";

const LINE_PX = 1.5;

/** Between axes and marks. `columns` are the strip's own, used again at each drawing. */
export function drawCourse(
  plot: uPlot,
  track: Track,
  columns: Columns,
  ink: { readonly line: string; readonly band: string },
): void {
  const { ctx, bbox, scales } = plot;
  const [startS, endS] = [scales.x?.min, scales.x?.max];
  if (startS == null || endS == null || endS <= startS) return;
  columns.gather(track, startS, endS, Math.round(bbox.width));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  // Exactly a column; a wider line is another way of drawing to the browser, and the dear one.
  ctx.lineWidth = 1;
  paint(plot, columns.band, 0, ink.band);
  // On a finer screen a column is too narrow for a second's spike to be seen: two are drawn for it.
  ctx.lineWidth = Math.max(1, Math.floor(devicePixelRatio));
  paint(plot, columns.line, (LINE_PX * devicePixelRatio) / 2, ink.line);
  ctx.restore();
  drawIsolated(plot, track, columns.alone, ink.line);
}

/** A dashed line to the right. As single pieces: as many small rectangles cost five times as much. Begins no path. */
export function dashes(ctx: CanvasPath, fromX: number, toX: number, y: number, on: number, off: number): void {
  for (let x = fromX; x < toX; x += on + off) {
    ctx.moveTo(x, y);
    ctx.lineTo(Math.min(x + on, toX), y);
  }
}

function paint({ ctx, bbox, scales }: uPlot, { low, high }: Reach, beyondPx: number, colour: string): void {
  const [bottom, top] = [scales.y?.min ?? 0, scales.y?.max ?? 1];
  const scale = bbox.height / (top - bottom);
  const left = Math.round(bbox.left) + 0.5;
  ctx.strokeStyle = colour;
  ctx.beginPath();
  for (let column = 0; column < low.length; column += 1) {
    const [from, to] = [low[column] as number, high[column] as number];
    // Neither a column without a value nor a band without height.
    if (from > to || (from === to && beyondPx === 0)) continue;
    ctx.moveTo(left + column, bbox.top + (top - to) * scale - beyondPx);
    ctx.lineTo(left + column, bbox.top + (top - from) * scale + beyondPx);
  }
  ctx.stroke();
}
