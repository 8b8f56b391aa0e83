// Every step of an alert's life, as the server has it on record: when it fired and why, who answered, when it ended.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { AlertDetail, AlertView } from "../messages";
import { words } from "../words";
import { Reason } from "./told";

export function AlertSteps({ alert }: { readonly alert: AlertView }) {
  return alert.unsaved ? <p class="note">{words().alerts.stepsUnsaved}</p> : <SavedSteps alert={alert} />;
}

function SavedSteps({ alert }: { readonly alert: AlertView }) {
  const { api, store } = useApp();
  const t = words().alerts;
  const states: Readonly<Record<string, string>> = words().states;
  const loaded = useSignal<AlertDetail["events"] | "loading" | "failed">("loading");
  // Asked again with each change of the alert, because each change is a further step.
  useEffect(() => {
    let current = true;
    api.alert(alert.alert_id).then(
      (answer) => {
        if (current) loaded.value = answer.events;
      },
      () => {
        if (current) loaded.value = "failed";
      },
    );
    return () => {
      current = false;
    };
  }, [api, loaded, alert.alert_id, alert.state, alert.changed_at]);
  if (loaded.value === "loading") return <p class="note">{t.loading}</p>;
  if (loaded.value === "failed") return <p class="note">{t.stepsFailed}</p>;
  return (
    <ol class="steps" aria-label={t.steps}>
      {loaded.value.map((step) => (
        <li key={step.event_id} data-state={step.state}>
          <time dateTime={step.time}>{formatClock(Date.parse(step.time), store.now.value)}</time>
          <span>
            <strong>{states[step.state] ?? step.state}</strong>
            {step.actor !== null && `, ${step.actor}`}
            {step.reason !== "" && (
              <span class="step-reason">
                <Reason text={step.reason} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
