// All patients at once, worst first.
import { awaitsAnswer } from "../alerts/priority";
import { useHidden } from "../components/break-glass";
import { PriorityShape } from "../components/icons";
import { Tile } from "../components/tile";
import { useApp } from "../context";
import { freshness } from "../live/freshness";
import type { Priority } from "../messages";
import { link } from "../routes";
import { words } from "../words";

const PRIORITIES: readonly Priority[] = ["high", "medium", "low"];

export function WallPage() {
  const { store, session } = useApp();
  const t = words().wall;
  const order = store.order.value;
  return (
    <main id="content" tabIndex={-1} class="page wall-page">
      <div class="page-head">
        <h1>{t.title}</h1>
        <Summary />
      </div>
      {order.length === 0 && store.silenceMs.value !== null ? (
        <p class="empty">{t.empty}</p>
      ) : (
        <div class="wall" data-testid="wall">
          {order.map((id) => (
            <Tile key={id} id={id} />
          ))}
        </div>
      )}
      {session.may("break glass") && <NotHere />}
    </main>
  );
}

function NotHere() {
  return !useHidden() ? null : (
    <p class="note">
      <a href={link["break-glass"]}>{words().teams.notYours.link}</a>
    </p>
  );
}

function Summary() {
  const { store } = useApp();
  const t = words().wall;
  const units = store.units();
  const treated = units.filter((unit) => unit.phase === "TX").length;
  const notLive = units.filter(
    (unit) => freshness(unit, store.now.value, store.connected.value).kind !== "live",
  ).length;
  return (
    <ul class="summary" aria-label={t.summary}>
      {PRIORITIES.map((priority) => (
        <PriorityCount key={priority} priority={priority} />
      ))}
      <li>{t.units(units.length)}</li>
      <li>
        <strong>{treated}</strong> {t.inTreatment}
      </li>
      {notLive > 0 && (
        <li>
          <strong>{notLive}</strong> {t.notLive}
        </li>
      )}
    </ul>
  );
}

function PriorityCount({ priority }: { readonly priority: Priority }) {
  const { store } = useApp();
  const open = store.open.value.filter((alert) => alert.priority === priority);
  if (open.length === 0) return null;
  const waiting = open.filter(awaitsAnswer).length;
  return (
    <li class={`summary-priority priority-${priority}`} data-waiting={waiting}>
      <PriorityShape priority={priority} />
      <strong>{open.length}</strong> {words().priorities[priority]}
    </li>
  );
}
