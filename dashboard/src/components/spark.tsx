// Ten minutes of the venous pressure at a glance. For the eye only what moved; in words its range.
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { useApp } from "../context";
import { formatValue, signalFormat } from "../format/signals";
import { extent, runs, type Spark, sparkAt } from "../live/spark";
import { signalLabel, words } from "../words";

/** A steady pressure is a flat line: noise is not drawn to the full height. */
const LEAST_SPAN = 60;
const HEIGHT = 24;

export function SparkLine({ spark }: { readonly spark: Spark }) {
  const { store } = useApp();
  // Drawn when a step begins or a reading changes it, not at every reading and every second.
  const stepMs = spark.stepMs;
  const step = useMemo(() => computed(() => Math.floor(store.now.value / stepMs)), [store, stepMs]);
  const shown = sparkAt(spark, step.value * stepMs);
  const range = extent(shown);
  if (range === null) return null;
  const [least, most] = range;
  const said = [formatValue(spark.signal, least), formatValue(spark.signal, most)] as const;
  const minutes = Math.round((shown.low.length * shown.stepMs) / 60_000);
  return (
    <div class="spark" data-testid="spark">
      <svg viewBox={`0 0 ${shown.low.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="spark-band" d={path(shown, least, most)} vector-effect="non-scaling-stroke" />
      </svg>
      <p class="spark-range">
        <span class="hidden">{words().tile.spark(signalLabel(spark.signal), minutes)} </span>
        <span aria-hidden="true">
          {minutes} {words().units.min}{" "}
        </span>
        {said[0] === said[1] ? said[0] : `${said[0]}–${said[1]}`}
        <span class="hidden"> {signalFormat(spark.signal)?.unit}</span>
      </p>
    </div>
  );
}

/** Each run of steps as a band from its greatest values back along its least ones; as high as LEAST_SPAN at the least. */
function path(spark: Spark, least: number, most: number): string {
  const span = Math.max(most - least, LEAST_SPAN);
  const bottom = (least + most - span) / 2;
  const y = (value: number | null | undefined) => (HEIGHT - (((value ?? 0) - bottom) / span) * HEIGHT).toFixed(1);
  return runs(spark)
    .map(([first, last]) => {
      const steps = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
      const there = steps.flatMap((step) => [`${step} ${y(spark.high[step])}`, `${step + 1} ${y(spark.high[step])}`]);
      const back = steps
        .reverse()
        .flatMap((step) => [`${step + 1} ${y(spark.low[step])}`, `${step} ${y(spark.low[step])}`]);
      return `M${[...there, ...back].join("L")}Z`;
    })
    .join("");
}
