// Which strips a patient's page shows, in which order.
import type { SignalName } from "../format/signals";

export interface StripSpec {
  readonly signal: SignalName;
  /** The axis never shows less than this, in the signal's unit: smaller movements are noise. */
  readonly span: number;
  /** Drawn dashed beside it: where the value should get to. */
  readonly goal?: SignalName;
}

export const STRIPS: readonly StripSpec[] = [
  { signal: "venous_pressure", span: 60 },
  { signal: "arterial_pressure", span: 60 },
  { signal: "blood_flow", span: 60, goal: "blood_flow_setting" },
  { signal: "transmembrane_pressure", span: 60 },
  { signal: "ultrafiltration_rate", span: 300 },
  { signal: "ultrafiltration_volume", span: 500, goal: "ultrafiltration_target" },
  { signal: "dialysate_conductivity", span: 0.6 },
  { signal: "dialysate_temperature", span: 2 },
];

/** Everything a patient's page asks the history for. */
export const STRIP_SIGNALS: readonly SignalName[] = [
  ...STRIPS.flatMap((strip) => (strip.goal === undefined ? [strip.signal] : [strip.signal, strip.goal])),
  "systolic",
  "diastolic",
];
