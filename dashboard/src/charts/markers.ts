// Alerts on the time line: a line where one began, a band while it stood, the same shapes as everywhere else.
import type uPlot from "uplot";
import type { AlertView, Priority } from "../messages";
import type { Stood } from "./happenings";
import type { Ink } from "./ink";

const SIZE = 9;

export function drawMarkers(
  plot: uPlot,
  alerts: readonly Stood[],
  signals: readonly string[],
  ink: Ink,
  nowS: number,
): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const others = new Map<Priority, number[]>();
  for (const { alert, untilS } of alerts) {
    const startX = plot.valToPos(Date.parse(alert.since) / 1000, "x", true);
    const endX = plot.valToPos(untilS ?? nowS, "x", true);
    if (endX < bbox.left || startX > bbox.left + bbox.width) continue;
    ctx.fillStyle = ctx.strokeStyle = ink.alerts[alert.priority];
    if (concerns(alert, signals)) drawSpan(plot, alert.priority, startX, endX);
    else others.set(alert.priority, [...(others.get(alert.priority) ?? []), startX]);
  }
  for (const [priority, places] of others) {
    ctx.strokeStyle = ink.alerts[priority];
    drawLines(plot, places, 0.45);
  }
  ctx.restore();
}

/** Whether the rule looked at one of these signals; the others only show when it was. */
export function concerns(alert: AlertView, signals: readonly string[]): boolean {
  return signals.some((signal) => signal in alert.inputs || signal in alert.limits);
}

function drawSpan(plot: uPlot, priority: Priority, startX: number, endX: number): void {
  const { ctx, bbox } = plot;
  const radius = (SIZE * devicePixelRatio) / 2;
  ctx.globalAlpha = 0.12;
  ctx.fillRect(startX, bbox.top, Math.max(endX - startX, devicePixelRatio), bbox.height);
  drawLines(plot, [startX], 1);
  drawShape(ctx, priority, startX, bbox.top + radius, radius);
}

function drawLines({ ctx, bbox }: uPlot, places: readonly number[], alpha: number): void {
  ctx.globalAlpha = alpha;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const x of places) {
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  }
  ctx.stroke();
}

function drawShape(ctx: CanvasRenderingContext2D, priority: Priority, x: number, y: number, r: number): void {
  ctx.beginPath();
  if (priority === "low") ctx.arc(x, y, r, 0, 2 * Math.PI);
  else {
    const corners =
      priority === "high"
        ? [
            [0, -r],
            [r, r],
            [-r, r],
          ]
        : [
            [0, -r],
            [r, 0],
            [0, r],
            [-r, 0],
          ];
    for (const [dx = 0, dy = 0] of corners) ctx.lineTo(x + dx, y + dy);
  }
  ctx.closePath();
  ctx.fill();
}
