// What the machine says and what the team was told, in the team's own words.
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { Following } from "../home/following";
import type { Sayings } from "../home/sayings";
import type { HomeAlert } from "../messages";
import { words } from "../words";
import { AlertFlag } from "./alert-flag";

interface Props {
  readonly following: Following;
  readonly sayings: Sayings;
}

export function HomeAlerts({ following, sayings }: Props) {
  const heard = following.heard.value;
  if (heard === null) return null;
  const { home } = heard;
  const t = words().home;
  const now = Date.parse(home.server_time);
  const knows = !following.lost.value && home.way === "working";
  const others = home.alerts.filter((one) => !one.help);
  return (
    <>
      <section class="home-card" data-testid="machine-says">
        <h2>{t.machine.title}</h2>
        {!knows && <p>{t.machine.unknown}</p>}
        {knows && home.alarms.length === 0 && <p>{t.machine.nothing}</p>}
        <ul>
          {home.alarms.map((one) => (
            <li key={`${one.name} ${one.since}`} class="home-alarm">
              <strong>{one.label}</strong> <time dateTime={one.since}>{formatClock(Date.parse(one.since), now)}</time>
            </li>
          ))}
        </ul>
      </section>
      <section class="home-card" data-testid="team-was-told">
        <h2>{t.alerts.title}</h2>
        {others.length === 0 && <p>{t.alerts.nothing}</p>}
        <ul>
          {others.map((one) => (
            <Told key={one.alert_id} alert={one} nowMs={now} sayings={sayings} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Told({
  alert,
  nowMs,
  sayings,
}: {
  readonly alert: HomeAlert;
  readonly nowMs: number;
  readonly sayings: Sayings;
}) {
  const { rules } = useApp();
  const t = words().home.alerts;
  const handled = alert.handled_at;
  return (
    <li class={`home-alert priority-${alert.priority}`} data-alert-id={alert.alert_id}>
      <p class="home-alert-head">
        <AlertFlag priority={alert.priority} flashing={false} />
        <strong>{rules.title(alert)}</strong>
        <time dateTime={alert.since}>{formatClock(Date.parse(alert.since), nowMs)}</time>
      </p>
      <p>{alert.answered_by === null ? t.asking : t.answered(alert.answered_by)}</p>
      {handled !== null ? (
        <p class="note">{t.handling(formatClock(Date.parse(handled), nowMs))}</p>
      ) : (
        alert.state.startsWith("active") && (
          <button
            type="button"
            class="button"
            data-action="handle"
            disabled={sayings.isWaiting("handling", alert.alert_id)}
            onClick={() => sayings.say("handling", { alert: alert.alert_id })}
          >
            {t.handle}
          </button>
        )
      )}
    </li>
  );
}
