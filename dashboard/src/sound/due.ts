// When which sound is due: at once for what is new, again and again while nobody answers, never two over each other.
import { awaitsAnswer, RANK } from "../alerts/priority";
import type { AlertView, Priority } from "../messages";
import { REPEAT_S } from "./tones";

export interface Heard {
  /** Alerts that have been sounded, with the priority they had then. */
  readonly sounded: ReadonlyMap<string, Priority>;
  readonly lastMs: number;
}

export const NOTHING: Heard = { sounded: new Map(), lastMs: Number.NEGATIVE_INFINITY };

/** The sound to be made now, null for none; and what has been heard after that. */
export function due(alerts: Iterable<AlertView>, before: Heard, nowMs: number): [Priority | null, Heard] {
  const waiting = [...alerts].filter(awaitsAnswer);
  const worst = waiting.reduce<Priority | null>(
    (most, { priority }) => (most === null || RANK[priority] > RANK[most] ? priority : most),
    null,
  );
  const gone = { sounded: kept(waiting, before.sounded), lastMs: before.lastMs };
  if (worst === null) return [null, gone];
  const isNew = waiting.some(
    ({ alert_id, priority }) => priority === worst && before.sounded.get(alert_id) !== priority,
  );
  const again = REPEAT_S[worst];
  const repeats = again !== null && nowMs - before.lastMs >= again * 1000;
  if (!isNew && !repeats) return [null, gone];
  return [worst, { sounded: new Map(waiting.map((alert) => [alert.alert_id, alert.priority])), lastMs: nowMs }];
}

function kept(waiting: readonly AlertView[], sounded: ReadonlyMap<string, Priority>): ReadonlyMap<string, Priority> {
  const ids = new Set(waiting.map((alert) => alert.alert_id));
  return new Map([...sounded].filter(([id]) => ids.has(id)));
}
