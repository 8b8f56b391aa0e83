// One unit as the screen knows it: every value with the time it was taken, so that each can say how old it is.

import type { NotEvaluated, Phase, ReadingFlag, ReadingView, UnitStatus, UnitView } from "../messages";
import { type Spark, sparkFromView, withSpark } from "./spark";

export interface Measured {
  readonly value: number;
  /** When it was taken, in milliseconds of the server's clock. */
  readonly at: number;
  /** It was there when the screen first looked, so it may have been taken earlier than `at`. */
  readonly orEarlier: boolean;
}

export interface Unit {
  readonly id: string;
  readonly label: string;
  readonly patient: string | null;
  readonly clinic: string | null;
  readonly status: UnitStatus | null;
  /** When the newest reading was taken, by the server's clock; null = nothing was ever received. */
  readonly readingAt: number | null;
  readonly phase: Phase;
  readonly flags: ReadonlySet<ReadingFlag>;
  /** Signals the machine sent that are implausible: never shown as a value. */
  readonly invalid: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, Measured>;
  readonly notEvaluated: readonly NotEvaluated[];
  readonly spark: Spark;
  /** Seen because this very person has broken the glass; null for everybody's own patients. */
  readonly opened: { readonly glass_id: string; readonly until: string } | null;
}

/**
 * Measured now and then, not all the time. Some machines repeat the last one in every frame: as long as none of them
 * changed it is still the same measurement, as old as when it was first seen.
 */
export const EPISODIC: ReadonlySet<string> = new Set(["systolic", "diastolic", "mean_pressure", "pulse_rate"]);

/** When a reading was taken, by the server's clock: its age decides, never the time a device stamped on it. */
export function takenAt(reading: ReadingView, serverMs: number): number {
  return serverMs - Math.max(0, reading.age_s) * 1000;
}

export function unitFromView(view: UnitView, serverMs: number): Unit {
  const bare: Unit = {
    id: view.unit,
    label: view.label,
    patient: view.patient?.name ?? null,
    clinic: view.clinic,
    status: view.status,
    readingAt: null,
    phase: "UNKNOWN",
    flags: new Set(),
    invalid: new Set(),
    values: new Map(),
    notEvaluated: view.not_evaluated,
    spark: sparkFromView(view.spark),
    opened: view.opened,
  };
  return view.reading === null ? bare : withReading(bare, view.reading, serverMs);
}

/** A unit nobody told us about before: shown at once rather than left out. */
export function unitFromReading(reading: ReadingView, serverMs: number): Unit {
  const view = {
    unit: reading.unit,
    label: reading.unit,
    patient: null,
    clinic: null,
    opened: null,
    status: null,
    not_evaluated: [],
    spark: null,
  };
  return unitFromView({ ...view, reading }, serverMs);
}

/**
 * Adds a reading. A signal it lacks keeps its earlier value with its earlier time; an invalid one loses it. What came
 * late is history, not the present.
 */
export function withReading(unit: Unit, reading: ReadingView, serverMs: number): Unit {
  const at = takenAt(reading, serverMs);
  if (unit.readingAt !== null && reading.flags.includes("late")) return unit;
  const values = new Map(unit.values);
  const repeated = repeatsEpisode(unit.values, reading.values);
  for (const [signal, value] of Object.entries(reading.values)) {
    const episodic = EPISODIC.has(signal);
    if (!(repeated && episodic)) values.set(signal, { value, at, orEarlier: episodic && unit.readingAt === null });
  }
  for (const signal of reading.invalid) values.delete(signal);
  return {
    ...unit,
    readingAt: at,
    phase: reading.phase,
    flags: new Set(reading.flags),
    invalid: new Set(reading.invalid),
    values,
    spark: withSpark(unit.spark, reading, at),
  };
}

export function withStatus(unit: Unit, status: UnitStatus): Unit {
  return { ...unit, status };
}

export function withNotEvaluated(unit: Unit, notEvaluated: readonly NotEvaluated[]): Unit {
  return { ...unit, notEvaluated };
}

function repeatsEpisode(known: ReadonlyMap<string, Measured>, values: Readonly<Record<string, number>>): boolean {
  return Object.entries(values).every(([signal, value]) => !EPISODIC.has(signal) || known.get(signal)?.value === value);
}
