// Names and units of the figures a rule gives as its reason: signals, and what the rule made of them.
import { signalLabel, words } from "../words";
import { formatValue, signalFormat } from "./signals";

export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
}

// The house writes the unit last in a bare number's name; longest first, because one may end on another.
const SUFFIXES: readonly (readonly [string, string])[] = [
  ["_ml_kg_h", "mL/kg/h"],
  ["_ml_min", "mL/min"],
  ["_ms_cm", "mS/cm"],
  ["_percent", "%"],
  ["_mmhg", "mmHg"],
  ["_ml_h", "mL/h"],
  ["_min", "min"],
  ["_kg", "kg"],
  ["_ml", "mL"],
  ["_s", "s"],
];

const MEDIAN = /^(.+)_median_(\d+)s$/;

export function describeFigure(name: string, value: number | null): Figure {
  const median = MEDIAN.exec(name);
  const base = median?.[1] ?? name;
  const format = signalFormat(base);
  const [suffix, unit] = SUFFIXES.find(([ending]) => format === undefined && base.endsWith(ending)) ?? ["", ""];
  const label = figureLabel(suffix === "" ? base : base.slice(0, -suffix.length));
  return {
    label: median === null ? label : words().figures.median(label, median[2] ?? ""),
    value: value === null ? "–" : formatValue(base, value),
    unit: format?.unit ?? unit,
  };
}

function figureLabel(name: string): string {
  const known: Readonly<Record<string, string>> = words().figures.names;
  return known[name] ?? signalLabel(name);
}
