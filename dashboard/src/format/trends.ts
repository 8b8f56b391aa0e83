// One treatment among others, in words.
import type { TrendChart } from "../charts/trends";
import type { TrendTreatment } from "../messages";
import { words } from "../words";
import { formatNumber } from "./signals";

/** "118 mmHg" of one series, "before 142, after 128, lowest 96 mmHg" of several; then what was prescribed. */
export function inWords({ series, goal, unit, decimals, key }: TrendChart, treatment: TrendTreatment): string {
  const t = words().trends;
  const number = (value: number | null) => (value === null ? t.noValue : formatNumber(value, decimals));
  const values = series.map(({ key: name, of }) => {
    const told = number(of(treatment));
    return series.length === 1 ? told : `${t.series[name]} ${told}`;
  });
  const measured = series.some(({ of }) => of(treatment) !== null);
  const wanted = goal?.(treatment) ?? null;
  const told = `${values.join(", ")}${measured && unit !== "" ? ` ${unit}` : ""}`;
  const set = treatment.prescribed_ml === null ? t.goalOf.set : t.goalOf.prescribed;
  return wanted === null ? told : `${told} (${key === "fluid" ? set : t.prescribed[key]} ${number(wanted)})`;
}

/** "Mon, 2 Mar 2026" by the clock of the calendar's zone; with the year, since one chart may show two of them. */
export function treatmentDay(treatment: TrendTreatment, zone: string): string {
  const format = new Intl.DateTimeFormat(words().locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: zone,
  });
  return format.format(new Date(treatment.start));
}
