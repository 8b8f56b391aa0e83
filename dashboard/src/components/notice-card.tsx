// One notice in full: whom and what it is about, who has it, what a person may say to it, and why anybody was told.

import { isAsked } from "../alerts/priority";
import { standingOfNotice } from "../alerts/standing";
import { useApp } from "../context";
import { formatAge, formatClock } from "../format/times";
import { ageMs } from "../live/freshness";
import type { NoticeDetail, NoticeView } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { AlertFlag } from "./alert-flag";
import { AnswerButtons } from "./answer-buttons";
import { AnswerLine } from "./answer-line";
import { Told } from "./told";
import { WhyTold, WhyToldRecord } from "./why-told";

interface Props {
  readonly notice: NoticeView;
  /** Its record, where that is loaded already: shown open. */
  readonly detail?: NoticeDetail;
}

export function NoticeCard({ notice, detail }: Props) {
  const { store } = useApp();
  const now = store.now.value;
  const opened = Date.parse(notice.opened_at);
  const standing = standingOfNotice(notice);
  return (
    <article
      class={`alert-card priority-${notice.priority}`}
      data-testid="notice"
      data-notice={notice.notice_id}
      data-answer={notice.state}
      data-awaits={isAsked(notice.state)}
      data-open={notice.state !== "over"}
    >
      <header class="alert-head">
        <AlertFlag priority={notice.priority} flashing={isAsked(notice.state)} />
        <div class="alert-title">
          <h3>
            <a href={link.notice(notice.notice_id)}>
              <NoticeTitle notice={notice} />
            </a>
          </h3>
          {notice.unit !== null && (
            <a class="alert-patient" href={link.patient(notice.unit)}>
              {words().alerts.showPatient}
            </a>
          )}
        </div>
        <p class="alert-when">
          <time dateTime={notice.opened_at}>{formatClock(opened, now)}</time>
          <span>{words().alerts.ago(formatAge(ageMs(opened, now)))}</span>
        </p>
      </header>
      {notice.unit === null && (
        <p class="reason">
          <Told text={notice.reason} />
        </p>
      )}
      <NoticeAlerts notice={notice} />
      <AnswerLine standing={standing} />
      <div class="answer-row">
        <AnswerButtons standing={standing} />
      </div>
      {detail === undefined ? (
        <WhyTold notice={notice.notice_id} version={notice.changed_at} />
      ) : (
        <WhyToldRecord detail={detail} />
      )}
    </article>
  );
}

/** Whose it is, or which trouble. */
export function NoticeTitle({ notice }: { readonly notice: NoticeView }) {
  const { store } = useApp();
  const t = words().answers.list;
  if (notice.unit === null) return <>{t.troubles[notice.cause] ?? t.trouble(notice.cause)}</>;
  const unit = store.unit(notice.unit)?.value;
  return <>{unit?.patient ?? unit?.label ?? notice.unit}</>;
}

function NoticeAlerts({ notice }: { readonly notice: NoticeView }) {
  const { rules } = useApp();
  const t = words();
  if (notice.alerts.length === 0) return null;
  return (
    <ul class="notice-alerts">
      {notice.alerts.map((alert) => (
        <li key={alert.alert_id} class={`priority-${alert.priority}`} data-alert-id={alert.alert_id}>
          <a href={link.alert(alert.alert_id)}>{rules.title(alert)}</a>{" "}
          <span class="note">
            {t.priorities[alert.priority].toLowerCase()} · {t.states[alert.state]} · <Told text={alert.told} />
          </span>
        </li>
      ))}
    </ul>
  );
}
