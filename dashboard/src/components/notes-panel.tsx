// What people wrote about this patient, and writing something: kept as written, corrected by a further note.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import { refusalNow } from "../format/refusals";
import { entryText } from "../format/symptoms";
import { formatAge, formatDay } from "../format/times";
import type { PatientEvent, PatientEvents } from "../messages";
import { words } from "../words";

/** How soon a note of somebody else is here. */
export const POLL_MS = 3_000;
const BACK_MS = 3 * 86_400_000;

export function NotesPanel({ unit }: { readonly unit: string }) {
  const { api, session, store } = useApp();
  const t = words().notes;
  const found = useSignal<PatientEvents | null>(null);
  const failed = useSignal(false);
  const corrected = useSignal<PatientEvent | null>(null);
  const load = () =>
    api.notes(unit, store.now.peek() - BACK_MS).then(
      (answer) => {
        failed.value = false;
        // Whom the unit serves may have changed: a correction is of the patient it was begun for.
        if (found.value?.patient_id !== answer.patient_id) corrected.value = null;
        found.value = answer;
      },
      () => {
        failed.value = true;
      },
    );
  const may = session.may("see treatments");
  useEffect(() => {
    if (!may) return undefined;
    void load();
    const timer = setInterval(() => void load(), POLL_MS);
    return () => clearInterval(timer);
  }, [api, unit, may]);
  if (!may) return null;
  const patient = found.value?.patient_id ?? null;
  return (
    <section class="notes-panel" aria-labelledby="notes-title" data-testid="notes">
      <h2 id="notes-title">{t.title}</h2>
      {failed.value && <p class="failure">{t.failed}</p>}
      {found.value !== null && patient === null && <p class="note">{t.nobody}</p>}
      {patient !== null && session.may("write notes") && (
        <NoteForm
          key={`${patient} ${corrected.value?.event_id ?? ""}`}
          patient={patient}
          corrects={corrected.value}
          onEnd={() => {
            corrected.value = null;
            void load();
          }}
        />
      )}
      {patient !== null && found.value?.events.length === 0 && <p class="note">{t.none}</p>}
      <ol class="notes-list">
        {(found.value?.events ?? []).map((event) => (
          <Entry
            key={event.event_id}
            event={event}
            onCorrect={() => {
              corrected.value = event;
            }}
          />
        ))}
      </ol>
    </section>
  );
}

function Entry({ event, onCorrect }: { readonly event: PatientEvent; readonly onCorrect: () => void }) {
  const { session, store } = useApp();
  const t = words().notes;
  const now = store.now.value;
  const over = event.corrected_by !== null;
  return (
    <li data-note={event.event_id} data-corrected={over}>
      <p class="note-head">
        <time dateTime={event.start}>{formatDay(Date.parse(event.start), now)}</time>{" "}
        {/* Its age in words: what was so yesterday must not be read as so now. */}
        <strong>{words().alerts.ago(formatAge(Math.max(0, now - Date.parse(event.start))))}</strong>{" "}
        {event.author ?? t.by.patient} · {event.corrects === null ? t.kinds[event.kind] : t.correction}
        {over && <em> · {t.corrected}</em>}
      </p>
      {over ? <s class="note-text">{entryText(event)}</s> : <p class="note-text">{entryText(event)}</p>}
      <p class="note">{t.written(formatDay(Date.parse(event.entered_at), now))}</p>
      {!over && event.kind === "note" && session.may("write notes") && (
        <button type="button" class="button" onClick={onCorrect}>
          {t.correct}
        </button>
      )}
    </li>
  );
}

interface FormProps {
  readonly patient: string;
  readonly corrects: PatientEvent | null;
  readonly onEnd: () => void;
}

function NoteForm({ patient, corrects, onEnd }: FormProps) {
  const { api, store } = useApp();
  const t = words().notes;
  const text = useSignal("");
  const start = useSignal(corrects === null ? null : corrects.start);
  const state = useSignal<"open" | "busy" | "failed">("open");
  const why = useSignal("");
  const write = (event: Event) => {
    event.preventDefault();
    state.value = "busy";
    const about = start.value ?? new Date(store.now.peek()).toISOString();
    api
      .writeNote(patient, {
        start: about,
        end: corrects?.end ?? null,
        text: text.value,
        corrects: corrects?.event_id ?? null,
      })
      .then(
        () => {
          text.value = "";
          start.value = null;
          state.value = "open";
          onEnd();
        },
        (error: unknown) => {
          why.value = refusalNow(error, "");
          state.value = "failed";
        },
      );
  };
  return (
    <form class="note-form" onSubmit={write}>
      {corrects !== null && (
        <p class="note">
          {t.correcting(corrects.text)}{" "}
          <button type="button" class="button" onClick={onEnd}>
            {t.cancel}
          </button>
        </p>
      )}
      <label>
        {t.moment}{" "}
        <input
          type="datetime-local"
          value={local(start.value === null ? store.now.value : Date.parse(start.value))}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value);
            start.value = Number.isNaN(at.getTime()) ? null : at.toISOString();
          }}
        />
      </label>
      <label>
        {t.text}
        <textarea
          required
          maxLength={2000}
          rows={3}
          placeholder={t.placeholder}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button" disabled={state.value === "busy" || text.value.trim() === ""}>
        {state.value === "busy" ? t.saving : t.save}
      </button>
      {state.value === "failed" && (
        <p class="failure" role="alert">
          {t.notSaved} {why.value}
        </p>
      )}
      <p class="note">{t.never}</p>
    </form>
  );
}

/** As a field of date and time takes it: the reader's own time, to the minute. */
export function local(atMs: number): string {
  const at = new Date(atMs);
  return new Date(atMs - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
