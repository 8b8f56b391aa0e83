// One button for help, and what became of it. It never says that help comes before somebody has said so.
import { formatAge } from "../format/times";
import type { Following } from "../home/following";
import type { Sayings } from "../home/sayings";
import { words } from "../words";
import { CallClinic } from "./home-seen";

interface Props {
  readonly following: Following;
  readonly sayings: Sayings;
}

export function HelpButton({ following, sayings }: Props) {
  const t = words().home.help;
  const home = following.heard.value?.home ?? null;
  const call = home?.alerts.find((one) => one.help);
  const unsent = sayings.isWaiting("help");
  const press = () => sayings.say("help");
  return (
    <section class="help" data-testid="help" data-state={state(unsent, call)}>
      {unsent && (
        <div class="help-unsent" role="alert" data-testid="help-unsent">
          <p class="seen-by">{t.notSent}</p>
          <p>{t.trying}</p>
          <CallClinic home={home} />
        </div>
      )}
      {call === undefined || unsent ? (
        <button type="button" class="help-button" data-action="help" disabled={unsent} onClick={press}>
          {t.ask}
        </button>
      ) : (
        <div class="help-asked" role="status">
          <p class="seen-by">{standing(call, ageMs(call.since, home?.server_time ?? call.since))}</p>
          {call.state === "latched, clear" ? (
            <button type="button" class="help-button" data-action="help" onClick={press}>
              {t.ask}
            </button>
          ) : (
            <div class="help-more">
              {call.answered_by !== null && (
                <button type="button" class="button" data-action="help" onClick={press}>
                  {t.again}
                </button>
              )}
              <button
                type="button"
                class="button"
                data-action="helped"
                disabled={sayings.isWaiting("helped")}
                onClick={() => sayings.say("helped")}
              >
                {t.helped}
              </button>
            </div>
          )}
        </div>
      )}
      {sayings.refused.value !== "" && (
        <p class="failure" role="alert">
          {sayings.refused.value}
        </p>
      )}
    </section>
  );
}

type Call = NonNullable<ReturnType<typeof callOf>>;
function callOf(following: Following) {
  return following.heard.value?.home.alerts.find((one) => one.help);
}

function state(unsent: boolean, call: Call | undefined): string {
  if (unsent) return "unsent";
  if (call === undefined) return "none";
  if (call.state === "latched, clear") return "ended";
  return call.answered_by === null || call.state === "active, unacknowledged" ? "asking" : "answered";
}

function standing(call: Call, forMs: number): string {
  const t = words().home.help;
  if (call.state === "latched, clear") return t.ended;
  if (call.answered_by !== null && call.state !== "active, unacknowledged") return t.answered(call.answered_by);
  return `${t.asking} ${t.askingSince(formatAge(forMs))}`;
}

function ageMs(since: string, now: string): number {
  return Math.max(0, Date.parse(now) - Date.parse(since));
}
