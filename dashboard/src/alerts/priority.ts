// Which alert comes first, and which still waits for a person.
import type { AlertView, Priority } from "../messages";

export const RANK: Readonly<Record<Priority, number>> = { high: 3, medium: 2, low: 1 };

/** Still somebody's business: the condition stands, or has cleared and is held until someone has seen it. */
export function isOpen(alert: AlertView): boolean {
  return alert.state !== "normal";
}

/** Nobody has answered yet. What was found in late data is on record but asks nobody. */
export function awaitsAnswer(alert: AlertView): boolean {
  return isOpen(alert) && !alert.late && alert.acknowledged_at === null;
}

/** Unanswered before answered, high before low, then newest first; the id settles ties so that nothing jumps. */
export function byUrgency(left: AlertView, right: AlertView): number {
  return (
    Number(awaitsAnswer(right)) - Number(awaitsAnswer(left)) ||
    RANK[right.priority] - RANK[left.priority] ||
    Date.parse(right.since) - Date.parse(left.since) ||
    left.alert_id.localeCompare(right.alert_id)
  );
}

export function openAlerts(alerts: Iterable<AlertView>): AlertView[] {
  return [...alerts].filter(isOpen).sort(byUrgency);
}

/** Open alerts by unit, most urgent first. */
export function byUnit(alerts: Iterable<AlertView>): ReadonlyMap<string, readonly AlertView[]> {
  const grouped = new Map<string, AlertView[]>();
  for (const alert of openAlerts(alerts)) {
    const list = grouped.get(alert.unit);
    if (list === undefined) grouped.set(alert.unit, [alert]);
    else list.push(alert);
  }
  return grouped;
}
