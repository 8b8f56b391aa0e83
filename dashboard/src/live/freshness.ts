// How old is it, and may it still be shown as live?
import type { Measured, Unit } from "./unit";

/** Older than this a reading is stale: grey, and it says how old it is. */
export const STALE_AFTER_MS = 10_000;

export type Freshness =
  | { readonly kind: "none" }
  | { readonly kind: "live"; readonly ageMs: number }
  | { readonly kind: "stale"; readonly ageMs: number };

export type Trouble = "box-never-seen" | "box-offline" | "machine-disconnected" | "machine-silent" | "machine-garbled";

export function ageMs(at: number, nowMs: number): number {
  return Math.max(0, nowMs - at);
}

/** Whether a unit's newest reading counts as live. Without a connection nothing does, however young it was. */
export function freshness(unit: Unit, nowMs: number, connected: boolean): Freshness {
  if (unit.readingAt === null) return { kind: "none" };
  const age = ageMs(unit.readingAt, nowMs);
  return { kind: connected && age <= STALE_AFTER_MS ? "live" : "stale", ageMs: age };
}

/** A value's own age where it is older than the newest reading (a blood pressure taken earlier), else null. */
export function ownAgeMs(measured: Measured, readingAt: number | null, nowMs: number): number | null {
  return readingAt !== null && measured.at >= readingAt ? null : ageMs(measured.at, nowMs);
}

/** What is wrong on the way from the machine to us, in the order in which people would look for it. */
export function trouble(unit: Unit): Trouble | null {
  const { status } = unit;
  if (status === null) return unit.readingAt === null ? "box-never-seen" : null;
  if (!status.online) return "box-offline";
  if (status.machine === "connected") return null;
  return `machine-${status.machine}`;
}
