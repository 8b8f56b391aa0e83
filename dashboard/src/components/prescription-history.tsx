// Every version of what was arranged: what, by whom, why, from when on, and who signed besides; and the last proposals.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import { formatDay } from "../format/times";
import type { HistoryStep, Prescription } from "../messages";
import { words } from "../words";
import { nameOf } from "./limit-fields";
import { ProposalCard } from "./proposal-card";

interface Props {
  readonly prescription: Prescription;
  readonly version: string;
}

export function PrescriptionHistory({ prescription, version }: Props) {
  const t = words().prescription.history;
  const refused = prescription.past.filter((one) => one.state !== "in force");
  return (
    <>
      <section class="prescription-part" aria-labelledby="prescription-history">
        <h2 id="prescription-history">{t.title}</h2>
        <Steps key={version} patient={prescription.patient_id} />
      </section>
      {refused.length > 0 && (
        <details class="prescription-part">
          <summary>{t.proposals}</summary>
          {refused.map((one) => (
            <ProposalCard key={one.proposal_id} proposal={one} onSettled={() => undefined} />
          ))}
        </details>
      )}
    </>
  );
}

function Steps({ patient }: { readonly patient: string }) {
  const { api } = useApp();
  const t = words().prescription.history;
  const steps = useSignal<readonly HistoryStep[] | null>(null);
  const next = useSignal<string | null>(null);
  const failed = useSignal(false);
  const load = (cursor: string | null) =>
    api.prescriptionHistory(patient, cursor).then(
      (answer) => {
        steps.value = [...(steps.value ?? []), ...answer.steps];
        next.value = answer.next;
        failed.value = false;
      },
      () => {
        failed.value = true;
      },
    );
  useEffect(() => void load(null), [api, patient]);
  return (
    <>
      {steps.value?.length === 0 && <p class="note">{t.none}</p>}
      <ol class="prescription-history" data-testid="history">
        {steps.value?.map((step) => (
          <Step key={step.number} step={step} />
        ))}
      </ol>
      {failed.value && (
        <p class="failure" role="alert">
          {t.failed}
        </p>
      )}
      {next.value !== null && (
        <button type="button" class="button" onClick={() => void load(next.value)}>
          {t.more}
        </button>
      )}
    </>
  );
}

function Step({ step }: { readonly step: HistoryStep }) {
  const now = useApp().store.now.value;
  const t = words().prescription;
  const limits = Object.entries(step.limits).map(([name, value]) => `${nameOf(step.rule, name)} ${value}`);
  const what =
    step.rule === ""
      ? `${nameOf("", step.item)} ${step.value ?? t.notKnown}`
      : limits.length > 0
        ? limits.join(", ")
        : `${step.rule}: ${t.history.back}`;
  return (
    <li>
      <strong>{what}</strong> {t.history.from(formatDay(Date.parse(step.since), now))}
      <br />
      <span class="note">
        {step.by}
        {step.signed_by !== null && `, ${t.history.signed(step.signed_by)}`}: {step.reason}
      </span>
    </li>
  );
}
