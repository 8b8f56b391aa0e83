// Why somebody was, or was not, told: everything on record about a notice, in words.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { AlertView, NoticeDelivery, NoticeDetail, NoticeEventView, NoticeStep } from "../messages";
import { words } from "../words";
import { Told } from "./told";

type Loaded = NoticeDetail | "loading" | "failed";

/** Changes with each step of a notice that an alert tells of. */
export function answerVersion(answer: NonNullable<AlertView["answer"]>): string {
  return [answer.state, answer.round, answer.accepted_by, answer.accepted_until, answer.told].join("|");
}

interface Props {
  readonly notice: string;
  /** What is shown is asked for again when this changes. */
  readonly version: string;
  readonly expanded?: boolean;
}

export function WhyTold({ notice, version, expanded = false }: Props) {
  const opened = useSignal(expanded);
  if (!useApp().session.may("see notices")) return null;
  return (
    <details
      class="why why-told"
      data-testid="why-told"
      open={expanded}
      onToggle={(event) => {
        opened.value = event.currentTarget.open;
      }}
    >
      <summary>{words().answers.why.title}</summary>
      {opened.value && <Record notice={notice} version={version} />}
    </details>
  );
}

function Record({ notice, version }: { readonly notice: string; readonly version: string }) {
  const { api } = useApp();
  const t = words().answers.why;
  const loaded = useSignal<Loaded>("loading");
  const load = () => {
    let current = true;
    api.notice(notice).then(
      (answer) => {
        if (current) loaded.value = answer;
      },
      () => {
        if (current) loaded.value = "failed";
      },
    );
    return () => {
      current = false;
    };
  };
  useEffect(load, [api, loaded, notice, version]);
  if (loaded.value === "loading") return <p class="note">{t.loading}</p>;
  if (loaded.value === "failed") {
    return (
      <p class="failure">
        {t.failed}{" "}
        <button type="button" class="button" onClick={load}>
          {t.retry}
        </button>
      </p>
    );
  }
  return <WhyToldRecord detail={loaded.value} />;
}

/** Time line, plan and messages of a notice that is loaded. */
export function WhyToldRecord({ detail }: { readonly detail: NoticeDetail }) {
  const t = words().answers.why;
  const { history, steps, deliveries } = detail;
  return (
    <div class="record">
      <h4>{t.history}</h4>
      <ol class="steps" data-testid="notice-history">
        {history.map((event) => (
          <HistoryRow key={event.event_id} event={event} />
        ))}
      </ol>
      <h4>{t.steps}</h4>
      {steps.length === 0 && <p class="note">{t.noSteps}</p>}
      <ol class="steps" data-testid="notice-steps">
        {steps.map((step) => (
          <StepRow key={`${step.round}-${step.number}`} step={step} />
        ))}
      </ol>
      <h4>{t.deliveries}</h4>
      {deliveries.length === 0 && <p class="note">{t.noDeliveries}</p>}
      <ol class="steps" data-testid="notice-deliveries">
        {deliveries.map((delivery) => (
          <DeliveryRow key={delivery.delivery_id} delivery={delivery} />
        ))}
      </ol>
    </div>
  );
}

function HistoryRow({ event }: { readonly event: NoticeEventView }) {
  const t = words().answers.why;
  const say = t.moves[event.move];
  return (
    <li data-move={event.move}>
      <Clock at={event.at} />
      <span>
        {say !== undefined && <strong>{say(event.actor ?? t.somebody)}</strong>}
        {/* A word on record that moved nothing: who said it, if a person did. */}
        {say === undefined && event.actor !== null && <strong>{event.actor}</strong>}
        <span class="step-reason">
          <Told text={event.reason} />
        </span>
      </span>
    </li>
  );
}

function StepRow({ step }: { readonly step: NoticeStep }) {
  const t = words().answers.why;
  return (
    <li data-step={step.kind} data-done={step.done_at !== null}>
      <Clock at={step.due_at} />
      <span>
        <strong>{t.stepKinds[step.kind]}</strong>
        {step.round > 1 && `, ${t.round(step.round)}`}
        <span class="step-reason">
          {step.done_at === null ? (
            t.toCome
          ) : step.outcome !== "" ? (
            <Told text={step.outcome} />
          ) : (
            <Done at={step.done_at} />
          )}
        </span>
      </span>
    </li>
  );
}

function DeliveryRow({ delivery }: { readonly delivery: NoticeDelivery }) {
  const t = words().answers.why;
  const label = delivery.kind === "screen" ? "" : ` (${delivery.label})`;
  return (
    <li data-delivery={delivery.state}>
      <Clock at={delivery.queued_at} />
      <span>
        <strong>{delivery.to}</strong> {t.ways[delivery.kind]}
        {label}
        {delivery.round > 1 && `, ${t.round(delivery.round)}`}
        <span class="step-reason">
          {t.far[delivery.state]} <Clock at={delivery.changed_at} />
          {delivery.attempts > 1 && `, ${t.tries(delivery.attempts)}`}
          {delivery.state === "failed" && delivery.detail !== null && (
            <>
              : <Told text={delivery.detail} />
            </>
          )}
        </span>
      </span>
    </li>
  );
}

function Done({ at }: { readonly at: string }) {
  const { store } = useApp();
  return <>{words().answers.why.done(formatClock(Date.parse(at), store.now.value))}</>;
}

function Clock({ at }: { readonly at: string }) {
  const { store } = useApp();
  return <time dateTime={at}>{formatClock(Date.parse(at), store.now.value)}</time>;
}
