// One patient on the wall.
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { awaitsAnswer } from "../alerts/priority";
import { useApp } from "../context";
import { freshness } from "../live/freshness";
import type { Unit } from "../live/unit";
import type { AlertView } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { AlertFlag } from "./alert-flag";
import { ShortAnswer } from "./answer-line";
import { BarredIcon } from "./icons";
import { SparkLine } from "./spark";
import { Age, PhaseText, TroubleMark } from "./unit-state";
import { UnsavedMark } from "./unsaved-mark";
import { BloodPressure, Ultrafiltration, Value } from "./value";

const NONE: readonly AlertView[] = [];

export function Tile({ id }: { readonly id: string }) {
  const { store, session } = useApp();
  // What other patients' alerts do is no reason to draw this one anew.
  const own = useMemo(() => computed(() => store.alertsByUnit.value.get(id) ?? NONE), [store, id]);
  const alerts = own.value;
  // Nor is every second: what counts the time draws itself.
  const kind = useMemo(
    () =>
      computed(() => {
        const known = store.unit(id)?.value;
        return known && freshness(known, store.now.value, store.connected.value).kind;
      }),
    [store, id],
  );
  const fresh = kind.value;
  const unit = store.unit(id)?.value;
  if (unit === undefined) return null;
  const [worst] = alerts;
  return (
    <article
      class={`tile ${worst === undefined ? "" : `priority-${worst.priority}`}`}
      data-testid="tile"
      data-unit={id}
      data-freshness={fresh}
      data-alert-priority={worst?.priority}
      data-awaits={worst === undefined ? undefined : awaitsAnswer(worst)}
    >
      {worst !== undefined && <TileAlert alert={worst} others={alerts.length - 1} />}
      <header class="tile-head">
        <h2>
          <a href={link.patient(id)}>{unit.patient ?? unit.label}</a>
        </h2>
        <Age unit={unit} />
        <p class="tile-sub">
          {unit.patient !== null && <span class="tile-unit">{unit.label}</span>}
          {unit.readingAt !== null && <PhaseText unit={unit} />}
          <NotRunning unit={unit} />
        </p>
      </header>
      <TroubleMark unit={unit} />
      <SparkLine spark={unit.spark} />
      {session.may("see readings") ? <TileValues unit={unit} /> : <p class="note">{words().tile.notForRole}</p>}
    </article>
  );
}

function TileAlert({ alert, others }: { readonly alert: AlertView; readonly others: number }) {
  const { rules } = useApp();
  const awaits = awaitsAnswer(alert);
  return (
    <p class="tile-alert">
      <AlertFlag priority={alert.priority} flashing={awaits} />
      <span class="tile-alert-title">{rules.title(alert)}</span>
      {alert.unsaved && <UnsavedMark />}
      {others > 0 && <span class="tile-alert-more">{words().tile.more(others)}</span>}
      <ShortAnswer alert={alert} />
    </p>
  );
}

function TileValues({ unit }: { readonly unit: Unit }) {
  const t = words().short;
  return (
    <dl class="values">
      <Value label={t.venous_pressure} unit={unit} signals={["venous_pressure"]} />
      <Value label={t.arterial_pressure} unit={unit} signals={["arterial_pressure"]} />
      <Value label={t.blood_flow} unit={unit} signals={["blood_flow"]} />
      <BloodPressure label={t.blood_pressure} unit={unit} />
      <Ultrafiltration label={t.ultrafiltration} unit={unit} />
      <Value label={t.transmembrane_pressure} unit={unit} signals={["transmembrane_pressure"]} />
    </dl>
  );
}

function NotRunning({ unit }: { readonly unit: Unit }) {
  // What cannot be told of past treatments stands on the patient's page: here it would hide what is lacking now.
  const count = unit.notEvaluated.filter((rule) => !rule.at_rest && !rule.between).length;
  if (count === 0) return null;
  return (
    <span
      class="not-running"
      data-testid="not-evaluated"
      data-count={count}
      title={words().tile.checksNotRunning(count)}
    >
      <BarredIcon />
      {/* The words stand on the patient's page; here they would be on every tile. */}
      <span aria-hidden="true">{count}</span>
      <span class="hidden">{words().tile.checksNotRunning(count)}</span>
    </span>
  );
}
