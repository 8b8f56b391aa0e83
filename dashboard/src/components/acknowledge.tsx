// The button that takes note of an alert, and afterwards who did and when.
import { isOpen } from "../alerts/priority";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { AlertView } from "../messages";
import { words } from "../words";
import { CheckIcon } from "./icons";
import { Unheard } from "./unheard";

const FAILURES = { failed: "ackFailed", ended: "ackEnded", forbidden: "ackForbidden" } as const;

interface Props {
  readonly alert: AlertView;
  /** Another button beside it says more. */
  readonly quiet?: boolean;
}

export function Acknowledge({ alert, quiet = false }: Props) {
  const { acknowledging, session, store } = useApp();
  const t = words().alerts;
  const progress = acknowledging.progress.value.get(alert.alert_id);
  if (alert.acknowledged_at !== null) {
    const when = formatClock(Date.parse(alert.acknowledged_at), store.now.value);
    return (
      <p class="acknowledged" data-acknowledged-by={alert.acknowledged_by}>
        <CheckIcon />
        <span>
          {t.acknowledgedBy(alert.acknowledged_by ?? "–", when)}
          {progress?.kind === "second" && <span class="note"> · {t.alreadyBy(progress.first)}</span>}
        </span>
      </p>
    );
  }
  if (!isOpen(alert) || alert.late || !session.mayAcknowledge.value) return null;
  const sending = progress?.kind === "sending" || progress?.kind === "unheard";
  if (alert.unsaved || store.unsavedSince.value !== null) return <Impossible id={alert.alert_id} />;
  return (
    <div class="acknowledge">
      <button
        type="button"
        class={`button ${quiet ? "" : "button-primary"}`}
        data-action="acknowledge"
        data-alert-id={alert.alert_id}
        aria-disabled={sending}
        onClick={() => void acknowledging.acknowledge(alert.alert_id)}
      >
        {sending ? t.acknowledging : t.acknowledge}
      </button>
      {progress?.kind === "unheard" && <Unheard stop={progress.stop} />}
      {progress?.kind === "failed" && (
        <p class="failure" role="alert">
          {t[FAILURES[progress.why]]}
        </p>
      )}
    </div>
  );
}

/** Where nothing can be recorded the button stays in its place and says so, instead of failing when it is pressed. */
function Impossible({ id }: { readonly id: string }) {
  const t = words().alerts;
  return (
    <div class="acknowledge">
      <button type="button" class="button" data-action="acknowledge" data-alert-id={id} disabled>
        {t.ackImpossible}
      </button>
      <p class="note">{t.ackImpossibleWhy}</p>
    </div>
  );
}
