// Alerts, machine alarms and notes as marks of the time line, with the words in which each is told.
import type { RuleBook } from "../alerts/rules";
import { alarmLabel } from "../format/alarms";
import { reasonNow } from "../format/reasons";
import { formatAge, formatClock } from "../format/times";
import type { PatientEvent, Timeline, TimelineAlarm } from "../messages";
import { signalLabel, words } from "../words";
import type { Stood } from "./happenings";
import { byTime, type Mark } from "./lanes";

const seconds = (time: string) => Date.parse(time) / 1000;

/** In order of time. `nowS`: until then goes what goes on. */
export function marksOf(
  alerts: readonly Stood[],
  told: Timeline | null,
  nowS: number,
  rules: Pick<RuleBook, "title">,
): readonly Mark[] {
  return [
    ...alerts.map((one) => alertMark(one, nowS, rules)),
    ...(told?.alarms ?? []).map((alarm) => alarmMark(alarm, nowS)),
    // What was corrected is told by what stands in its place.
    ...(told?.events ?? []).filter(({ corrected_by }) => corrected_by === null).map((event) => eventMark(event, nowS)),
  ].sort(byTime);
}

export const keyOfAlert = (id: string) => `alert ${id}`;
export const keyOf = ({ alert, before }: Stood) => keyOfAlert(before ? `before ${alert.alert_id}` : alert.alert_id);
export const keyOfEvent = (id: string) => `event ${id}`;

function alertMark(one: Stood, nowS: number, rules: Pick<RuleBook, "title">): Mark {
  const { alert, untilS } = one;
  const startS = seconds(alert.since);
  const said = words().timeline.alert(words().priorities[alert.priority], rules.title(alert));
  return {
    key: keyOf(one),
    lane: "alerts",
    startS,
    endS: untilS ?? nowS,
    goesOn: untilS === null,
    priority: alert.priority,
    word: alert.rule,
    sentence: `${span(startS, untilS, nowS)} ${said} (${alert.rule}). ${reasonNow(alert.reason).text}`,
  };
}

function alarmMark(alarm: TimelineAlarm, nowS: number): Mark {
  const startS = seconds(alarm.since);
  const untilS = alarm.until === null ? null : seconds(alarm.until);
  const signal = alarm.signal === "" ? "" : signalLabel(alarm.signal);
  return {
    key: `alarm ${alarm.name} ${alarm.signal} ${alarm.since}`,
    lane: "alarms",
    startS,
    endS: untilS ?? nowS,
    goesOn: untilS === null,
    priority: null,
    word: alarmLabel(alarm),
    sentence: `${span(startS, untilS, nowS)} ${words().timeline.alarm(alarmLabel(alarm), signal)}`,
  };
}

function eventMark(event: PatientEvent, nowS: number): Mark {
  const t = words();
  const startS = seconds(event.start);
  const kind = t.notes.kinds[event.kind];
  const when =
    event.end === null ? formatClock(startS * 1000, nowS * 1000, false) : span(startS, seconds(event.end), nowS);
  return {
    key: keyOfEvent(event.event_id),
    lane: "events",
    startS,
    endS: event.end === null ? startS : seconds(event.end),
    goesOn: false,
    priority: null,
    word: kind,
    sentence: `${when} ${t.timeline.event(kind, event.author ?? t.notes.by.patient, event.text)}`,
  };
}

/** "19:02:10–19:05:40 (3 min)", or that it goes on. */
function span(startS: number, untilS: number | null, nowS: number): string {
  const clock = (atS: number) => formatClock(atS * 1000, nowS * 1000);
  const { goesOn } = words().timeline;
  if (untilS === null) return `${clock(startS)}– (${goesOn}, ${formatAge(Math.max(0, nowS - startS) * 1000)})`;
  return `${clock(startS)}–${clock(untilS)} (${formatAge(Math.max(0, untilS - startS) * 1000)})`;
}
