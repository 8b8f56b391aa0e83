// How old is it, and may it still be shown as live?
import type { Measured, Unit } from "./unit";

/** Older than this a reading is stale: grey, and it says how old it is. */
export const STALE_AFTER_MS = 10_000;

export type Freshness =
  | { readonly kind: "none" }
  | { readonly kind: "live"; readonly ageMs: number }
  | { readonly kind: "stale"; readonly ageMs: number };

/** A box speaks every 30 seconds; after this long nobody knows whether it is still there, whatever it said last. */
export const NOT_HEARD_AFTER_MS = 90_000;

export type Trouble =
  | "box-never-seen"
  | "box-offline"
  | "box-not-heard"
  | "machine-disconnected"
  | "machine-silent"
  | "machine-garbled";

export function ageMs(at: number, nowMs: number): number {
  return Math.max(0, nowMs - at);
}

/** Whether a unit's newest reading counts as live. Without a connection nothing does, however young it was. */
export function freshness(unit: Unit, nowMs: number, connected: boolean): Freshness {
  if (unit.readingAt === null) return { kind: "none" };
  const age = ageMs(unit.readingAt, nowMs);
  return { kind: connected && age <= STALE_AFTER_MS ? "live" : "stale", ageMs: age };
}

/** Whether a value is older than the newest reading (a blood pressure taken earlier), so that it says its own age. */
export function hasOwnAge(measured: Measured, readingAt: number | null): boolean {
  return readingAt === null || measured.at < readingAt;
}

/** How long the box has said nothing, by the server's clock; a reading counts as well. Infinity: it never spoke. */
export function unheardMs(unit: Unit, nowMs: number): number {
  const status = unit.status?.heard_at ?? null;
  const heard = [status === null ? null : Date.parse(status), unit.readingAt].filter((at) => at !== null);
  return heard.length === 0 ? Infinity : ageMs(Math.max(...heard), nowMs);
}

/**
 * What is wrong on the way from the machine to us, in the order in which people would look for it. Without a
 * connection of our own nothing is known of the box's.
 */
export function trouble(unit: Unit, nowMs: number, connected: boolean): Trouble | null {
  const { status } = unit;
  if (status === null) return unit.readingAt === null ? "box-never-seen" : null;
  if (!status.online) return "box-offline";
  if (connected && unheardMs(unit, nowMs) > NOT_HEARD_AFTER_MS) return "box-not-heard";
  if (status.machine === "connected") return null;
  return `machine-${status.machine}`;
}
