// Above the strips and on their time line: alerts, machine alarms, notes. Each is a button with its words; what it is about
// opens below.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Happenings, Stood } from "../charts/happenings";
import { type Lane, type LaneName, type Mark, type Placed, stacked, within } from "../charts/lanes";
import { keyOfAlert, keyOfEvent, marksOf } from "../charts/marks";
import { useApp } from "../context";
import { entryText } from "../format/symptoms";
import { formatDay } from "../format/times";
import { words } from "../words";
import { AlertCard } from "./alert-card";
import { BellIcon, NoteIcon, PriorityShape } from "./icons";

const LANES: readonly LaneName[] = ["alerts", "alarms", "events"];
/** Smaller nobody hits it with a finger (WCAG 2.5.8). */
const LEAST_PX = 24;
/** Told in words one by one; more are counted. */
const MOST_TOLD = 100;

interface Props {
  readonly happenings: Happenings;
  readonly alerts: readonly Stood[];
  readonly startS: number;
  readonly endS: number;
}

export function TimeLanes({ happenings, alerts, startS, endS }: Props) {
  const { store, rules } = useApp();
  const t = words().timeline;
  const pointed = useSignal<string | null>(null);
  const picked = useSignal<string | null>(null);
  const widthPx = useSignal(600);
  const measured = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = measured.current;
    if (element === null) return undefined;
    const watcher = new ResizeObserver(() => {
      widthPx.value = element.clientWidth;
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [widthPx]);
  const told = happenings.told.value;
  // Told in words each second, not with each move of a hand.
  const now = store.now.value;
  const all = useMemo(() => marksOf(alerts, told, now / 1000, rules), [alerts, told, now, rules, t]);
  const marks = useSame(within(all, startS, endS));
  const choose = (mark: Mark) => {
    picked.value = picked.value === mark.key || openedBeside(mark) ? null : mark.key;
  };
  const failed = happenings.failed.value;
  const known = told !== null;
  // The same element is not rendered again.
  const inWords = useMemo(
    () => <InWords marks={marks} known={known} failed={failed} pointed={pointed} />,
    [marks, known, failed, pointed],
  );
  const close = () => {
    const { value } = picked;
    picked.value = null;
    document.querySelector<HTMLElement>(`[data-mark="${CSS.escape(value ?? "")}"]`)?.focus();
  };
  return (
    <section
      class="coverage time-lanes"
      aria-label={t.label}
      data-testid="time-lanes"
      onKeyDown={(pressed) => {
        if (pressed.key !== "Escape" || picked.value === null) return;
        pressed.stopPropagation();
        close();
      }}
    >
      {LANES.map((lane, index) => (
        <LaneRows
          key={lane}
          lane={lane}
          of={stacked(
            marks.filter((mark) => mark.lane === lane),
            startS,
            endS,
            LEAST_PX / Math.max(LEAST_PX, widthPx.value),
          )}
          pointed={pointed}
          picked={picked.value}
          onChoose={choose}
          measured={index === 0 ? measured : undefined}
        />
      ))}
      {inWords}
      {told?.more === true && <p class="note">{t.more}</p>}
      <Picked wanted={picked.value} happenings={happenings} alerts={alerts} onClose={close} />
    </section>
  );
}

/** The list of before while it has the same marks in it. */
function useSame(marks: readonly Mark[]): readonly Mark[] {
  const kept = useRef(marks);
  const same = kept.current.length === marks.length && kept.current.every((mark, index) => mark === marks[index]);
  if (!same) kept.current = marks;
  return kept.current;
}

interface LaneProps {
  readonly lane: LaneName;
  readonly of: Lane;
  readonly pointed: Signal<string | null>;
  readonly picked: string | null;
  readonly onChoose: (mark: Mark) => void;
  readonly measured: { current: HTMLDivElement | null } | undefined;
}

function LaneRows({ lane, of, pointed, picked, onChoose, measured }: LaneProps) {
  const t = words().timeline;
  const rows = of.rows.length === 0 ? [[]] : of.rows;
  return (
    <div class="coverage-row" data-lane={lane}>
      <p class="coverage-name">
        {t.lanes[lane]}
        {of.crowded > 0 && <span class="note"> {t.crowded(of.crowded)}</span>}
      </p>
      <div ref={measured ?? null} class="lane-rows">
        {rows.map((row, index) => (
          // Rows have no identity but their place.
          <div key={String(index)} class="lane-row">
            {row.map((placed) => (
              <MarkButton
                key={placed.mark.key}
                placed={placed}
                pointed={pointed}
                picked={picked === placed.mark.key}
                onChoose={onChoose}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

interface MarkProps {
  readonly placed: Placed;
  readonly pointed: Signal<string | null>;
  readonly picked: boolean;
  readonly onChoose: (mark: Mark) => void;
}

function MarkButton({ placed: { mark, left, width }, pointed, picked, onChoose }: MarkProps) {
  const point = () => {
    pointed.value = mark.sentence;
  };
  const leave = () => {
    pointed.value = null;
  };
  return (
    <button
      type="button"
      class={`lane-mark${mark.priority === null ? "" : ` flag-${mark.priority}`}`}
      data-mark={mark.key}
      data-goes-on={mark.goesOn}
      data-lane={mark.lane}
      style={{ left: `${100 * left}%`, width: `${100 * width}%` }}
      aria-label={`${mark.word}, ${mark.sentence}`}
      aria-expanded={picked}
      title={mark.sentence}
      onClick={() => onChoose(mark)}
      onMouseEnter={point}
      onMouseLeave={leave}
      onFocus={point}
      onBlur={leave}
    >
      {mark.priority !== null && <PriorityShape priority={mark.priority} />}
      {mark.lane === "alarms" && <BellIcon />}
      {mark.lane === "events" && <NoteIcon />}
      <span>{mark.word}</span>
    </button>
  );
}

interface InWordsProps {
  readonly marks: readonly Mark[];
  readonly known: boolean;
  readonly failed: boolean;
  readonly pointed: Signal<string | null>;
}

/** Nothing told is not the same as nothing known. */
function InWords({ marks, known, failed, pointed }: InWordsProps) {
  const t = words().timeline;
  const trouble = failed && <p class="failure">{known ? t.old : t.nothingKnown}</p>;
  if (marks.length === 0) {
    return trouble || <p class="note">{known ? t.none : t.asking}</p>;
  }
  return (
    <>
      {trouble}
      <details class="coverage-list">
        <summary>{pointed.value ?? t.count(marks.length)}</summary>
        <ul>
          {marks.slice(-MOST_TOLD).map((mark) => (
            <li key={mark.key}>{mark.sentence}</li>
          ))}
          {marks.length > MOST_TOLD && <li>{t.crowded(marks.length - MOST_TOLD)}</li>}
        </ul>
      </details>
    </>
  );
}

interface PickedProps {
  readonly wanted: string | null;
  readonly happenings: Happenings;
  readonly alerts: readonly Stood[];
  readonly onClose: () => void;
}

/** What was chosen: an alert's card with its why, or a note as it was written. */
function Picked({ wanted, happenings, alerts, onClose }: PickedProps) {
  const { store } = useApp();
  const t = words();
  const told = happenings.told.value;
  const alert = alerts.find((one) => keyOfAlert(one.alert.alert_id) === wanted)?.alert;
  const event = told?.events.find((one) => keyOfEvent(one.event_id) === wanted);
  if (alert === undefined && event === undefined) return null;
  return (
    <section class="lane-picked" aria-label={t.timeline.picked} data-testid="picked">
      {alert !== undefined && <AlertCard key={alert.alert_id} alert={alert} showPatient={false} expanded />}
      {event !== undefined && (
        <div class="lane-note">
          <p class="note-head">
            <time dateTime={event.start}>{formatDay(Date.parse(event.start), store.now.value)}</time>{" "}
            {event.author ?? t.notes.by.patient} · {t.notes.kinds[event.kind]}
          </p>
          <p class="note-text">{entryText(event)}</p>
        </div>
      )}
      <button type="button" class="button" onClick={onClose}>
        {t.timeline.close}
      </button>
    </section>
  );
}

/** An open alert has its card beside the strips already: no second one, but the way to it. */
function openedBeside(mark: Mark): boolean {
  const id = mark.lane === "alerts" ? mark.key.replace("alert ", "") : null;
  const card = id === null ? null : document.querySelector<HTMLElement>(`.patient-side #alert-${CSS.escape(id)}`);
  if (card === null) return false;
  const why = card.querySelector<HTMLDetailsElement>("details.why");
  if (why !== null) why.open = true;
  card.scrollIntoView({ block: "nearest" });
  card.querySelector<HTMLElement>("h3 a")?.focus();
  return true;
}
