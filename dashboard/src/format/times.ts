// Ages and times of day for people. Times of day are the only thing shown in the reader's own zone.
import { words } from "../words";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Made once: that takes fifty times as long as to format with it, and a time line that is moved tells many times. */
function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${Object.keys(options).join()}`;
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, known);
  return known;
}

/** How long ago, short: "4 s", "12 min", "3 h 05 min", "2 d". Rounded down, so that nothing looks older than it is. */
export function formatAge(ms: number): string {
  const t = words().units;
  if (ms < 100 * SECOND) return `${Math.floor(ms / SECOND)} ${t.s}`;
  if (ms < 100 * MINUTE) return `${Math.floor(ms / MINUTE)} ${t.min}`;
  if (ms < 2 * DAY) {
    const minutes = String(Math.floor((ms % HOUR) / MINUTE)).padStart(2, "0");
    return `${Math.floor(ms / HOUR)} ${t.h} ${minutes} ${t.min}`;
  }
  return `${Math.floor(ms / DAY)} ${t.d}`;
}

/** Minutes of treatment as hours and minutes: "2:05". */
export function formatMinutes(minutes: number): string {
  const whole = Math.max(0, Math.floor(minutes));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Date and time of day, with the year where that is another. */
export function formatDay(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  return formatter(words().locale, {
    weekday: "short",
    day: "2-digit",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(at.getFullYear() === new Date(nowMs).getFullYear() ? {} : { year: "numeric" }),
    hourCycle: "h23",
  }).format(at);
}

/** Time of day; with the date when that is not the day of `nowMs`. */
export function formatClock(atMs: number, nowMs: number, seconds = true): string {
  const { locale } = words();
  const at = new Date(atMs);
  const sameDay = at.toDateString() === new Date(nowMs).toDateString();
  return formatter(locale, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    ...(sameDay ? {} : { day: "2-digit", month: "short" }),
    hourCycle: "h23",
  }).format(at);
}
