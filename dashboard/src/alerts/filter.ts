// Which of the open alerts a person wants to see, and which of those may be acknowledged with one press.
import type { AlertView, Priority } from "../messages";
import { awaitsAnswer, isOpen, isShelved } from "./priority";
import { standingOfAlert } from "./standing";

export const SHOWN = ["open", "unanswered", "mine", "shelved"] as const;
export type Shown = (typeof SHOWN)[number];

/** Null and the empty text: whichever. */
export interface Filter {
  readonly shown: Shown;
  readonly priority: Priority | null;
  readonly clinic: string | null;
  readonly patient: string;
}

export const EVERYTHING: Filter = { shown: "open", priority: null, clinic: null, patient: "" };

/** Of the unit an alert is of: what is written on it, and whose clinic it is. */
export interface Whose {
  readonly names: readonly string[];
  readonly clinic: string | null;
}

export function filtered(
  alerts: readonly AlertView[],
  filter: Filter,
  reader: string | undefined,
  whose: (unit: string) => Whose,
): readonly AlertView[] {
  if (filter === EVERYTHING) return alerts;
  const wanted = filter.patient.trim().toLocaleLowerCase();
  return alerts.filter((alert) => {
    if (!isShown(alert, filter.shown, reader)) return false;
    if (filter.priority !== null && alert.priority !== filter.priority) return false;
    if (filter.clinic === null && wanted === "") return true;
    const { names, clinic } = whose(alert.unit);
    if (filter.clinic !== null && clinic !== filter.clinic) return false;
    return names.some((name) => name.toLocaleLowerCase().includes(wanted));
  });
}

function isShown(alert: AlertView, shown: Shown, reader: string | undefined): boolean {
  switch (shown) {
    case "open":
      return true;
    case "unanswered":
      return awaitsAnswer(alert);
    case "shelved":
      return isShelved(alert);
    case "mine":
      return standingOfAlert(alert, reader)?.yours === true || (alert.acknowledged_by ?? "") === (reader ?? null);
  }
}

/** Only low ones may be acknowledged many at a time: what is more is read and answered one by one. */
export function mayBeTicked(alert: AlertView): boolean {
  return alert.priority === "low" && isOpen(alert) && !alert.unsaved && !alert.late && alert.acknowledged_at === null;
}
