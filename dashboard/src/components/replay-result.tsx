// What the last treatments would have told under other limits: first what high alerts would have been missed.

import { useApp } from "../context";
import { formatDay } from "../format/times";
import type { ReplaySummary } from "../messages";
import { words } from "../words";
import { Reason } from "./told";

type Listed = ReplaySummary["rules"][number]["gone"];

export function ReplayResult({ summary }: { readonly summary: ReplaySummary }) {
  const { rules } = useApp();
  const t = words().prescription.replay;
  if (summary.treatments === 0) {
    return (
      <p class="replay-none" data-testid="replay-none">
        {t.none}
      </p>
    );
  }
  const telling = summary.rules.filter((one) => one.gone_count + one.added_count + one.changed_count > 0);
  return (
    <div class="replay" data-testid="replay">
      <p class="note">
        {t.of(summary.treatments, summary.hours)} · {t.total(summary.old, summary.new)} · {t.notJudged}
      </p>
      {summary.missed_high > 0 ? (
        <p class="replay-missed" data-testid="missed-high">
          {t.missedHigh(summary.missed_high)}
        </p>
      ) : (
        <p>{t.noMissed}</p>
      )}
      {telling.length === 0 && <p>{t.same}</p>}
      {telling.map((one) => (
        <section key={one.rule} class="replay-rule" data-rule={one.rule}>
          <h4>
            {one.rule} {rules.title(one)}
          </h4>
          <p>{t.rule(one.old, one.new, one.gone_count, one.added_count)}</p>
          <Alerts title={t.missedHigh(one.missed_high.length)} alerts={one.missed_high} missed />
          <Alerts title={t.gone} alerts={one.gone.filter((alert) => alert.priority !== "high")} />
          <Alerts title={t.added} alerts={one.added} />
        </section>
      ))}
    </div>
  );
}

interface AlertsProps {
  readonly title: string;
  readonly alerts: Listed;
  readonly missed?: boolean;
}

function Alerts({ title, alerts, missed = false }: AlertsProps) {
  const now = useApp().store.now.value;
  if (alerts.length === 0) return null;
  return (
    <details open={missed} class={missed ? "replay-missed" : undefined}>
      <summary>
        {title} ({alerts.length})
      </summary>
      <ul>
        {alerts.map((alert) => (
          <li key={`${alert.treatment_id} ${alert.time}`}>
            <strong>{words().priorities[alert.priority]}</strong> {formatDay(Date.parse(alert.time), now)}:{" "}
            <Reason text={alert.reason} />
          </li>
        ))}
      </ul>
    </details>
  );
}
