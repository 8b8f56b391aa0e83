// Blood pressures as nurses draw them: a bar from diastolic to systolic with a stroke at each end.
import type uPlot from "uplot";
import type { Episode } from "./episodes";

const HALF_WIDTH = 4;

export function drawBloodPressures(plot: uPlot, episodes: readonly Episode[], colour: string): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * scale;
  ctx.beginPath();
  for (const episode of episodes) {
    const x = plot.valToPos(episode.timeS, "x", true);
    if (x < bbox.left - HALF_WIDTH * scale || x > bbox.left + bbox.width + HALF_WIDTH * scale) continue;
    const top = plot.valToPos(episode.systolic, "y", true);
    const bottom = plot.valToPos(episode.diastolic, "y", true);
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    for (const y of [top, bottom]) {
      ctx.moveTo(x - HALF_WIDTH * scale, y);
      ctx.lineTo(x + HALF_WIDTH * scale, y);
    }
  }
  ctx.stroke();
  ctx.restore();
}
