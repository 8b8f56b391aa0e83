// What a treatment has come to against what is prescribed, or set at the machine. Pure; null wherever nobody says.
import { STALE_AFTER_MS } from "../live/freshness";
import type { Unit } from "../live/unit";
import type { Prescription, ReviewView, TreatmentView } from "../messages";

export interface Delivered {
  readonly removedMl: number | null;
  readonly targetMl: number | null;
  readonly runMin: number | null;
  readonly plannedMin: number | null;
  /** Over the whole treatment, with its stops: blood processed by time. */
  readonly flowMean: number | null;
  readonly flowSet: number | null;
  /** When the machine will have run out its time, milliseconds of the server's clock. */
  readonly endsAtMs: number | null;
  /** What will have been removed by then at the rate of now. */
  readonly expectedMl: number | null;
}

/** What is to be delivered, as it is prescribed; null: nothing is. */
export interface Wanted {
  readonly flowMlMin: number | null;
  readonly volumeMl: number | null;
  readonly runMin: number | null;
}

export const NOTHING_PRESCRIBED: Wanted = { flowMlMin: null, volumeMl: null, runMin: null };

export function wantedNow({ items, treatment_min }: Pick<Prescription, "items" | "treatment_min">): Wanted {
  const value = (name: string) => items.find(({ item }) => item === name)?.value ?? null;
  return {
    flowMlMin: value("prescribed_blood_flow_ml_min"),
    volumeMl: value("prescribed_ultrafiltration_ml"),
    runMin: treatment_min,
  };
}

/** As it was prescribed when that treatment began. */
export function wantedThen({ prescribed }: Pick<ReviewView, "prescribed">): Wanted {
  return {
    flowMlMin: prescribed.blood_flow_ml_min,
    volumeMl: prescribed.ultrafiltration_ml,
    runMin: prescribed.treatment_min,
  };
}

/** Of what goes on. What will be is said of young readings in treatment only: an old rate promises nothing. */
export function deliveredNow(unit: Pick<Unit, "values" | "phase" | "readingAt">, nowMs: number): Delivered {
  const value = (name: string) => unit.values.get(name)?.value ?? null;
  const [removedMl, runMin, leftMin] = [
    value("ultrafiltration_volume"),
    value("treatment_elapsed"),
    value("treatment_remaining"),
  ];
  const [rate, processedL] = [value("ultrafiltration_rate"), value("blood_processed")];
  const goesOn = unit.phase === "TX" && unit.readingAt !== null && nowMs - unit.readingAt <= STALE_AFTER_MS;
  const foreseen = goesOn && leftMin !== null;
  return {
    removedMl,
    targetMl: value("ultrafiltration_target"),
    runMin,
    plannedMin: runMin === null || leftMin === null ? null : runMin + leftMin,
    flowMean: processedL === null || runMin === null || runMin < 1 ? null : (processedL * 1000) / runMin,
    flowSet: value("blood_flow_setting"),
    endsAtMs: foreseen ? nowMs + leftMin * 60_000 : null,
    expectedMl: foreseen && removedMl !== null && rate !== null ? removedMl + (rate * leftMin) / 60 : null,
  };
}

/** Of one that is over, from its summary. */
export function deliveredThen({ summary }: Pick<TreatmentView, "summary">): Delivered | null {
  if (summary === null) return null;
  const { blood_processed_l: processedL, machine_time_min: machineMin, treated_s, volume_removed_ml } = summary;
  const runMin = machineMin ?? treated_s / 60;
  return {
    removedMl: volume_removed_ml,
    targetMl: summary.signals.ultrafiltration_target?.median ?? null,
    runMin,
    plannedMin: null,
    flowMean: processedL === null || runMin < 1 ? null : (processedL * 1000) / runMin,
    flowSet: summary.signals.blood_flow_setting?.median ?? null,
    endsAtMs: null,
    expectedMl: null,
  };
}
