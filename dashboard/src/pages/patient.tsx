// One patient: what is so now, its course, every alert with its reason, and what is not being checked.
import { awaitsAnswer } from "../alerts/priority";
import { AlertCard } from "../components/alert-card";
import { NotAmongYours, OpenedBanner } from "../components/break-glass";
import { BackIcon } from "../components/icons";
import { NotesPanel } from "../components/notes-panel";
import { BoxState, NotEvaluatedList } from "../components/patient-side";
import { Strips } from "../components/strips";
import { Age, PhaseText, TroubleMark } from "../components/unit-state";
import { WhoLookedPanel } from "../components/who-looked";
import { useApp } from "../context";
import { formatMinutes } from "../format/times";
import { freshness } from "../live/freshness";
import type { Unit } from "../live/unit";
import { link } from "../routes";
import { words } from "../words";

export function PatientPage({ id }: { readonly id: string }) {
  const { store } = useApp();
  const unit = store.unit(id)?.value;
  if (unit === undefined) {
    return (
      <main id="content" tabIndex={-1} class="page">
        {store.silenceMs.value === null ? (
          <p class="empty">{words().banner.connecting}</p>
        ) : (
          <NotAmongYours unit={id} />
        )}
      </main>
    );
  }
  return <KnownPatient unit={unit} />;
}

function KnownPatient({ unit }: { readonly unit: Unit }) {
  const { store, session } = useApp();
  const { id } = unit;
  const fresh = freshness(unit, store.now.value, store.connected.value).kind;
  return (
    <main
      id="content"
      tabIndex={-1}
      class="page patient-page"
      data-testid="patient"
      data-unit={id}
      data-freshness={fresh}
    >
      <PatientHead unit={unit} />
      <OpenedBanner unit={unit} />
      <div class="patient-columns">
        <aside class="patient-side">
          <OpenAlerts id={id} />
          <NotEvaluatedList unit={unit} />
          <BoxState unit={unit} />
          <NotesPanel unit={id} />
          <WhoLookedPanel unit={id} />
        </aside>
        {session.may("see history") ? <Strips key={id} unit={unit} /> : <p class="note">{words().tile.notForRole}</p>}
      </div>
    </main>
  );
}

function PatientHead({ unit }: { readonly unit: Unit }) {
  const { session } = useApp();
  const remaining = unit.values.get("treatment_remaining")?.value;
  const t = words().patient;
  return (
    <header class="patient-head">
      <a class="back" href={link.wall}>
        <BackIcon />
        {t.back}
      </a>
      <h1>{unit.patient ?? unit.label}</h1>
      <p class="patient-sub">
        {unit.patient !== null && <span class="tile-unit">{unit.label}</span>}
        <PhaseText unit={unit} />
        {unit.phase === "TX" && remaining !== undefined && (
          <span class="note">
            {words().tile.elapsed(formatMinutes(remaining))} {t.left}
          </span>
        )}
      </p>
      {session.may("see treatments") && (
        <a class="patient-treatments" href={link.treatments(unit.id)}>
          {words().treatments.title}
        </a>
      )}
      {session.may("see treatments") && unit.patient !== null && (
        <a class="patient-treatments" href={link.trends(unit.id)}>
          {words().trends.title}
        </a>
      )}
      {session.may("see prescription") && unit.patient !== null && (
        <a class="patient-treatments" href={link.prescription(unit.id)}>
          {words().prescription.title}
        </a>
      )}
      <p class="patient-age">
        <TroubleMark unit={unit} />
        <Age unit={unit} />
      </p>
    </header>
  );
}

function OpenAlerts({ id }: { readonly id: string }) {
  const { store } = useApp();
  const t = words().patient;
  const alerts = store.alertsByUnit.value.get(id) ?? [];
  return (
    <section class="alert-list" aria-labelledby="patient-alerts">
      <h2 id="patient-alerts">{t.alerts}</h2>
      {alerts.length === 0 && <p class="note">{t.noAlerts}</p>}
      {alerts.map((alert) => (
        <AlertCard key={alert.alert_id} alert={alert} showPatient={false} expanded={awaitsAnswer(alert)} />
      ))}
    </section>
  );
}
