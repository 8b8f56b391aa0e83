// The page of `./run bench charts`: 24 strips of four hours at 1 Hz, each with every second. As three patients' whole time
// lines, as strips alone, as plain plots of the library, as bare lines on bare canvases, or nothing at all.
import { computed, signal } from "@preact/signals";
import { type ComponentChildren, render } from "preact";
import { Recorder } from "../src/charts/recorder";
import { Strip } from "../src/charts/strip";
import { STRIP_SIGNALS, STRIPS } from "../src/charts/strips";
import type { Span } from "../src/charts/zoom";
import { Strips } from "../src/components/strips";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { Me } from "../src/messages";
import { Session } from "../src/session";
import { testApp } from "../tests/app";
import { iso, reading, readings, snapshot, unit } from "../tests/samples";
import { bareLines, type Drawn } from "./lines";
import { byHand, hold, type Move, press, spanAt } from "./moves";
import { plainPlots } from "./plain";
import { measured, SERVER_MS, SPAN_S, StoredApi, value } from "./stored";
import "uplot/dist/uPlot.min.css";
import "../src/styles/tokens.css";
import "../src/styles/base.css";
import "../src/styles/patient.css";
import "../src/styles/timeline.css";

const COPIES = 3;
const UNITS = ["a", "b", "c"] as const;
const NONE: never[] = [];
const store = new LiveStore();
const api = new StoredApi();
const session = new Session();
const recorder = new Recorder(api, store, "a");
const what = location.hash.slice(1);
const begunMs = performance.now();
const span = signal<Span | null>(null);
let drawn: Drawn | null = null;

const nowMs = () => SERVER_MS + performance.now() - begunMs;

/** A reading of each unit, as every second brings it. */
function tell(): void {
  const second = Math.round(nowMs() / 1000);
  const now = STRIP_SIGNALS.map((name, index) => [name, value(index, second)] as const);
  const values = Object.fromEntries(now.filter(([name]) => measured(name, second, 1)));
  const told = UNITS.map((id) => reading(id, { time: iso(nowMs()), values }));
  store.receive(readings(nowMs(), ...told), performance.now());
  if (span.value === null) draw({ startS: nowMs() / 1000 - SPAN_S, endS: nowMs() / 1000 });
}

function draw({ startS, endS }: Span): void {
  drawn?.draw(startS, endS);
}

function shown(host: Element, page: ComponentChildren): void {
  render(<AppContext.Provider value={testApp(api, store, session)}>{page}</AppContext.Provider>, host);
}

function AloneStrips() {
  const held = computed(() => span.value);
  return Array.from({ length: COPIES }, (_, copy) =>
    STRIPS.map((spec) => (
      <Strip
        key={`${copy}${spec.signal}`}
        spec={spec}
        recorder={recorder}
        minutes={SPAN_S / 60}
        held={held}
        alerts={NONE}
      >
        {null}
      </Strip>
    )),
  );
}

function TimeLine({ id }: { readonly id: string }) {
  const known = store.unit(id)?.value;
  return known === undefined ? null : <Strips unit={known} />;
}

async function begin(host: Element): Promise<void> {
  if (what === "empty") return;
  if (what === "page") {
    session.me.value = { may: ["see history", "see prescription"] } as unknown as Me;
    shown(
      host,
      UNITS.map((id) => <TimeLine key={id} id={id} />),
    );
  } else {
    recorder.follow();
    await recorder.load(SPAN_S / 60);
    if (what === "strips") shown(host, <AloneStrips />);
    else drawn = (what === "plain" ? plainPlots : bareLines)(host, recorder, COPIES);
  }
  setInterval(tell, 1000);
  tell();
}

/** Does `step` in so many frames; `from` and `to`: shares of them. By number, for a busy machine has fewer in a second. */
function inFrames(frames: number, step: (from: number, to: number) => void): Promise<void> {
  return new Promise((done) => {
    let number = 0;
    const frame = () => {
      if (number === frames) return done();
      step(number / frames, (number + 1) / frames);
      number += 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

async function move(how: Move, frames: number): Promise<void> {
  if (what === "page") {
    if (how === "pan") hold("pointerdown");
    await inFrames(frames, (from, to) => byHand(how, from, to));
    if (how === "pan") hold("pointerup");
    return;
  }
  await inFrames(frames, (_, share) => {
    span.value = spanAt(how, share, nowMs() / 1000);
    draw(span.value);
  });
}

/** A key every second frame, as one that is held down: closer, an hour and more back and forth, wider again. */
function keys(frames: number): Promise<void> {
  const all = ["+", "+", "+", "+", ...Array(12).fill("ArrowLeft"), ...Array(12).fill("ArrowRight"), "-", "-", "-", "-"];
  return inFrames(frames, (from) => {
    const number = Math.round(from * frames);
    if (number % 2 === 0) press(all[(number / 2) % all.length] ?? "");
  });
}

/** Each for so many frames, or seconds where nothing is moved. */
const deeds = {
  live: (seconds: number) => new Promise<void>((done) => setTimeout(done, seconds * 1000)),
  zoom: (frames: number) => move("zoom", frames),
  pan: (frames: number) => move("pan", frames),
  keys,
};

Object.assign(window, {
  bench: async (deed: keyof typeof deeds, amount: number) => {
    const [{ asked }, startMs] = [api, performance.now()];
    api.whole = false;
    await deeds[deed](amount);
    return { seconds: (performance.now() - startMs) / 1000, asked: api.asked - asked };
  },
});
store.setOpen(true, 0);
store.receive({ ...snapshot(UNITS.map((id) => unit(id))), server_time: iso(SERVER_MS) }, begunMs);
const host = document.querySelector("#app");
if (host !== null) await begin(host);
document.body.dataset.ready = what;
