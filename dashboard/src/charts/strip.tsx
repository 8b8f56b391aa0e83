// The strips as components: a header with the number, a canvas with its course.
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useApp } from "../context";
import { formatValue, type SignalName, signalFormat } from "../format/signals";
import { formatClock } from "../format/times";
import type { StripLine } from "../messages";
import { theme } from "../theme";
import { signalLabel, words } from "../words";
import { drawBloodPressures } from "./blood-pressure";
import { gapAt } from "./coverage";
import type { Stood } from "./happenings";
import { readInk } from "./ink";
import { drawIsolated } from "./isolated";
import { drawLimits, lineInWords, widened } from "./limits";
import { type PlotView, stripOptions } from "./plot";
import type { Recorder } from "./recorder";
import type { StripSpec } from "./strips";
import { paddedRange } from "./track";
import { drawUsual, type UsualPoint } from "./usual";
import type { Span } from "./zoom";

interface Common {
  readonly recorder: Recorder;
  readonly minutes: number;
  /** Shown instead of the last minutes; null: what is live. */
  readonly held?: Span | null;
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
      series={(ink) => [
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: ink.line, width: 1.5, points: { show: false } },
      ]}
      bands={(ink) => [{ series: [1, 2], fill: ink.band }]}
      draw={(plot, ink) => {
        const last = goal?.mean.at(-1);
        if (last != null) drawGoal(plot, last, ink.goal);
        drawIsolated(plot, track, ink.line);
      }}
      reading={(index) => {
        const value = track.mean[index];
        return value == null ? "–" : formatValue(spec.signal, value);
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
      series={() => [
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
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
  readonly series: (ink: ReturnType<typeof readInk>) => uPlot.Series[];
  readonly bands?: (ink: ReturnType<typeof readInk>) => uPlot.Band[];
  readonly draw: (plot: uPlot, ink: ReturnType<typeof readInk>) => void;
  readonly reading: (index: number) => string;
}

function Frame(props: FrameProps) {
  const { store } = useApp();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const cursor = useSignal<{ readonly value: string; readonly timeS: number } | null>(null);
  const view = useRef<() => PlotView>(() => ({ x: [0, 1], y: [0, 1], alerts: [], gaps: [], marks: [] }));
  // One drawing asks a dozen times, and each answer looks at every point.
  const kept = useRef<{ readonly of: readonly unknown[]; readonly view: PlotView } | null>(null);
  view.current = () => {
    const { alerts, extent, held, lines = NONE, minutes, recorder } = latest.current;
    const endS = held?.endS ?? store.now.peek() / 1000;
    const startS = held?.startS ?? endS - minutes * 60;
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
    const { withAxis = false, name, signals, series, bands } = latest.current;
    const made = new uPlot(
      stripOptions({
        width: element.clientWidth,
        withAxis,
        ink,
        decimals: signalFormat(name)?.decimals ?? 0,
        signals,
        view: () => view.current(),
        series: series(ink),
        ...(bands === undefined ? {} : { bands: bands(ink) }),
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

  // Once a second: time moves on also when nothing comes, and the gap must be seen to grow. Not with every message of
  // other homes, of which ten come in a second.
  const second = useComputed(() => Math.floor(store.now.value / 1000));
  useSignalEffect(() => {
    void second.value;
    void props.recorder.version.value;
    plot.current?.setData(latest.current.data());
  });

  // At once, so that a plot follows the hand that moves it, and what was signed just now is on it.
  useEffect(() => {
    if (props.held != null || props.lines !== undefined) plot.current?.setData(latest.current.data());
  }, [props.held, props.lines, props.usual]);

  const at = cursor.value;
  return (
    <section class="strip" data-strip={props.name} aria-label={props.label}>
      <div class="strip-head">
        {props.children}
        {props.lines !== undefined && props.lines.length > 0 && (
          <p class="strip-limits" data-testid="limits">
            {props.lines.map(lineInWords).join(" · ")}
          </p>
        )}
        <p class="strip-cursor" aria-hidden="true">
          {at !== null && `${at.value} ${words().patient.atCursor} ${formatClock(at.timeS * 1000, store.now.peek())}`}
        </p>
      </div>
      <div ref={host} class="strip-plot" role="img" aria-label={props.label} />
    </section>
  );
}

/** In a gap its reason, elsewhere the nearest point: a value must not seem to have been measured where there is none. */
function underCursor(
  at: { readonly index: number | null; readonly timeS: number },
  gaps: PlotView["gaps"],
  { signals, reading }: FrameProps,
  times: ArrayLike<number>,
): { readonly value: string; readonly timeS: number } | null {
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
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
