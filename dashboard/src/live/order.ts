// The wall's order: worst first, and otherwise always the same, so that eyes find a patient where they left him.
import { awaitsAnswer } from "../alerts/priority";
import type { AlertView } from "../messages";
import { freshness, trouble } from "./freshness";
import type { Unit } from "./unit";

/** Smaller is worse. */
export const STANDING = {
  high: 0,
  medium: 1,
  low: 2,
  acknowledged: 3,
  staleInTreatment: 4,
  unreachable: 5,
  inTreatment: 6,
  other: 7,
} as const;

export function standing(unit: Unit, alerts: readonly AlertView[], nowMs: number, connected: boolean): number {
  const worst = alerts.find((alert) => !alert.late);
  if (worst !== undefined) return awaitsAnswer(worst) ? STANDING[worst.priority] : STANDING.acknowledged;
  const fresh = freshness(unit, nowMs, connected).kind;
  if (fresh === "stale" && unit.phase === "TX") return STANDING.staleInTreatment;
  if (fresh !== "live" || trouble(unit, nowMs, connected) !== null) return STANDING.unreachable;
  if ((unit.status?.trouble ?? "") !== "") return STANDING.unreachable;
  return unit.phase === "TX" ? STANDING.inTreatment : STANDING.other;
}

export function wallOrder(
  units: readonly Unit[],
  alerts: ReadonlyMap<string, readonly AlertView[]>,
  nowMs: number,
  connected: boolean,
): string[] {
  return units
    .map((unit) => ({ unit, rank: standing(unit, alerts.get(unit.id) ?? [], nowMs, connected) }))
    .sort((left, right) => left.rank - right.rank || compareLabels(left.unit, right.unit))
    .map(({ unit }) => unit.id);
}

// Numbers inside names count as numbers: home 2 stands before home 10.
const labels = new Intl.Collator("en", { numeric: true });

function compareLabels(left: Unit, right: Unit): number {
  return labels.compare(left.label, right.label) || labels.compare(left.id, right.id);
}
