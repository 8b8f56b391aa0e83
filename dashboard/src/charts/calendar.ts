// Days as a calendar: months of weeks, each beginning on the reader's first weekday. Dates are those of the schedule's zone.
import type { TrendDay } from "../messages";

export interface Month {
  /** "2026-03" */
  readonly month: string;
  /** Seven places a week; null: of another month, or not asked for. */
  readonly weeks: readonly (readonly (TrendDay | null)[])[];
}

/** 1 Monday … 7 Sunday; Monday where the browser does not say. */
export function firstWeekday(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => { readonly firstDay: number } };
  return known.getWeekInfo?.().firstDay ?? 1;
}

/** Numbers of the seven weekdays (1 Monday … 7 Sunday), from the first on. */
export function weekdays(first: number): readonly number[] {
  return Array.from({ length: 7 }, (_, index) => ((first - 1 + index) % 7) + 1);
}

/** In order of time. */
export function months(days: readonly TrendDay[], first: number): readonly Month[] {
  const found = new Map<string, TrendDay[]>();
  for (const day of days) {
    const month = day.date.slice(0, 7);
    found.set(month, [...(found.get(month) ?? []), day]);
  }
  return [...found].map(([month, own]) => ({ month, weeks: weeksOf(own, first) }));
}

function weeksOf(days: readonly TrendDay[], first: number): readonly (readonly (TrendDay | null)[])[] {
  const weeks: (TrendDay | null)[][] = [];
  let last = 7;
  for (const day of days) {
    const column = (weekdayOf(day.date) - first + 7) % 7;
    if (column <= last) weeks.push(Array.from({ length: 7 }, () => null));
    last = column === 6 ? 7 : column;
    const week = weeks.at(-1);
    if (week !== undefined) week[column] = day;
  }
  return weeks;
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}

/** Which day it is by the clock of a zone: "2026-03-02". */
export function dateIn(zone: string, atMs: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const part = Object.fromEntries(parts.formatToParts(new Date(atMs)).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}`;
}
