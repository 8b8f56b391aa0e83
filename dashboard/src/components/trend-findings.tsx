// What the rules between treatments found in the time shown: marks over the charts, and each in words, newest first.
import { dateIn } from "../charts/calendar";
import { reasonNow } from "../format/reasons";
import { formatDay } from "../format/times";
import type { TrendFinding, Trends } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { PriorityShape } from "./icons";

export function TrendFindings({ trends }: { readonly trends: Trends }) {
  const t = words().trends;
  const nowMs = Date.parse(trends.server_time);
  return (
    <section class="trend-findings" aria-labelledby="findings-title" data-testid="trend-findings">
      <h2 id="findings-title">{t.findings}</h2>
      {trends.findings.length === 0 ? (
        <p class="note">{t.noFindings}</p>
      ) : (
        <ul>
          {trends.findings.toReversed().map(({ rule, title, priority, time, treatment_id: of, reason }) => {
            const told = reasonNow(reason);
            const when = formatDay(Date.parse(time), nowMs);
            return (
              <li key={`${rule}-${time}-${reason}`} class={`priority-${priority}`}>
                <PriorityShape priority={priority} />
                <span>
                  <span class="hidden">{words().priorities[priority]}: </span>
                  {of === null ? when : <a href={link.report(of)}>{when}</a>} · {title} ({rule}):{" "}
                  <span lang={told.lang}>{told.text}</span>
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** A mark where each was found; the list has the words. */
export function FindingLane({
  trends,
  places,
}: {
  readonly trends: Trends;
  readonly places: readonly (number | null)[];
}) {
  const { days, treatments, findings, zone } = trends;
  if (findings.length === 0) return null;
  const place = ({ treatment_id: of, time }: TrendFinding): number | null => {
    const index = treatments.findIndex(({ treatment_id: id }) => id === of);
    if (index >= 0) return places[index] ?? null;
    const day = days.findIndex(({ date }) => date === dateIn(zone, Date.parse(time)));
    return day < 0 ? null : (day + 0.5) / days.length;
  };
  return (
    <div class="trend-lane" aria-hidden="true">
      {findings.map((finding) => {
        const at = place(finding);
        return at === null ? null : (
          <span
            key={`${finding.rule}-${finding.time}-${finding.reason}`}
            class={`priority-${finding.priority}`}
            style={{ left: `${at * 100}%` }}
            title={`${finding.title} (${finding.rule})`}
          >
            <PriorityShape priority={finding.priority} />
          </span>
        );
      })}
    </div>
  );
}
