// Times of a rota as the clinic's clock shows them: the server sends them with their offset, and whoever looks from
// another zone has to see the same hand-over as everybody else.
import { words } from "../words";

const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*?(Z|[+-]\d{2}:\d{2})$/;

interface Local {
  readonly day: string;
  readonly time: string;
  readonly offset: string;
}

function local(iso: string): Local {
  const [, day = "", time = "", offset = ""] = ISO.exec(iso) ?? [];
  return { day, time, offset: offset === "Z" ? "+00:00" : offset };
}

/** "08:00" */
export function localTime(iso: string): string {
  return local(iso).time;
}

/** "Mon 2 Mar" */
export function localDay(iso: string): string {
  const { locale } = words();
  const format = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  return format.format(new Date(`${local(iso).day}T00:00:00Z`)).replace(",", "");
}

/**
 * "08:00" today by that clock, "Mon 2 Mar, 08:00" on any other day; with its offset for a reader (`readerMin` minutes
 * ahead of UTC then) whose own clock shows another time.
 */
export function localMoment(
  iso: string,
  nowMs: number,
  readerMin: number = -new Date(iso).getTimezoneOffset(),
): string {
  const { day, time, offset } = local(iso);
  const today = new Date(nowMs + offsetMs(offset)).toISOString().slice(0, 10);
  const elsewhere = offsetMs(offset) !== readerMin * 60_000;
  return `${day === today ? "" : `${localDay(iso)}, `}${time}${elsewhere ? ` (${offset})` : ""}`;
}

/**
 * "Mon 2 Mar, 08:00 – Mon 9 Mar, 08:00"; the day once where it is one, and offsets where the clocks change in between,
 * so that an hour which comes twice is told apart.
 */
export function localStretch(start: string | null, end: string | null): string {
  const t = words().duty.rota;
  const from = start === null ? null : local(start);
  const to = end === null ? null : local(end);
  const offsets = from !== null && to !== null && from.offset !== to.offset;
  const told = (iso: string, of: Local, day: boolean) =>
    `${day ? `${localDay(iso)}, ` : ""}${of.time}${offsets ? ` (${of.offset})` : ""}`;
  const begins = start === null || from === null ? t.sinceEver : told(start, from, true);
  const ends = end === null || to === null ? t.forEver : told(end, to, from === null || from.day !== to.day);
  return `${begins} – ${ends}`;
}

function offsetMs(offset: string): number {
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
