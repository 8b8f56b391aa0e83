// What is prescribed and where the rules tell, on the strips: a line, a light band beyond it, and in words.
import type uPlot from "uplot";
import { formatValue } from "../format/signals";
import type { StripLine } from "../messages";
import { words } from "../words";
import { dashes } from "./draw-course";
import type { Ink } from "./ink";

/** So much higher a strip becomes at most for a limit to be on it: the course itself has to stay readable. */
const MOST_TIMES = 2.2;
const AIR = 0.06;

type Range = readonly [number, number];

/** The range with those lines in it that are near enough; the others are told in words alone. */
export function widened(range: Range | null, lines: readonly StripLine[]): Range | null {
  if (range === null) return null;
  const height = range[1] - range[0];
  const middle = (range[0] + range[1]) / 2;
  const nearest = [...lines].sort((one, other) => Math.abs(one.value - middle) - Math.abs(other.value - middle));
  let [low, high] = range;
  for (const { value } of nearest) {
    const lower = Math.min(low, value - height * AIR);
    const higher = Math.max(high, value + height * AIR);
    if (higher - lower <= height * MOST_TIMES) [low, high] = [lower, higher];
  }
  return [low, high];
}

/** "HIGH above 320 (own)", or what is prescribed. */
export function lineInWords(line: StripLine): string {
  const t = words().timeline.limits;
  const value = formatValue(line.signal, line.value);
  const kind = line.kind === "usual" ? "" : ` (${t.kinds[line.kind]})`;
  if (line.priority === null || line.beyond === "") return `${t.kinds[line.kind]} ${value}`;
  return `${words().priorities[line.priority]} ${t.beyond[line.beyond]} ${value}${kind}`;
}

export function drawLimits(plot: uPlot, lines: readonly StripLine[], ink: Ink): void {
  if (lines.length === 0) return;
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${devicePixelRatio * 10}px sans-serif`;
  ctx.textAlign = "right";
  ctx.lineWidth = devicePixelRatio;
  for (const line of lines) {
    const y = plot.valToPos(line.value, "y", true);
    if (y < bbox.top || y > bottom) continue;
    ctx.strokeStyle = ctx.fillStyle = line.priority === null ? ink.goal : ink.alerts[line.priority];
    ctx.globalAlpha = 0.07;
    if (line.beyond === "above") ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top);
    if (line.beyond === "below") ctx.fillRect(bbox.left, y, bbox.width, bottom - y);
    ctx.globalAlpha = 0.8;
    // Dots for the rule's own, dashes for what somebody arranged for this patient.
    const [on, off] = line.kind === "usual" ? [1.5, 3] : [7, 3];
    ctx.beginPath();
    dashes(ctx, bbox.left, bbox.left + bbox.width, y, on * devicePixelRatio, off * devicePixelRatio);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.textBaseline = line.beyond === "below" ? "top" : "bottom";
    ctx.fillText(lineInWords(line), bbox.left + bbox.width - 3 * devicePixelRatio, y);
  }
  ctx.restore();
}
