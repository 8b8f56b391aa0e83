// A patient's course on one time line: what happened, what is missing, every signal; the last minutes, or a held span.
import { effect, untracked, useComputed } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { CoverageLane } from "../charts/coverage-lane";
import { inNextFrame } from "../charts/frames";
import { listen } from "../charts/gestures";
import { ASK_EVERY_MS, Happenings, type Stood, stood } from "../charts/happenings";
import { Recorder } from "../charts/recorder";
import { BloodPressureStrip, Strip } from "../charts/strip";
import { STRIPS } from "../charts/strips";
import { type TimeView, useTimeView } from "../charts/time-view";
import { comparing, type UsualPoint } from "../charts/usual";
import { chosenWindow, useFittingWindow, WIDEST } from "../charts/window";
import { useApp } from "../context";
import type { Unit } from "../live/unit";
import type { StripLine } from "../messages";
import { signalLabel, words } from "../words";
import { DeliveredLine } from "./delivered-line";
import { LimitsAge, useLimits } from "./limits-age";
import { NotLive } from "./not-live";
import { TimeControls } from "./time-controls";
import { TimeLanes } from "./time-lanes";
import { UsualLine, usePast, useUsual } from "./usual-line";
import { BloodPressure, Ultrafiltration, Value } from "./value";

/** So long the hand is still before the server is asked for what it has moved to. */
const STILL_MS = 150;

export function Strips({ unit }: { readonly unit: Unit }) {
  const { api, store } = useApp();
  const t = words().patient;
  const recorder = useMemo(() => new Recorder(api, store, unit.id), [api, store, unit.id]);
  const happenings = useMemo(() => new Happenings(api, unit.id), [api, unit.id]);
  const view = useTimeView(store);
  const fitting = useFittingWindow(recorder, unit);
  useEffect(() => recorder.follow(), [recorder]);
  const window = chosenWindow.value ?? fitting;
  const minutes = Number(window ?? WIDEST);
  view.liveS.current = minutes * 60;
  useLoading(recorder, happenings, view, window === null ? null : minutes);
  const host = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = host.current;
    return element === null ? undefined : listen(element, gathered(view));
  }, [view]);
  // From here on nothing that a hand moves is read: the strips draw it, and only the lanes are rendered for it.
  const held = view.isHeld.value;
  const treatment = view.treatment.value;
  const standing = useComputed(() => stood(happenings.told.value, store.alertsByUnit.value.get(unit.id) ?? []));
  const alerts = standing.value;
  const past = usePast(happenings.told.value?.patient_id ?? null, !held);
  const usual = useUsual(past, treatment);
  const book = useLimits(unit);
  // Of an earlier treatment other numbers may have held: none are drawn then.
  const limits = treatment === null ? book.lines.value : null;
  const shown = { recorder, minutes, held: view.heldSpan, alerts };
  return (
    <section ref={host} class="strips" aria-label={t.strips} data-held={held}>
      <div class="strips-head">
        <TimeControls view={view} window={window} past={past} />
        <LimitsAge book={book} drawn={limits !== null} />
        {recorder.failed.value && <p class="failure">{t.historyFailed}</p>}
      </div>
      <NotLive view={view} unit={unit.id} />
      <DeliveredLine unit={unit} treatment={treatment} />
      {comparing.value && past !== null && <UsualLine past={past} />}
      <Lanes happenings={happenings} alerts={alerts} recorder={recorder} view={view} />
      {STRIPS.map((spec) => (
        <Strip
          key={spec.signal}
          spec={spec}
          {...shown}
          lines={limits?.get(spec.signal) ?? NO_LINES}
          usual={usual.get(spec.signal) ?? NO_BAND}
        >
          <dl>
            {spec.goal === "ultrafiltration_target" ? (
              <Ultrafiltration label={signalLabel(spec.signal)} unit={unit} />
            ) : (
              <Value label={signalLabel(spec.signal)} unit={unit} signals={[spec.signal]} />
            )}
          </dl>
        </Strip>
      ))}
      <BloodPressureStrip {...shown} lines={limits?.get("systolic") ?? NO_LINES} withAxis>
        <dl>
          <BloodPressure label={words().bloodPressure} unit={unit} />
        </dl>
      </BloodPressureStrip>
    </section>
  );
}

const NO_LINES: readonly StripLine[] = [];
const NO_BAND: readonly (readonly UsualPoint[])[] = [];

interface LanesProps {
  readonly happenings: Happenings;
  readonly alerts: readonly Stood[];
  readonly recorder: Recorder;
  readonly view: TimeView;
}

/** Marks are buttons with words, so what moves them is rendered; by itself, for a hand moves it sixty times a second. */
function Lanes({ happenings, alerts, recorder, view }: LanesProps) {
  void view.held.value;
  void useApp().store.now.value;
  const { startS, endS } = view.span;
  return (
    <>
      <TimeLanes happenings={happenings} alerts={alerts} startS={startS} endS={endS} />
      <CoverageLane recorder={recorder} startS={startS} endS={endS} />
    </>
  );
}

/** Readings and happenings of what is shown; what is live again after a lost connection, when what was missed is stored. */
function useLoading(recorder: Recorder, happenings: Happenings, view: TimeView, minutes: number | null): void {
  const { store } = useApp();
  const reached = store.connection.value !== "lost";
  const connection = store.connection.value;
  useEffect(() => {
    if (!reached) return undefined;
    void connection;
    return effect(() => {
      const held = view.held.value;
      if (held === null) {
        if (minutes !== null) void untracked(() => recorder.load(minutes));
        return undefined;
      }
      const timer = setTimeout(() => void recorder.hold(held.span, held.treatment?.unit), STILL_MS);
      return () => clearTimeout(timer);
    });
  }, [recorder, view, minutes, connection, reached]);
  useEffect(() => {
    const ask = () => {
      const { startS, endS } = view.span;
      void happenings.load(startS, endS);
    };
    void minutes;
    return effect(() => {
      const first = setTimeout(ask, view.held.value === null ? 0 : STILL_MS);
      const timer = setInterval(ask, ASK_EVERY_MS);
      return () => {
        clearTimeout(first);
        clearInterval(timer);
      };
    });
  }, [happenings, view, minutes]);
}

/** All moves between two frames as one: a hand tells of more than can be drawn. */
function gathered(view: TimeView): Parameters<typeof listen>[1] {
  let factor = 1;
  let share = 0;
  let at = 0.5;
  const apply = () => {
    if (factor !== 1) view.zoom(factor, at);
    if (share !== 0) view.pan(share);
    factor = 1;
    share = 0;
  };
  return {
    zoom: (by, where) => {
      factor *= by;
      at = where;
      inNextFrame(apply);
    },
    pan: (by) => {
      share += by;
      inNextFrame(apply);
    },
  };
}
