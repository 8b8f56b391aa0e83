// The peer: the library as it is, 24 plots with the same course, band, axes and common cursor, and nothing of ours.
import uPlot from "uplot";
import type { Recorder } from "../src/charts/recorder";
import { STRIPS } from "../src/charts/strips";
import type { Track } from "../src/charts/track";
import type { Drawn } from "./lines";

export function plainPlots(host: Element, recorder: Recorder, copies: number): Drawn {
  const plots: { readonly plot: uPlot; readonly track: Track }[] = [];
  for (let copy = 0; copy < copies; copy += 1) {
    for (const { signal } of STRIPS) {
      const track = recorder.tracks.get(signal);
      if (track !== undefined)
        plots.push({ track, plot: new uPlot(options(host.clientWidth), data(track), made(host)) });
    }
  }
  return {
    draw: (startS, endS) => {
      for (const { plot, track } of plots) {
        plot.batch(() => {
          plot.setData(data(track), false);
          plot.setScale("x", { min: startS, max: endS });
        });
      }
    },
  };
}

/** It takes null for a break. */
function data({ times, max, min, mean }: Track): uPlot.AlignedData {
  const column = (values: readonly number[]) => values.map((value) => (Number.isNaN(value) ? null : value));
  return [times, column(max), column(min), column(mean)];
}

function made(host: Element): HTMLElement {
  const element = document.createElement("div");
  host.append(element);
  return element;
}

function options(width: number): uPlot.Options {
  const quiet: uPlot.Series = { stroke: "transparent", points: { show: false } };
  return {
    width,
    height: 84,
    padding: [6, 8, 4, 0],
    legend: { show: false },
    cursor: { sync: { key: "plain" }, y: false, drag: { x: false, y: false } },
    scales: { x: { time: true } },
    axes: [{ show: false }, { size: 46, space: 20 }],
    series: [{}, quiet, quiet, { stroke: "#33475c", width: 1.5, points: { show: false } }],
    bands: [{ series: [1, 2], fill: "rgb(51 71 92 / 20%)" }],
  };
}
