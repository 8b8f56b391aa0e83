// The lists of a report. What does not fit on the page is counted, never left out without a word.

import type { ComponentChildren } from "preact";
import { alarmLabel } from "../format/alarms";
import { formatNumber } from "../format/signals";
import { formatClock } from "../format/times";
import type { GapView, History, ReportAlert, TreatmentReport } from "../messages";
import { reasonText } from "../reviews";
import { words } from "../words";
import { Reason } from "./told";

/** So many lines of each fit. */
const ALERTS = 8;
const ALARMS = 4;
const GAPS = 4;
const REASONS = 6;
const SIGNED = 3;
const NOTE = 120;

interface Props {
  readonly report: TreatmentReport;
  readonly history: History | null;
}

export function ReportLists({ report, history }: Props) {
  const t = words().reviews.page;
  const startMs = Date.parse(report.review.treatment.start);
  const clock = (time: string) => formatClock(Date.parse(time), startMs, false);
  return (
    <div class="report-lists">
      <List title={t.alerts(report.alerts.length)} none={t.noAlerts} most={ALERTS} name="alerts">
        {report.alerts.map((alert) => (
          <AlertLine key={alert.alert_id} alert={alert} clock={clock} />
        ))}
      </List>
      <div class="report-columns">
        <List title={t.alarms(report.alarms.length)} none={t.noAlarms} most={ALARMS} name="alarms">
          {report.alarms.map((alarm) => (
            <li key={`${alarm.name} ${alarm.since}`}>
              {clock(alarm.since)}–{alarm.ended ? clock(alarm.until) : "…"} {alarmLabel(alarm)}
            </li>
          ))}
        </List>
        <Gaps report={report} history={history} />
      </div>
      <Review report={report} />
    </div>
  );
}

interface ListProps {
  readonly title: string;
  readonly none: string;
  readonly most: number;
  readonly name: string;
  readonly children: readonly ComponentChildren[];
}

function List({ title, none, most, name, children }: ListProps) {
  const rest = children.length - most;
  return (
    <section data-list={name}>
      <h2>{title}</h2>
      {children.length === 0 && <p>{none}</p>}
      <ul>
        {children.slice(0, most)}
        {rest > 0 && <li class="report-more">{words().reviews.page.more(rest)}</li>}
      </ul>
    </section>
  );
}

function AlertLine({ alert, clock }: { readonly alert: ReportAlert; readonly clock: (time: string) => string }) {
  const t = words().reviews.page;
  const answers = [
    alert.acknowledged_at === null ? "" : t.seenBy(alert.acknowledged_by ?? "–", clock(alert.acknowledged_at)),
    alert.accepted_at === null ? "" : t.takenBy(alert.accepted_by ?? "–", clock(alert.accepted_at)),
  ].filter((said) => said !== "");
  return (
    <li class="report-alert">
      <span>
        {clock(alert.since)} {words().priorities[alert.priority]} {alert.rule}
      </span>
      <span class="report-text">
        {alert.late && `(${t.late}) `}
        <Reason text={alert.reason} />
      </span>
      <span>{answers.length === 0 ? t.nobodyAnswered : answers.join("; ")}</span>
    </li>
  );
}

function Gaps({ report, history }: Props) {
  const t = words().reviews.page;
  const unseen = report.review.treatment.summary?.unseen_s;
  const minutes = unseen === undefined ? "–" : formatNumber(unseen / 60, 0);
  if (history === null) {
    return (
      <section data-list="gaps">
        <h2>{t.gaps(0, minutes).replace("0", "?")}</h2>
        <p>{t.unknownGaps}</p>
      </section>
    );
  }
  const startMs = Date.parse(report.review.treatment.start);
  const gaps = [...history.gaps.map(gapLine), ...unlisted(report, history)].sort(
    (one, other) => other.end - other.start - (one.end - one.start),
  );
  // Nobody saw some of it, whatever lists say: then it is not claimed that there are readings throughout.
  const none = (unseen ?? 1) > 0 ? t.unlistedGaps(minutes) : t.noGaps;
  return (
    <List title={t.gaps(gaps.length, minutes)} none={none} most={GAPS} name="gaps">
      {gaps.map((gap) => (
        <li key={`${gap.start} ${gap.said}`}>
          {formatClock(gap.start * 1000, startMs, false)}–{formatClock(gap.end * 1000, startMs, false)} {gap.said}
        </li>
      ))}
    </List>
  );
}

interface GapLine {
  readonly start: number;
  readonly end: number;
  readonly said: string;
}

function gapLine({ start, end, reason, signal }: GapView): GapLine {
  const said = words().coverage.short[reason];
  return { start, end, said: signal === null ? said : `${said} (${signal})` };
}

/** Interruptions in which nobody saw the treatment, and of which the course says nothing. */
function unlisted(report: TreatmentReport, history: History): GapLine[] {
  const { interruptions, end } = report.review.treatment;
  return interruptions
    .filter(({ cause }) => cause !== "phase")
    .map((one) => ({
      start: Date.parse(one.since) / 1000,
      end: Date.parse(one.until ?? end ?? report.server_time) / 1000,
      said: one.cause === "machine lost" ? words().treatments.ends["machine lost"] : words().coverage.noReadings,
    }))
    .filter((one) => !history.gaps.some((gap) => gap.start < one.end && gap.end > one.start));
}

function Review({ report }: { readonly report: TreatmentReport }) {
  const t = words().reviews;
  const { review } = report;
  const startMs = Date.parse(review.treatment.start);
  const history = [...review.history].reverse();
  return (
    <div class="report-columns report-review">
      <List title={t.page.review} none={t.page.noReasons} most={REASONS} name="reasons">
        {review.reasons.map((reason) => (
          <li key={`${reason.code} ${reason.about}`}>
            {t.reasons[reason.code]}: {reasonText(reason)}
          </li>
        ))}
      </List>
      <List title={t.states[review.state]} none={t.page.notSigned} most={SIGNED} name="signed">
        {history.map((one) => {
          const say = one.kind === "signed" ? t.signed : t.called;
          const note = one.note.length > NOTE ? `${one.note.slice(0, NOTE)}${t.page.cut}` : one.note;
          return (
            <li key={one.sign_off_id}>
              {say(one.name, formatClock(Date.parse(one.at), startMs, false))}
              {note !== "" && `: ${note}`}
            </li>
          );
        })}
      </List>
    </div>
  );
}
