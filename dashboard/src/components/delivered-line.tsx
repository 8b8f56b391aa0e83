// What is prescribed, or else set at the machine, against what was delivered, in a line above the strips.
import {
  type Delivered,
  deliveredNow,
  deliveredThen,
  NOTHING_PRESCRIBED,
  type Wanted,
  wantedThen,
} from "../charts/delivered";
import { useApp } from "../context";
import { formatValue } from "../format/signals";
import { formatClock, formatMinutes } from "../format/times";
import type { Unit } from "../live/unit";
import type { TreatmentView } from "../messages";
import { useAsked } from "../pages/asked";
import { words } from "../words";

interface Props {
  readonly unit: Unit;
  /** An earlier one that was opened; null: what goes on. */
  readonly treatment: TreatmentView | null;
  /** What is prescribed now. */
  readonly wanted: Wanted;
}

export function DeliveredLine({ unit, treatment, wanted: wantedNow }: Props) {
  const wantedBefore = useWantedThen(treatment);
  const wanted = treatment === null ? wantedNow : wantedBefore;
  const nowMs = useApp().store.now.value;
  const t = words().timeline.delivered;
  const found = treatment === null ? deliveredNow(unit, nowMs) : deliveredThen(treatment);
  if (found === null) return <p class="note delivered">{t.notSummed}</p>;
  if (found.removedMl === null && found.runMin === null) return null;
  return (
    <dl class="delivered" aria-label={t.label} data-testid="delivered">
      <Pair
        name={t.removed}
        is={millilitres(found.removedMl)}
        of={goal(wanted.volumeMl, found.targetMl, millilitres)}
        unit="mL"
      />
      <Pair
        name={t.run}
        is={duration(found.runMin)}
        of={goal(wanted.runMin, found.plannedMin, duration)}
        unit={words().units.h}
      />
      <Pair name={t.flow} is={flow(found.flowMean)} of={goal(wanted.flowMlMin, found.flowSet, flow)} unit="mL/min" />
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
        {is} <span class="of">{of}</span> <span class="unit">{unit}</span>
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

/** As it was prescribed when an earlier treatment began; nothing until that is known. */
function useWantedThen(treatment: TreatmentView | null): Wanted {
  const { api } = useApp();
  const id = treatment === null || treatment.end === null ? null : treatment.treatment_id;
  const ask = async () => (id === null ? NOTHING_PRESCRIBED : wantedThen((await api.report(id)).review));
  const asked = useAsked(ask, `wanted ${id}`, "", null);
  return typeof asked === "string" ? NOTHING_PRESCRIBED : asked;
}

/** Prescribed, with what is set at the machine where that is something else; by the machine alone where nothing is. */
function goal(prescribed: number | null, set: number | null, shown: (value: number | null) => string): string {
  const t = words().timeline.delivered;
  if (prescribed === null) return t.set(shown(set));
  if (set === null || shown(set) === shown(prescribed)) return t.prescribed(shown(prescribed));
  return t.both(shown(prescribed), shown(set));
}

const millilitres = (value: number | null) => (value === null ? "–" : formatValue("ultrafiltration_volume", value));
const flow = (value: number | null) => (value === null ? "–" : formatValue("blood_flow", value));
const duration = (value: number | null) => (value === null ? "–" : formatMinutes(value));
