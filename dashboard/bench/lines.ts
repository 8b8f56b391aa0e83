// The least that can be drawn of the same: for each column of pixels one line from the least to the greatest value.
import type { Recorder } from "../src/charts/recorder";
import { STRIPS } from "../src/charts/strips";
import type { Track } from "../src/charts/track";

const HEIGHT = 84;
const AXIS = 46;

export interface Drawn {
  draw(startS: number, endS: number): void;
}

export function bareLines(host: Element, recorder: Recorder, copies: number): Drawn {
  const canvases: { readonly canvas: HTMLCanvasElement; readonly track: Track }[] = [];
  for (let copy = 0; copy < copies; copy += 1) {
    for (const { signal } of STRIPS) {
      const track = recorder.tracks.get(signal);
      if (track === undefined) continue;
      const canvas = document.createElement("canvas");
      canvas.width = (host.clientWidth - AXIS) * devicePixelRatio;
      canvas.height = HEIGHT * devicePixelRatio;
      canvas.style.cssText = `display: block; width: ${host.clientWidth - AXIS}px; height: ${HEIGHT}px`;
      host.append(canvas);
      canvases.push({ canvas, track });
    }
  }
  return {
    draw: (startS, endS) => {
      for (const { canvas, track } of canvases) line(canvas, track, startS, endS);
    },
  };
}

function line(canvas: HTMLCanvasElement, track: Track, startS: number, endS: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  const spanS = endS - startS;
  const low = new Float32Array(width).fill(Infinity);
  const high = new Float32Array(width).fill(-Infinity);
  let [least, greatest] = [Infinity, -Infinity];
  for (let at = 0; at < track.times.length; at += 1) {
    const column = Math.floor((((track.times[at] ?? 0) - startS) / spanS) * width);
    if (column < 0 || column >= width) continue;
    const [min, max] = [track.min[at] ?? 0, track.max[at] ?? 0];
    if (min < (low[column] ?? 0)) low[column] = min;
    if (max > (high[column] ?? 0)) high[column] = max;
    if (min < least) least = min;
    if (max > greatest) greatest = max;
  }
  const scale = height / Math.max(1, greatest - least);
  context.clearRect(0, 0, width, height);
  context.beginPath();
  for (let column = 0; column < width; column += 1) {
    if ((low[column] ?? 0) > (high[column] ?? 0)) continue;
    context.moveTo(column, height - ((low[column] ?? 0) - least) * scale);
    context.lineTo(column, height - ((high[column] ?? 0) - least) * scale - 1);
  }
  context.stroke();
}
