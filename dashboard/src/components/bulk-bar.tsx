// Low alerts with one press: how many are ticked, and of each that was not taken why.
import type { Bulk } from "../alerts/bulk";
import { mayBeTicked } from "../alerts/filter";
import { useApp } from "../context";
import type { AlertView } from "../messages";
import { link } from "../routes";
import { words } from "../words";

const TOLD_AT_MOST = 20;

interface Props {
  readonly bulk: Bulk;
  /** The alerts that are listed now. */
  readonly listed: readonly AlertView[];
  /** Those of them that are on the page: nobody acknowledges what was never drawn. */
  readonly drawn: readonly AlertView[];
}

export function BulkBar({ bulk, listed, drawn }: Props) {
  const { session, store } = useApp();
  const t = words().inbox.bulk;
  const low = drawn.filter(mayBeTicked).map((alert) => alert.alert_id);
  const undrawn = listed.filter(mayBeTicked).length - low.length;
  if (!session.mayAcknowledge.value || store.unsavedSince.value !== null) return null;
  // Only what is drawn: nobody acknowledges what a filter hides or what is further down than the list goes.
  const chosen = low.filter((id) => bulk.ticked.value.has(id));
  const all = chosen.length === low.length;
  const sending = bulk.told.value?.sending === true;
  if (low.length === 0 && bulk.told.value === null) return null;
  return (
    <div class="bulk" data-testid="bulk">
      {low.length > 0 && (
        <div class="answer-row">
          <button type="button" class="button" data-action="tick-all" onClick={() => bulk.tick(low, !all)}>
            {all ? t.none : t.all(low.length)}
          </button>
          <button
            type="button"
            class="button button-primary"
            data-action="acknowledge-low"
            disabled={chosen.length === 0}
            aria-disabled={sending}
            onClick={() => void bulk.acknowledge(chosen)}
          >
            {sending ? words().alerts.acknowledging : t.acknowledge(chosen.length)}
          </button>
          <p class="note">
            {t.onlyLow}
            {undrawn > 0 && <span data-testid="undrawn"> {t.undrawn(undrawn)}</span>}
          </p>
        </div>
      )}
      <Outcomes bulk={bulk} />
    </div>
  );
}

function Outcomes({ bulk }: { readonly bulk: Bulk }) {
  const { store, rules } = useApp();
  const t = words().inbox.bulk;
  const told = bulk.told.value;
  if (told === null) return null;
  return (
    <div role="status" data-testid="bulk-told">
      <p>{told.sending ? t.sending(told.done, told.asked) : t.done(told.done, told.asked)}</p>
      {told.not.length > 0 && (
        <ul class="bulk-not">
          {told.not.slice(0, TOLD_AT_MOST).map(({ alert_id, outcome }) => {
            const alert = store.alerts.value.get(alert_id);
            return (
              <li key={alert_id} data-outcome={outcome}>
                <a class="bulk-link" href={link.alert(alert_id)}>
                  {alert === undefined ? alert_id : rules.title(alert)}
                </a>
                : {t.outcomes[outcome]}
              </li>
            );
          })}
          {told.not.length > TOLD_AT_MOST && <li>{t.more(told.not.length - TOLD_AT_MOST)}</li>}
        </ul>
      )}
    </div>
  );
}

/** In front of an alert that may be ticked. */
export function Tick({ bulk, alert }: { readonly bulk: Bulk; readonly alert: AlertView }) {
  const { session, rules } = useApp();
  if (!session.mayAcknowledge.value || !mayBeTicked(alert)) return null;
  return (
    <label class="tick">
      <input
        type="checkbox"
        data-tick={alert.alert_id}
        checked={bulk.ticked.value.has(alert.alert_id)}
        onChange={(event) => bulk.tick([alert.alert_id], event.currentTarget.checked)}
      />
      <span>{words().inbox.bulk.tick(rules.title(alert))}</span>
    </label>
  );
}
