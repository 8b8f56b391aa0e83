// One alert in full: what, since when, why, and the answer.
import { useSignal } from "@preact/signals";
import { awaitsAnswer, isOpen } from "../alerts/priority";
import { useApp } from "../context";
import { describeFigure } from "../format/figures";
import { reasonNow } from "../format/reasons";
import { formatAge, formatClock } from "../format/times";
import { ageMs } from "../live/freshness";
import type { AlertView, RuleView } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { AlertBefore } from "./alert-before";
import { AlertFlag } from "./alert-flag";
import { AlertSteps } from "./alert-steps";
import { AnswerPanel } from "./answer-panel";
import { UnsavedIcon } from "./icons";
import { answerVersion, WhyTold } from "./why-told";

interface Props {
  readonly alert: AlertView;
  /** The patient's page names the patient already. */
  readonly showPatient?: boolean;
  readonly expanded?: boolean;
}

export function AlertCard({ alert, showPatient = true, expanded = false }: Props) {
  const { store, rules } = useApp();
  const t = words().alerts;
  const now = store.now.value;
  const since = Date.parse(alert.since);
  const open = isOpen(alert);
  const opened = useSignal(expanded);
  const reason = reasonNow(alert.reason);
  return (
    <article
      class={`alert-card priority-${alert.priority}`}
      id={`alert-${alert.alert_id}`}
      data-alert-id={alert.alert_id}
      data-alert-priority={alert.priority}
      data-alert-state={alert.state}
      data-awaits={awaitsAnswer(alert)}
      data-open={open}
      data-unsaved={alert.unsaved}
    >
      <header class="alert-head">
        <AlertFlag priority={alert.priority} flashing={awaitsAnswer(alert)} />
        <div class="alert-title">
          <h3>
            <a href={link.alert(alert.alert_id)}>{rules.title(alert)}</a>
          </h3>
          {showPatient && <PatientName unit={alert.unit} />}
        </div>
        <p class="alert-when">
          <time dateTime={alert.since}>{formatClock(since, now)}</time>
          <span>{t.ago(formatAge(ageMs(since, now)))}</span>
        </p>
      </header>
      {alert.unsaved && (
        <p class="unsaved-note" data-testid="unsaved-note">
          <UnsavedIcon />
          {t.unsavedNote}
        </p>
      )}
      <p class="reason" lang={reason.lang}>
        {reason.text}
      </p>
      {open && <WhatToDo rule={rules.of(alert.rule)} />}
      <p class="alert-state">
        {standing(alert, formatClock(Date.parse(alert.changed_at), now))}
        {alert.late && ` · ${t.late}`}
      </p>
      {alert.handled_at !== null && (
        <p class="handled" data-testid="handled">
          {words().home.handledAtHome(formatClock(Date.parse(alert.handled_at), now))}
        </p>
      )}
      <details
        class="why"
        open={expanded}
        onToggle={(event) => {
          opened.value = event.currentTarget.open;
        }}
      >
        <summary>{t.why}</summary>
        {reason.lang !== "en" && (
          <p class="note" data-testid="recorded">
            {t.recorded} <span lang="en">{alert.reason}</span>
          </p>
        )}
        <Rationale rule={rules.of(alert.rule)} />
        <Figures title={t.saw} figures={alert.inputs} />
        <Figures title={t.limit} figures={alert.limits} />
        {opened.value && <AlertBefore alert={alert} />}
        {opened.value && <AlertSteps alert={alert} />}
        <p class="rule">{t.rule(alert.rule, alert.rule_version)}</p>
      </details>
      <AnswerPanel alert={alert} />
      {alert.answer !== null && <WhyTold notice={alert.answer.notice_id} version={answerVersion(alert.answer)} />}
    </article>
  );
}

/** Where it stands; with the time of its last step where that says when it was over. */
function standing(alert: AlertView, changed: string): string {
  if (alert.state === "latched, clear") return words().alerts.cleared(changed);
  return alert.state === "normal" ? words().alerts.ended(changed) : words().states[alert.state];
}

function PatientName({ unit }: { readonly unit: string }) {
  const { store } = useApp();
  const known = store.unit(unit)?.value;
  return (
    <a class="alert-patient" href={link.patient(unit)}>
      {known?.patient ?? known?.label ?? unit}
    </a>
  );
}

/** What the person who is told is asked to do: the words of the rule in force now. */
function WhatToDo({ rule }: { readonly rule: RuleView | undefined }) {
  if (rule === undefined) return null;
  return (
    <p class="what-to-do" lang={rule.language} data-testid="what-to-do">
      <strong>{words().alerts.whatToDo}</strong> {rule.action}
    </p>
  );
}

function Rationale({ rule }: { readonly rule: RuleView | undefined }) {
  const t = words().alerts;
  if (rule === undefined) return null;
  return (
    <dl class="rationale" lang={rule.language}>
      <dt>{t.causes}</dt>
      <dd>
        <ul>
          {rule.likely_causes.map((cause) => (
            <li key={cause}>{cause}</li>
          ))}
        </ul>
      </dd>
      <dt>{t.consequence}</dt>
      <dd>{rule.consequence}</dd>
    </dl>
  );
}

function Figures({ title, figures }: { readonly title: string; readonly figures: AlertView["inputs"] }) {
  const rows = Object.entries(figures);
  if (rows.length === 0) return null;
  return (
    <dl class="figures">
      <dt class="figures-title">{title}</dt>
      {rows.map(([name, value]) => {
        const figure = describeFigure(name, value);
        return (
          <dd key={name} class="figure" data-figure={name}>
            <span class="figure-label">{figure.label}</span>
            <span class="figure-value">{figure.value}</span>
            <span class="unit">{figure.unit}</span>
          </dd>
        );
      })}
    </dl>
  );
}
