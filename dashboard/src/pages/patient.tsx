// One patient: what is so now, its course, every alert with its reason, and what is not being checked.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { awaitsAnswer, byUrgency } from "../alerts/priority";
import { CoverageLane } from "../charts/coverage-lane";
import { Recorder } from "../charts/recorder";
import { BloodPressureStrip, Strip } from "../charts/strip";
import { STRIPS } from "../charts/strips";
import { chosenWindow, useFittingWindow, WIDEST, WINDOWS } from "../charts/window";
import { AlertCard } from "../components/alert-card";
import { NotAmongYours, OpenedBanner } from "../components/break-glass";
import { BackIcon } from "../components/icons";
import { NotesPanel } from "../components/notes-panel";
import { BoxState, NotEvaluatedList } from "../components/patient-side";
import { Age, PhaseText, TroubleMark } from "../components/unit-state";
import { BloodPressure, Ultrafiltration, Value } from "../components/value";
import { WhoLookedPanel } from "../components/who-looked";
import { useApp } from "../context";
import { formatMinutes } from "../format/times";
import { freshness } from "../live/freshness";
import type { Unit } from "../live/unit";
import type { AlertView } from "../messages";
import { link } from "../routes";
import { signalLabel, words } from "../words";

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
  const alerts = useAlertsOf(id);
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
        {session.may("see history") ? (
          <Strips unit={unit} alerts={alerts} />
        ) : (
          <p class="note">{words().tile.notForRole}</p>
        )}
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

function Strips({ unit, alerts }: { readonly unit: Unit; readonly alerts: readonly AlertView[] }) {
  const { api, store } = useApp();
  const t = words().patient;
  const recorder = useMemo(() => new Recorder(api, store, unit.id), [api, store, unit.id]);
  const fitting = useFittingWindow(recorder, unit);
  useEffect(() => recorder.follow(), [recorder]);
  const window = chosenWindow.value ?? fitting;
  const minutes = window === null ? null : Number(window);
  // Once again after a lost or paused connection: what was missed is in the store by then or comes late.
  const connection = store.connection.value;
  useEffect(() => {
    if (connection !== "lost" && minutes !== null) void recorder.load(minutes);
  }, [recorder, minutes, connection]);
  const shown = minutes ?? Number(WIDEST);
  return (
    <section class="strips" aria-label={t.strips}>
      <div class="strips-head">
        <fieldset class="segments">
          <legend class="hidden">{t.window}</legend>
          {WINDOWS.map((choice) => (
            <label key={choice}>
              <input
                type="radio"
                name="window"
                checked={window === choice}
                onChange={() => {
                  chosenWindow.value = choice;
                }}
              />
              <span>{t.windows[choice]}</span>
            </label>
          ))}
        </fieldset>
        {recorder.failed.value && <p class="failure">{t.historyFailed}</p>}
      </div>
      <CoverageLane recorder={recorder} minutes={shown} />
      {STRIPS.map((spec) => (
        <Strip key={spec.signal} spec={spec} recorder={recorder} minutes={shown} alerts={alerts}>
          <dl>
            {spec.goal === "ultrafiltration_target" ? (
              <Ultrafiltration label={signalLabel(spec.signal)} unit={unit} />
            ) : (
              <Value label={signalLabel(spec.signal)} unit={unit} signals={[spec.signal]} />
            )}
          </dl>
        </Strip>
      ))}
      <BloodPressureStrip recorder={recorder} minutes={shown} alerts={alerts} withAxis>
        <dl>
          <BloodPressure label={words().bloodPressure} unit={unit} />
        </dl>
      </BloodPressureStrip>
    </section>
  );
}

/** Open and recent alerts of one unit, for the time line. */
function useAlertsOf(id: string): readonly AlertView[] {
  const { api, session, store } = useApp();
  const recent = useSignal<readonly AlertView[]>([]);
  useEffect(() => {
    if (!session.may("see alerts")) return;
    api.alerts("recent").then(
      (answer) => {
        recent.value = answer.alerts.filter((alert) => alert.unit === id);
      },
      // Without them the open ones are still drawn.
      () => undefined,
    );
  }, [api, session, id, recent]);
  const known = new Map(recent.value.map((alert) => [alert.alert_id, alert]));
  for (const alert of store.alerts.value.values()) if (alert.unit === id) known.set(alert.alert_id, alert);
  return [...known.values()].sort(byUrgency);
}
