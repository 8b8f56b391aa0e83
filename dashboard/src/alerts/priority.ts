// Which alert comes first, and which still waits for a person.
import type { AlertView, Answerable, Priority } from "../messages";

export const RANK: Readonly<Record<Priority, number>> = { high: 3, medium: 2, low: 1 };

/** Still somebody's business: the condition stands, or has cleared and is held until someone has seen it. */
export function isOpen(alert: AlertView): boolean {
  return alert.state !== "normal";
}

/** A person has set it aside; the store takes that away when its time is over (`endShelves`). */
export function isShelved(alert: AlertView): boolean {
  return isOpen(alert) && alert.shelved_until !== null;
}

/** People are asked, and nobody has accepted. */
export function isAsked(state: Answerable | undefined): boolean {
  return state === "asking" || state === "unanswered";
}

/**
 * Nobody has answered yet, or people are asked again: whoever had accepted gave it back, or the time is over. What was
 * found in late data is on record but asks nobody, and so does what is set aside.
 */
export function awaitsAnswer(alert: AlertView): boolean {
  if (!isOpen(alert) || alert.late || isShelved(alert)) return false;
  return alert.acknowledged_at === null || isAsked(alert.answer?.state);
}

/** Alerts with what was set aside until `nowMs` no longer so; null where that changes nothing. */
export function endShelves(alerts: ReadonlyMap<string, AlertView>, nowMs: number): Map<string, AlertView> | null {
  let changed: Map<string, AlertView> | null = null;
  for (const [id, alert] of alerts) {
    if (alert.shelved_until === null || Date.parse(alert.shelved_until) > nowMs) continue;
    changed ??= new Map(alerts);
    changed.set(id, { ...alert, shelved_until: null, shelved_by: null, shelved_reason: null });
  }
  return changed;
}

/** Unanswered before answered, high before low, then newest first; the id settles ties so that nothing jumps. */
export function byUrgency(left: AlertView, right: AlertView): number {
  return (
    Number(awaitsAnswer(right)) - Number(awaitsAnswer(left)) ||
    RANK[right.priority] - RANK[left.priority] ||
    Date.parse(right.since) - Date.parse(left.since) ||
    byId(left, right)
  );
}

/** Most urgent first. Of thousands: what decides is read once of each, not in every comparison. */
export function openAlerts(alerts: Iterable<AlertView>): AlertView[] {
  return [...alerts]
    .filter(isOpen)
    .map((alert) => ({
      alert,
      rank: Number(awaitsAnswer(alert)) * 4 + RANK[alert.priority],
      at: Date.parse(alert.since),
    }))
    .sort((left, right) => right.rank - left.rank || right.at - left.at || byId(left.alert, right.alert))
    .map(({ alert }) => alert);
}

function byId(left: AlertView, right: AlertView): number {
  return left.alert_id.localeCompare(right.alert_id);
}

/**
 * Alerts by unit, in the order they come in. A unit whose alerts are those of `before` has the very same list, so that
 * of a wall only the tiles are drawn anew that show something else.
 */
export function byUnit(
  alerts: Iterable<AlertView>,
  before: ReadonlyMap<string, readonly AlertView[]> = new Map(),
): ReadonlyMap<string, readonly AlertView[]> {
  const grouped = new Map<string, readonly AlertView[]>();
  const lists = new Map<string, AlertView[]>();
  for (const alert of alerts) {
    const list = lists.get(alert.unit);
    if (list === undefined) lists.set(alert.unit, [alert]);
    else list.push(alert);
  }
  for (const [unit, list] of lists) {
    const known = before.get(unit);
    grouped.set(unit, known !== undefined && isSame(known, list) ? known : list);
  }
  return grouped;
}

function isSame(left: readonly AlertView[], right: readonly AlertView[]): boolean {
  return left.length === right.length && left.every((alert, index) => alert === right[index]);
}
