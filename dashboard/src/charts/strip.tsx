// The strips as components: a header with the number, a canvas with its course.
import { type ReadonlySignal, type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useApp } from "../context";
import { formatValue, type SignalName, signalFormat } from "../format/signals";
import { formatClock } from "../format/times";
import type { StripLine } from "../messages";
import { theme } from "../theme";
import { signalLabel, words } from "../words";
import { drawBloodPressures } from "./blood-pressure";
import { gapAt } from "./coverage";
import { dashes } from "./draw-course";
import { inNextFrame, notInNextFrame } from "./frames";
import type { Stood } from "./happenings";
import { readInk } from "./ink";
import { drawLimits, lineInWords, widened } from "./limits";
import { type PlotView, stripOptions } from "./plot";
import type { Recorder } from "./recorder";
import type { StripSpec } from "./strips";
import { paddedRange, type Track } from "./track";
import { drawUsual, type UsualPoint } from "./usual";
import type { Span } from "./zoom";

interface Common {
  readonly recorder: Recorder;
  readonly minutes: number;
  /** Shown instead of the last minutes; null: what is live. A hand moves it: what follows is drawn, not rendered. */
  readonly held?: ReadonlySignal<Span | null>;
  readonly alerts: readonly Stood[];
  /** What holds now, of the strip's own signal. */
  readonly lines?: readonly StripLine[];
  /** What is usual for the patient, of the strip's own signal. */
  readonly usual?: readonly (readonly UsualPoint[])[];
  readonly withAxis?: boolean;
  readonly children: ComponentChildren;
}

/** A continuous signal: mean as a line, extremes as a band around it. */
export function Strip({ spec, ...common }: Common & { readonly spec: StripSpec }) {
  const track = common.recorder.tracks.get(spec.signal);
  const goal = spec.goal === undefined ? undefined : common.recorder.tracks.get(spec.goal);
  if (track === undefined) return null;
  return (
    <Frame
      {...common}
      name={spec.signal}
      signals={spec.goal === undefined ? [spec.signal] : [spec.signal, spec.goal]}
      label={signalLabel(spec.signal)}
      extent={(startS, endS) => paddedRange(track.extent(startS, endS), spec.span)}
      data={() => [track.times, track.max, track.min, track.mean]}
      course={track}
      draw={(plot, ink) => {
        const last = goal?.mean.at(-1);
        if (last !== undefined && !Number.isNaN(last)) drawGoal(plot, last, ink.goal);
      }}
      reading={(index) => {
        const value = track.mean[index] ?? Number.NaN;
        return Number.isNaN(value) ? "–" : formatValue(spec.signal, value);
      }}
    />
  );
}

/** Blood pressures: a bar from diastolic to systolic for each measurement. */
export function BloodPressureStrip(common: Common) {
  const { bloodPressures } = common.recorder;
  return (
    <Frame
      {...common}
      name="systolic"
      signals={["systolic", "diastolic", "mean_pressure"]}
      label={words().bloodPressure}
      extent={() => paddedRange(bloodPressures.extent(), 80)}
      data={() => [
        bloodPressures.list.map((episode) => episode.timeS),
        bloodPressures.list.map((episode) => episode.systolic),
        bloodPressures.list.map((episode) => episode.diastolic),
      ]}
      draw={(plot, ink) => drawBloodPressures(plot, bloodPressures.list, ink.line)}
      reading={(index) => {
        const at = bloodPressures.list[index];
        return at === undefined
          ? "–"
          : `${formatValue("systolic", at.systolic)}/${formatValue("diastolic", at.diastolic)}`;
      }}
    />
  );
}

const NONE: readonly StripLine[] = [];

interface FrameProps extends Common {
  readonly name: SignalName;
  /** An alert that looked at one of these stands out on this strip. */
  readonly signals: readonly SignalName[];
  readonly label: string;
  readonly extent: (startS: number, endS: number) => [number, number] | null;
  readonly data: () => uPlot.AlignedData;
  readonly course?: Track;
  readonly draw: (plot: uPlot, ink: ReturnType<typeof readInk>) => void;
  readonly reading: (index: number) => string;
}

function Frame(props: FrameProps) {
  const { store } = useApp();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const cursor = useSignal<UnderCursor | null>(null);
  const view = useRef<() => PlotView>(() => ({ x: [0, 1], y: [0, 1], alerts: [], gaps: [], marks: [] }));
  // One drawing asks a dozen times, and each answer looks at every point.
  const kept = useRef<{ readonly of: readonly unknown[]; readonly view: PlotView } | null>(null);
  view.current = () => {
    const { alerts, extent, held, lines = NONE, minutes, recorder } = latest.current;
    const span = held?.peek() ?? null;
    const endS = span?.endS ?? store.now.peek() / 1000;
    const startS = span?.startS ?? endS - minutes * 60;
    const of = [startS, endS, alerts, lines, recorder, recorder.version.peek()];
    if (kept.current?.of.every((one, index) => one === of[index])) return kept.current.view;
    const now: PlotView = {
      x: [startS, endS],
      y: widened(extent(startS, endS), lines),
      alerts,
      gaps: recorder.gaps(endS),
      marks: recorder.coverage.marks,
    };
    kept.current = { of, view: now };
    return now;
  };

  // Made anew with the theme, because a canvas keeps the colours it was drawn with.
  const themeNow = theme.value;
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const ink = readInk();
    const { withAxis = false, name, signals, course, data } = latest.current;
    const made = new uPlot(
      stripOptions({
        width: element.clientWidth,
        withAxis,
        ink,
        decimals: signalFormat(name)?.decimals ?? 0,
        signals,
        view: () => view.current(),
        values: data().length - 1,
        ...(course === undefined ? {} : { course }),
        drawBehind: (drawn) => {
          if (latest.current.usual !== undefined) drawUsual(drawn, latest.current.usual, ink);
        },
        draw: (drawn) => {
          drawLimits(drawn, latest.current.lines ?? NONE, ink);
          latest.current.draw(drawn, ink);
        },
        onCursor: (at) => {
          cursor.value = at === null ? null : underCursor(at, view.current().gaps, latest.current, made.data[0]);
        },
      }),
      latest.current.data(),
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: made.height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [themeNow, cursor]);

  const draw = useMemo(() => () => plot.current?.setData(latest.current.data()), []);
  useEffect(() => () => notInNextFrame(draw), [draw]);
  // Once a second: time moves on also when nothing comes, and the gap must be seen to grow. Not with every message of
  // other homes, of which ten come in a second. With the hand that moves it in the same frame.
  const second = useComputed(() => Math.floor(store.now.value / 1000));
  const { alerts, held, lines, minutes, recorder, usual } = props;
  useSignalEffect(() => {
    void second.value;
    void recorder.version.value;
    void held?.value;
    inNextFrame(draw);
  });
  useEffect(() => inNextFrame(draw), [draw, alerts, lines, minutes, usual]);

  return (
    <section class="strip" data-strip={props.name} aria-label={props.label}>
      <div class="strip-head">
        {props.children}
        {props.lines !== undefined && props.lines.length > 0 && (
          <p class="strip-limits" data-testid="limits">
            {props.lines.map(lineInWords).join(" · ")}
          </p>
        )}
        <CursorText at={cursor} />
      </div>
      <div ref={host} class="strip-plot" role="img" aria-label={props.label} />
    </section>
  );
}

interface UnderCursor {
  readonly value: string;
  readonly timeS: number;
}

/** By itself: it follows the pointer over all strips, and their numbers need not be rendered for that. */
function CursorText({ at: { value: at } }: { readonly at: Signal<UnderCursor | null> }) {
  const { store } = useApp();
  return (
    <p class="strip-cursor" aria-hidden="true">
      {at !== null && `${at.value} ${words().patient.atCursor} ${formatClock(at.timeS * 1000, store.now.peek())}`}
    </p>
  );
}

/** In a gap its reason, elsewhere the nearest point: a value must not seem to have been measured where there is none. */
function underCursor(
  at: { readonly index: number | null; readonly timeS: number },
  gaps: PlotView["gaps"],
  { signals, reading }: FrameProps,
  times: ArrayLike<number>,
): UnderCursor | null {
  const gap = gapAt(gaps, at.timeS, signals);
  if (gap !== null) return { value: words().coverage.short[gap.reason], timeS: at.timeS };
  const timeS = at.index === null ? undefined : times[at.index];
  return at.index === null || timeS === undefined ? null : { value: reading(at.index), timeS };
}

export function drawGoal(plot: uPlot, value: number, colour: string): void {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(value, "y", true);
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  dashes(ctx, bbox.left, bbox.left + bbox.width, y, 4 * devicePixelRatio, 4 * devicePixelRatio);
  ctx.stroke();
  ctx.restore();
}
