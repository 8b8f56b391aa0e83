// Is what the screen shows live? Decided from times alone, so that it can be tested without a socket.
import type { Link } from "../messages";

/** The server speaks at least every 5 s; with the tick of one second this says "no connection" within 10 s. */
export const LOST_AFTER_SILENCE_MS = 8_500;
/** A closed socket is mostly back at once; a wall that flashes grey for that would cry wolf. */
export const LOST_AFTER_CLOSE_MS = 3_000;

export type Connection = "live" | "lost" | "paused";

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
  return contact.ingest?.alive === false || contact.liveFeed?.alive === false ? "paused" : "live";
}

/** Since when the live view stands still: the earlier of the two links that are down. */
export function pausedSince(ingest: Link | null, liveFeed: Link | null): string | null {
  const down = [ingest, liveFeed].filter((link) => link !== null && !link.alive).map((link) => link?.since ?? "");
  return down.sort()[0] ?? null;
}
