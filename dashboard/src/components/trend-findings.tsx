// What the rules between treatments found in the time shown, newest first.
import { reasonNow } from "../format/reasons";
import { formatDay } from "../format/times";
import type { Trends } from "../messages";
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
