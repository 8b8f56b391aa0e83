// How each signal of the catalogue is written on a screen. The unit is the catalogue's: nothing is converted here.

export interface SignalFormat {
  readonly unit: string;
  readonly decimals: number;
}

const pressure: SignalFormat = { unit: "mmHg", decimals: 0 };
const flow: SignalFormat = { unit: "mL/min", decimals: 0 };
const hourly: SignalFormat = { unit: "mL/h", decimals: 0 };
const volume: SignalFormat = { unit: "mL", decimals: 0 };
const conductivity: SignalFormat = { unit: "mS/cm", decimals: 2 };
const minutes: SignalFormat = { unit: "min", decimals: 0 };
const weight: SignalFormat = { unit: "kg", decimals: 1 };
const plain: SignalFormat = { unit: "", decimals: 2 };

export const SIGNALS = {
  blood_flow: flow,
  blood_flow_setting: flow,
  arterial_pressure: pressure,
  venous_pressure: pressure,
  prefilter_pressure: pressure,
  transmembrane_pressure: pressure,
  dialysate_pressure: pressure,
  dialysate_flow: flow,
  dialysate_conductivity: conductivity,
  bicarbonate_conductivity: conductivity,
  dialysate_temperature: { unit: "°C", decimals: 1 },
  ultrafiltration_rate: hourly,
  ultrafiltration_volume: volume,
  ultrafiltration_target: volume,
  ultrafiltration_time_left: minutes,
  treatment_elapsed: minutes,
  treatment_remaining: minutes,
  heparin_rate: { unit: "mL/h", decimals: 1 },
  heparin_total: { unit: "mL", decimals: 1 },
  blood_processed: { unit: "L", decimals: 1 },
  relative_blood_volume: { unit: "%", decimals: 1 },
  online_spktv: plain,
  online_ektv: plain,
  systolic: pressure,
  diastolic: pressure,
  mean_pressure: pressure,
  pulse_rate: { unit: "/min", decimals: 0 },
  weight_before: weight,
  weight_after: weight,
} as const satisfies Readonly<Record<string, SignalFormat>>;

export type SignalName = keyof typeof SIGNALS;

export function signalFormat(name: string): SignalFormat | undefined {
  return name in SIGNALS ? SIGNALS[name as SignalName] : undefined;
}

const MINUS = "\u2212";

/** A number as written on the screen, with a true minus sign; values too small to show never become "−0". */
export function formatNumber(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A signal's value without its unit. What is not in the table (a rule's own figure) gets at most two decimals. */
export function formatValue(name: string, value: number): string {
  const format = signalFormat(name);
  if (format !== undefined) return formatNumber(value, format.decimals);
  return formatNumber(value, Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1);
}
