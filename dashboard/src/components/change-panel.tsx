// From what is typed to what holds: look at the last treatments, say why, save. Without the look nothing is saved.

import { useSignal } from "@preact/signals";
import { ApiError } from "../api";
import { useApp } from "../context";
import { refusalNow } from "../format/refusals";
import type { Prescription, Proposed, Replayed } from "../messages";
import { changed, changesOf, type Draft, type Wrong, wrongFrom } from "../prescription/draft";
import { words } from "../words";
import { ChangeList } from "./proposal-card";
import { ReplayResult } from "./replay-result";

interface Props {
  readonly prescription: Prescription;
  readonly tag: string;
  readonly draft: Draft;
  readonly wrong: Wrong;
  readonly onWrong: (wrong: Wrong) => void;
  readonly onSaved: (now: Proposed) => void;
  readonly onStale: () => void;
  readonly onDiscard: () => void;
}

const SHORTEST = 10;

export function ChangePanel(props: Props) {
  const { prescription, draft, wrong } = props;
  const { api } = useApp();
  const t = words().prescription.change;
  const seen = useSignal<{ readonly of: string; readonly answer: Replayed } | null>(null);
  const busy = useSignal<"" | "looking" | "saving">("");
  const said = useSignal("");
  const reason = useSignal("");
  const without = useSignal(false);
  const count = changed(prescription, draft).size;
  const changes = changesOf(prescription, draft);
  const key = JSON.stringify(changes);
  const shown = seen.value?.of === key ? seen.value.answer : null;
  const refused = (error: unknown) => {
    busy.value = "";
    if (!(error instanceof ApiError) || error.status === 0) said.value = t.failed;
    else if (error.status === 412) {
      said.value = t.stale;
      seen.value = null;
      props.onStale();
    } else {
      said.value = refusalNow(error, t.failed);
      props.onWrong(wrongFrom(prescription, error.errors));
    }
  };
  const look = () => {
    if (busy.value !== "") return;
    busy.value = "looking";
    said.value = "";
    api.replayPrescription(prescription.patient_id, changes).then((answer) => {
      busy.value = "";
      seen.value = { of: key, answer };
      props.onWrong(new Map());
    }, refused);
  };
  const complete = shown !== null && reason.value.trim().length >= SHORTEST;
  const mayBeTried = shown !== null && (shown.summary.treatments > 0 || without.value);
  const save = (event: Event) => {
    event.preventDefault();
    if (shown === null || !complete || !mayBeTried || busy.value !== "") return;
    busy.value = "saving";
    said.value = "";
    const { replay_id } = shown;
    const proposal = { ...changes, reason: reason.value.trim(), replay_id, without_treatments: without.value };
    api.propose(prescription.patient_id, proposal, props.tag).then((now) => {
      busy.value = "";
      seen.value = null;
      reason.value = "";
      without.value = false;
      props.onSaved(now);
    }, refused);
  };
  return (
    <form class="change-panel" data-testid="change" onSubmit={save}>
      <h2>{t.title}</h2>
      <p>{count === 0 ? t.none : t.count(count)}</p>
      {count > 0 && (
        <div class="answer-row">
          <button
            type="button"
            class={shown === null ? "button button-primary" : "button"}
            data-action="look"
            aria-disabled={busy.value !== ""}
            disabled={wrong.size > 0 && shown === null}
            onClick={look}
          >
            {t.look}
          </button>
          <button type="button" class="button" data-action="discard" onClick={props.onDiscard}>
            {t.discard}
          </button>
        </div>
      )}
      {busy.value === "looking" && <p role="status">{t.looking}</p>}
      {count > 0 && shown === null && busy.value === "" && <p class="note">{t.lookFirst}</p>}
      {shown !== null && (
        <>
          <p class="verdict" data-verdict={shown.verdict} data-testid="verdict">
            {words().prescription.verdicts[shown.verdict]}
          </p>
          <ChangeList changes={shown.changes} />
          <h3>{words().prescription.replay.title}</h3>
          <ReplayResult summary={shown.summary} />
          {shown.summary.treatments === 0 && (
            <label class="change-without">
              <input
                type="checkbox"
                name="without"
                checked={without.value}
                onChange={(event) => {
                  without.value = event.currentTarget.checked;
                }}
              />{" "}
              {t.without}
            </label>
          )}
          <label class="change-reason">
            {t.reason}
            <textarea
              name="reason"
              rows={2}
              maxLength={500}
              value={reason.value}
              onInput={(event) => {
                reason.value = event.currentTarget.value;
              }}
            />
          </label>
          <button type="submit" class="button button-primary" data-action="save" disabled={!complete || !mayBeTried}>
            {busy.value === "saving" ? t.saving : shown.verdict === "dangerous widening" ? t.ask : t.save}
          </button>
        </>
      )}
      {said.value !== "" && (
        <p class="failure" role="alert">
          {said.value}
        </p>
      )}
    </form>
  );
}
