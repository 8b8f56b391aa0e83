// One figure of many treatments over the days: one stop for the keyboard, from treatment to treatment by the arrow keys.
import type { Signal } from "@preact/signals";
import {
  type Mark,
  monthStarts,
  nearest,
  pieces,
  ranges,
  type Scale,
  scaleOf,
  steps,
  type TrendChart,
} from "../charts/trends";
import { formatNumber } from "../format/signals";
import { inWords, treatmentDay } from "../format/trends";
import type { Trends } from "../messages";
import { link } from "../routes";
import { words } from "../words";

const HEIGHT = 96;
const MARKS: Readonly<Record<Mark, string>> = {
  dot: "M-2.75 0a2.75 2.75 0 1 0 5.5 0a2.75 2.75 0 1 0-5.5 0Z",
  up: "M0-3.5 3.5 3H-3.5Z",
  bar: "M-3.5-1H3.5V1H-3.5Z",
};

interface Props {
  readonly chart: TrendChart;
  readonly trends: Trends;
  /** Where each treatment lies, 0 … 1. */
  readonly places: readonly (number | null)[];
  /** Which treatment is looked at, the same in all charts. */
  readonly chosen: Signal<number>;
}

export function TrendChartView({ chart, trends, places, chosen }: Props) {
  const { treatments } = trends;
  const t = words().trends;
  const limit = chart.key === "ratio" ? trends.access_ratio_limit : null;
  const scale = scaleOf(chart, treatments, limit);
  const title = (
    <>
      {t.names[chart.key]} {chart.unit !== "" && <span class="unit">{chart.unit}</span>}
    </>
  );
  if (scale === null) {
    return (
      <figure class="trend" data-chart={chart.key}>
        <figcaption>{title}</figcaption>
        <p class="note">{chart.key === "ratio" ? t.ratioMissing : t.none}</p>
      </figure>
    );
  }
  const at = treatments[chosen.value];
  return (
    <figure class="trend" data-chart={chart.key}>
      <figcaption>
        {title}
        <Key chart={chart} trends={trends} />
        {at !== undefined && <span class="trend-now">{`${treatmentDay(at, trends.zone)}: ${inWords(chart, at)}`}</span>}
      </figcaption>
      <div class="trend-body">
        <Axis scale={scale} decimals={chart.decimals} />
        <Plot chart={chart} trends={trends} places={places} chosen={chosen} scale={scale} limit={limit} />
      </div>
    </figure>
  );
}

/** Which shape is what, where there is more than one, and the line of what was prescribed. */
function Key({ chart, trends }: Pick<Props, "chart" | "trends">) {
  const t = words().trends;
  const { goal, series, key } = chart;
  const goals = goal !== null && trends.treatments.some((treatment) => goal(treatment) !== null);
  return (
    <span class="trend-key">
      {series.map(({ key: name, mark }) => (
        <span key={name}>
          <svg viewBox="-5 -5 10 10" width="10" height="10" aria-hidden="true">
            <path class={`trend-point trend-${mark}`} d={MARKS[mark]} />
          </svg>
          {t.series[name]}
        </span>
      ))}
      {(goals || key === "ratio") && (
        <span>
          <svg viewBox="0 -5 16 10" width="16" height="10" aria-hidden="true">
            <path class="trend-goal" d="M0 0H16" />
          </svg>
          {key === "ratio" ? t.limit : t.prescribed[key]}
        </span>
      )}
      {goal !== null && !goals && <span>{t.missing[key]}</span>}
    </span>
  );
}

function Axis({ scale, decimals }: { readonly scale: Scale; readonly decimals: number }) {
  return (
    <div class="trend-axis" aria-hidden="true">
      {scale.ticks.map((tick) => (
        <span key={tick} style={{ top: `${y(scale, tick)}px` }}>
          {formatNumber(tick, decimals)}
        </span>
      ))}
    </div>
  );
}

interface PlotProps extends Props {
  readonly scale: Scale;
  readonly limit: number | null;
}

function Plot({ chart, trends, places, chosen, scale, limit }: PlotProps) {
  const { treatments, days } = trends;
  const t = words().trends;
  const go = (index: number) => {
    chosen.value = Math.min(treatments.length - 1, Math.max(0, index));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: chosen.value - 1,
      ArrowDown: chosen.value - 1,
      ArrowRight: chosen.value + 1,
      ArrowUp: chosen.value + 1,
      PageUp: chosen.value - 10,
      PageDown: chosen.value + 10,
      Home: 0,
      End: treatments.length - 1,
    };
    const to = moves[event.key];
    const at = treatments[chosen.value];
    if (event.key === "Enter" && at !== undefined) window.location.hash = link.report(at.treatment_id);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  const onPointer = (event: PointerEvent & { readonly currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = nearest(places, (event.clientX - box.left) / Math.max(1, box.width));
    if (index !== null) go(index);
  };
  const at = treatments[chosen.value];
  const line = places[chosen.value];
  const { goal } = chart;
  return (
    // A slider over treatments: its value is said in words.
    <div
      class="trend-plot"
      role="slider"
      tabIndex={0}
      aria-label={t.names[chart.key]}
      aria-valuemin={1}
      aria-valuemax={treatments.length}
      aria-valuenow={chosen.value + 1}
      aria-valuetext={at === undefined ? "" : `${treatmentDay(at, trends.zone)}: ${inWords(chart, at)}`}
      onKeyDown={onKeyDown}
      onPointerDown={onPointer}
      onPointerMove={(event) => {
        if (event.pointerType === "mouse" || event.buttons > 0) onPointer(event);
      }}
    >
      <svg width="100%" height={HEIGHT} aria-hidden="true">
        {scale.ticks.map((tick) => (
          <line key={tick} class="trend-grid" x1="0" x2="100%" y1={y(scale, tick)} y2={y(scale, tick)} />
        ))}
        {monthStarts(days).map(({ at: x, date }) => (
          <line key={date} class="trend-grid" x1={percent(x)} x2={percent(x)} y1="0" y2={HEIGHT} />
        ))}
        {limit !== null && <line class="trend-goal" x1="0" x2="100%" y1={y(scale, limit)} y2={y(scale, limit)} />}
        {goal !== null &&
          steps(treatments.map(goal), places, 1 / Math.max(1, days.length)).map(({ x1, x2, value }) => (
            <line
              key={x1}
              class="trend-goal"
              x1={percent(x1)}
              x2={percent(x2)}
              y1={y(scale, value)}
              y2={y(scale, value)}
            />
          ))}
        {line != null && <line class="trend-chosen" x1={percent(line)} x2={percent(line)} y1="0" y2={HEIGHT} />}
        {chart.ranged &&
          ranges(chart.series, treatments).map(({ index, low, high }) => {
            const place = places[index] ?? null;
            if (place === null) return null;
            const x = percent(place);
            return <line key={x} class="trend-range" x1={x} x2={x} y1={y(scale, low)} y2={y(scale, high)} />;
          })}
        {chart.series.map((series) => {
          const values = treatments.map(series.of);
          return (
            <g key={series.key} data-series={series.key}>
              {series.joined &&
                pieces(values, places, days).map(({ x1, x2, from, to }) => (
                  <line
                    key={x1}
                    class="trend-line"
                    x1={percent(x1)}
                    x2={percent(x2)}
                    y1={y(scale, from)}
                    y2={y(scale, to)}
                  />
                ))}
              {values.map((value, index) => {
                const place = places[index] ?? null;
                if (value === null || place === null) return null;
                const id = treatments[index]?.treatment_id;
                return <Point key={id} mark={series.mark} x={percent(place)} y={y(scale, value)} />;
              })}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** A circle where that will do: there are hundreds. */
function Point({ mark, x, y: top }: { readonly mark: Mark; readonly x: string; readonly y: number }) {
  if (mark === "dot") return <circle class="trend-point" cx={x} cy={top} r="2.75" />;
  return (
    <svg x={x} y={top} overflow="visible" aria-hidden="true">
      <path class={`trend-point trend-${mark}`} d={MARKS[mark]} />
    </svg>
  );
}

function y({ low, high }: Scale, value: number): number {
  return Math.round((4 + (1 - (value - low) / (high - low)) * (HEIGHT - 8)) * 10) / 10;
}

function percent(place: number): string {
  return `${(place * 100).toFixed(2)}%`;
}
