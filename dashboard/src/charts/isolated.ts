// A point with a gap on either side is no line and no band: drawn by itself, or it would not be seen at all.
import type uPlot from "uplot";
import type { Track } from "./track";

const DOT = 1.5;

export function drawIsolated(plot: uPlot, track: Track, alone: readonly number[], colour: string): void {
  if (alone.length === 0) return;
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineCap = "round";
  ctx.lineWidth = 2 * DOT * scale;
  ctx.beginPath();
  for (const index of alone) {
    const x = plot.valToPos(track.times[index] ?? 0, "x", true);
    ctx.moveTo(x, plot.valToPos(track.max[index] ?? 0, "y", true));
    ctx.lineTo(x, plot.valToPos(track.min[index] ?? 0, "y", true) + 0.01);
  }
  ctx.stroke();
  ctx.restore();
}
