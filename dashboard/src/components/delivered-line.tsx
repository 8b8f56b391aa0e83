// Set against delivered, in a line above the strips.
import { type Delivered, deliveredNow, deliveredThen } from "../charts/delivered";
import { useApp } from "../context";
import { formatValue } from "../format/signals";
import { formatClock, formatMinutes } from "../format/times";
import type { Unit } from "../live/unit";
import type { TreatmentView } from "../messages";
import { words } from "../words";

interface Props {
  readonly unit: Unit;
  /** An earlier one that was opened; null: what goes on. */
  readonly treatment: TreatmentView | null;
}

export function DeliveredLine({ unit, treatment }: Props) {
  const nowMs = useApp().store.now.value;
  const t = words().timeline.delivered;
  const found = treatment === null ? deliveredNow(unit, nowMs) : deliveredThen(treatment);
  if (found === null) return <p class="note delivered">{t.notSummed}</p>;
  if (found.removedMl === null && found.runMin === null) return null;
  return (
    <dl class="delivered" aria-label={t.label} data-testid="delivered">
      <Pair name={t.removed} is={millilitres(found.removedMl)} of={millilitres(found.targetMl)} unit="mL" />
      <Pair name={t.run} is={duration(found.runMin)} of={duration(found.plannedMin)} unit={words().units.h} />
      <Pair name={t.flow} is={flow(found.flowMean)} of={flow(found.flowSet)} unit="mL/min" />
      <Foreseen found={found} nowMs={nowMs} />
    </dl>
  );
}

interface PairProps {
  readonly name: string;
  readonly is: string;
  readonly of: string;
  readonly unit: string;
}

function Pair({ name, is, of, unit }: PairProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {is} <span class="of">{words().timeline.delivered.of(of)}</span> <span class="unit">{unit}</span>
      </dd>
    </div>
  );
}

function Foreseen({ found, nowMs }: { readonly found: Delivered; readonly nowMs: number }) {
  const t = words().timeline.delivered;
  if (found.endsAtMs === null) return null;
  return (
    <div>
      <dt>{t.ends}</dt>
      <dd>
        {formatClock(found.endsAtMs, nowMs, false)}
        {found.expectedMl !== null && <span class="of"> {t.expected(millilitres(found.expectedMl))}</span>}
      </dd>
    </div>
  );
}

const millilitres = (value: number | null) => (value === null ? "–" : formatValue("ultrafiltration_volume", value));
const flow = (value: number | null) => (value === null ? "–" : formatValue("blood_flow", value));
const duration = (value: number | null) => (value === null ? "–" : formatMinutes(value));
