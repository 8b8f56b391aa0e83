// The page of `./run bench charts`: 24 strips of four hours at 1 Hz, made by the patient's page's own parts, or the same
// as bare lines on bare canvases, or nothing at all. It measures its own frames.
import { signal } from "@preact/signals";
import { render } from "preact";
import { Api } from "../src/api";
import { Recorder } from "../src/charts/recorder";
import { Strip } from "../src/charts/strip";
import { STRIP_SIGNALS, STRIPS } from "../src/charts/strips";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { History } from "../src/messages";
import { Session } from "../src/session";
import { testApp } from "../tests/app";
import { iso, reading, readings, snapshot, unit } from "../tests/samples";
import { type Bare, bareLines } from "./lines";
import "uplot/dist/uPlot.min.css";
import "../src/styles/tokens.css";
import "../src/styles/base.css";
import "../src/styles/patient.css";

const SPAN_S = 4 * 3600;
const COPIES = 3;
const SERVER_MS = Date.now();
export const SPIKE = 400;

/** What the page tells the benchmark. Milliseconds. */
interface Frames {
  readonly frames: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly longTasks: number;
  readonly longTaskMs: number;
}

function value(index: number, second: number): number {
  return 100 + 20 * Math.sin(second / 180 + index) + (second % 7);
}

/** Every second of the four hours: what a page holds that was open for the whole treatment. */
function wholeTreatment(): History {
  const startS = Math.floor(SERVER_MS / 1000) - SPAN_S;
  const seconds = Array.from({ length: SPAN_S }, (_, second) => second);
  const series: Record<string, History["series"][string]> = {};
  for (const [index, name] of STRIP_SIGNALS.entries()) {
    const column = seconds.map((second) => (second === SPAN_S / 2 ? SPIKE : value(index, second)));
    series[name] = { min: column, max: column, mean: column };
  }
  return {
    unit: "a",
    start: iso(startS * 1000),
    end: iso(SERVER_MS),
    bucket_s: 1,
    times: seconds.map((second) => startS + second),
    readings: seconds.map(() => 1),
    series,
    gaps: [],
    marks: [],
  };
}

class StoredApi extends Api {
  override history(): Promise<History> {
    return Promise.resolve(wholeTreatment());
  }
}

const minutes = signal(SPAN_S / 60);
const store = new LiveStore();
const api = new StoredApi(location.href, () => undefined);
const recorder = new Recorder(api, store, "a");
const what = location.hash.slice(1);
let bare: Bare | null = null;

function tell(): void {
  const nowMs = SERVER_MS + performance.now() - begunMs;
  const second = Math.round(nowMs / 1000);
  const values = Object.fromEntries(STRIP_SIGNALS.map((name, index) => [name, value(index, second)]));
  store.receive(readings(nowMs, reading("a", { time: iso(nowMs), values })), performance.now());
  bare?.draw(nowMs / 1000, minutes.value);
}

const begunMs = performance.now();
const host = document.querySelector("#app");
store.setOpen(true, 0);
store.receive({ ...snapshot([unit("a")]), server_time: iso(SERVER_MS) }, begunMs);
if (host !== null && what !== "empty") {
  recorder.follow();
  await recorder.load(SPAN_S / 60);
  if (what === "lines") {
    bare = bareLines(host, recorder, COPIES);
    bare.draw(SERVER_MS / 1000, minutes.value);
  } else {
    const app = testApp(api, store, new Session());
    const all = Array.from({ length: COPIES }, (_, copy) => STRIPS.map((spec) => ({ copy, spec }))).flat();
    function Page() {
      return (
        <AppContext.Provider value={app}>
          {all.map(({ copy, spec }) => (
            <Strip key={`${copy}${spec.signal}`} spec={spec} recorder={recorder} minutes={minutes.value} alerts={[]}>
              {null}
            </Strip>
          ))}
        </AppContext.Provider>
      );
    }
    render(<Page />, host);
  }
  setInterval(tell, 1000);
}

/** Frames for so long; `step` is done in each, before it is painted. */
function measure(seconds: number, step: (share: number) => void): Promise<Frames> {
  return new Promise((done) => {
    const taken: number[] = [];
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)));
    observer.observe({ type: "longtask" });
    const startMs = performance.now();
    let lastMs: number | null = null;
    function frame(): void {
      const nowMs = performance.now();
      if (lastMs !== null) taken.push(nowMs - lastMs);
      lastMs = nowMs;
      const share = (nowMs - startMs) / (seconds * 1000);
      if (share < 1) {
        step(share);
        requestAnimationFrame(frame);
        return;
      }
      observer.disconnect();
      taken.sort((left, right) => left - right);
      const at = (part: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * part))] ?? Number.NaN;
      const longTaskMs = tasks.reduce((sum, one) => sum + one, 0);
      const numbers = { p50: at(0.5), p99: at(0.99), longest: at(1), longTasks: tasks.length, longTaskMs };
      done({ frames: taken.length, seconds, ...numbers });
    }
    requestAnimationFrame(frame);
  });
}

/** Zooms from four hours to ten minutes and back, and pans an hour back and forth, at every frame. */
function move(share: number): void {
  minutes.value = 125 + 115 * Math.cos(share * 4 * Math.PI);
  const nowMs = SERVER_MS + performance.now() - begunMs - 1_800_000 * (1 - Math.cos(share * 6 * Math.PI));
  store.now.value = nowMs;
  bare?.draw(nowMs / 1000, minutes.value);
}

const page = {
  live: (seconds: number) => measure(seconds, () => undefined),
  move: (seconds: number) =>
    measure(seconds, move).then((frames) => {
      minutes.value = SPAN_S / 60;
      return frames;
    }),
};
export type Page = typeof page;
Object.assign(window, { bench: page });
document.body.dataset.ready = what;
