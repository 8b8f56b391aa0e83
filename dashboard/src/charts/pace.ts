// How long nothing may come before that is a gap: the same rule as the server's, so that both call the same thing one.

/** A machine that speaks every second is missed after so long … */
export const SHORTEST_GAP_S = 10;
/** … and one that speaks rarely after this at the latest. */
const LONGEST_GAP_S = 300;
const PACES = 2.5;

/** Two and a half times the usual distance of two readings, in seconds, within its bounds. */
export function patienceS(distances: readonly number[]): number {
  return Math.min(LONGEST_GAP_S, Math.max(SHORTEST_GAP_S, PACES * usual(distances)));
}

/** The lower median; 0 of nothing. */
export function usual(distances: readonly number[]): number {
  return [...distances].sort((left, right) => left - right)[(distances.length - 1) >> 1] ?? 0;
}
