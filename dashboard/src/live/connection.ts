// Is what the screen shows live? Decided from times alone, so that it can be tested without a socket.
import type { Link, LinkTrouble } from "../messages";

/** The server speaks at least every 5 s; with the tick of one second this says "no connection" within 10 s. */
export const LOST_AFTER_SILENCE_MS = 8_500;
/** A closed socket is mostly back at once; a wall that flashes grey for that would cry wolf. */
export const LOST_AFTER_CLOSE_MS = 3_000;

export type Connection = "live" | "lost" | "paused";

/** Troubles of ingest that leave most of what is shown live: told, but nothing is greyed out for them. */
const PARTIAL = ["broker", "incomplete", "silence not judged"] as const satisfies readonly LinkTrouble[];
export type PartialReason = (typeof PARTIAL)[number];

export interface Contact {
  readonly open: boolean;
  /** Monotonic time of the last message, null before the first. */
  readonly lastHeardMs: number | null;
  readonly ingest: Link | null;
  readonly liveFeed: Link | null;
}

export function connectionAt(contact: Contact, monotonicMs: number): Connection {
  if (contact.lastHeardMs === null) return "lost";
  const silence = monotonicMs - contact.lastHeardMs;
  if (silence > (contact.open ? LOST_AFTER_SILENCE_MS : LOST_AFTER_CLOSE_MS)) return "lost";
  return pausedSince(contact.ingest, contact.liveFeed) === null ? "live" : "paused";
}

/** Since when the live view stands still: the earlier of the two links that are down. */
export function pausedSince(ingest: Link | null, liveFeed: Link | null): string | null {
  const stands = partialTrouble(ingest) === null && unsavedSince(ingest) === null;
  const down = [stands ? ingest : null, liveFeed].filter((link) => link?.alive === false);
  return down.map((link) => link?.since ?? "").sort()[0] ?? null;
}

/** Since when the database takes nothing of what is shown, live though it is; null while all is saved. */
export function unsavedSince(ingest: Link | null): string | null {
  return ingest?.alive === false && ingest.reason === "unsaved" ? ingest.since : null;
}

/** What ingest does not do though it works on the whole, or null. */
export function partialTrouble(ingest: Link | null): PartialReason | null {
  return PARTIAL.find((reason) => ingest?.alive === false && ingest.reason === reason) ?? null;
}
