// Setting an alert aside for a while with a reason, and bringing it back.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { alertKey } from "../alerts/answering";
import { isShelved } from "../alerts/priority";
import { useApp } from "../context";
import type { AlertView, Priority, Shelve as Shelf } from "../messages";
import { words } from "../words";
import { Refusal } from "./refusal";

/** What is offered; how long at most is the server's to say (high 15 min, medium 2 h, low 12 h). */
const MINUTES: Readonly<Record<Priority, readonly number[]>> = {
  high: [5, 10, 15],
  medium: [15, 30, 60, 120],
  low: [60, 240, 720],
};
const UNTIL_OVER = "over";

export function Shelve({ alert }: { readonly alert: AlertView }) {
  const { answering, session } = useApp();
  const t = words().answers.shelve;
  const open = useSignal(false);
  const sending = answering.doing.value.get(alertKey(alert.alert_id))?.kind === "sending";
  if (!session.may("shelve")) return null;
  if (isShelved(alert)) {
    return (
      <>
        <button
          type="button"
          class="button"
          data-action="bring-back"
          aria-disabled={sending}
          onClick={() => void answering.bringBack(alert.alert_id)}
        >
          {t.bringBack}
        </button>
        <Refusal of={alertKey(alert.alert_id)} />
      </>
    );
  }
  const toggle = () => {
    open.value = !open.value;
  };
  return (
    <>
      <button type="button" class="button" data-action="shelve" aria-expanded={open.value} onClick={toggle}>
        {t.open}
      </button>
      {open.value && <ShelfForm alert={alert} sending={sending} onDone={toggle} />}
    </>
  );
}

interface FormProps {
  readonly alert: AlertView;
  readonly sending: boolean;
  readonly onDone: () => void;
}

function ShelfForm({ alert, sending, onDone }: FormProps) {
  const { answering } = useApp();
  const t = words().answers.shelve;
  const minutes = MINUTES[alert.priority];
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (await answering.shelve(alert.alert_id, shelfOf(form))) onDone();
  };
  return (
    <form class="shelf-form" aria-label={t.title} onSubmit={(event) => void submit(event)}>
      <p class="note">{t.what}</p>
      <fieldset class="segments">
        <legend class="hidden">{t.how}</legend>
        {minutes.map((choice, index) => (
          <label key={choice}>
            <input type="radio" name="long" value={choice} defaultChecked={index === 0} />
            <span>{t.minutes(choice)}</span>
          </label>
        ))}
        {alert.priority !== "high" && (
          <label>
            <input type="radio" name="long" value={UNTIL_OVER} />
            <span>{t.untilOver}</span>
          </label>
        )}
      </fieldset>
      <label class="shelf-reason">
        {t.reason}
        <input name="reason" type="text" required minLength={3} maxLength={500} autocomplete="off" />
      </label>
      <div class="answer-row">
        <button type="submit" class="button button-primary" data-action="shelve-submit" aria-disabled={sending}>
          {t.submit}
        </button>
        <button type="button" class="button" onClick={onDone}>
          {t.cancel}
        </button>
        <Refusal of={alertKey(alert.alert_id)} />
      </div>
    </form>
  );
}

/** The body of the request from the form's fields. */
export function shelfOf(form: FormData): Shelf {
  const long = String(form.get("long"));
  const reason = String(form.get("reason")).trim();
  return long === UNTIL_OVER
    ? { kind: "one-shot", minutes: null, reason }
    : { kind: "timed", minutes: Number(long), reason };
}
