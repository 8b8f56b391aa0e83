// Beside a patient's strips: which checks rest and why, and how box and machine are.

import { useApp } from "../context";
import { trouble, unheardMs } from "../live/freshness";
import type { Unit } from "../live/unit";
import type { NotEvaluated } from "../messages";
import { words } from "../words";
import { BarredIcon } from "./icons";
import { Reason, Told } from "./told";
import { notHeard } from "./unit-state";

export function NotEvaluatedList({ unit }: { readonly unit: Unit }) {
  const t = words().patient;
  const missing = unit.notEvaluated.filter((rule) => !rule.at_rest);
  const atRest = unit.notEvaluated.length - missing.length;
  if (missing.length === 0) return atRest === 0 ? null : <p class="note">{t.atRest(atRest)}</p>;
  return (
    <section class="not-evaluated" aria-labelledby="not-evaluated-title" data-testid="not-evaluated">
      <h2 id="not-evaluated-title">
        <BarredIcon />
        {t.notEvaluated} <span class="count-plain">{missing.length}</span>
      </h2>
      <ul>
        {byReason(missing).map(([reason, rules]) => (
          <li key={reason}>
            {rules.map((rule) => (
              <strong key={rule} data-rule={rule}>
                {rule}{" "}
              </strong>
            ))}
            <Reason text={reason} />
          </li>
        ))}
      </ul>
      {atRest > 0 && <p class="note">{t.atRest(atRest)}</p>}
    </section>
  );
}

/** Most often many rules rest for one reason: it is said once. */
export function byReason(list: readonly NotEvaluated[]): readonly (readonly [string, readonly string[]])[] {
  const grouped = new Map<string, string[]>();
  for (const { rule, reason } of list) grouped.set(reason, [...(grouped.get(reason) ?? []), rule]);
  return [...grouped];
}

export function BoxState({ unit }: { readonly unit: Unit }) {
  const { store } = useApp();
  const t = words();
  const now = store.now.value;
  const { status } = unit;
  if (status === null) return null;
  const found = trouble(unit, now, store.connected.value);
  const online = status.online ? t.patient.online : t.patient.offline;
  const box = found === "box-not-heard" ? notHeard(unheardMs(unit, now)) : online;
  const profile = [status.protocol, status.profile].filter(Boolean).join(" ");
  return (
    <section class="box-state" aria-labelledby="box-title">
      <h2 id="box-title">{t.patient.data}</h2>
      <dl>
        <dt>{t.patient.box}</dt>
        <dd data-box={found}>{box}</dd>
        <dt>{t.patient.machine}</dt>
        <dd>
          {t.machine[status.machine]} {profile !== "" && <span class="note">({profile})</span>}
        </dd>
      </dl>
      <ul class="notes">
        {status.trouble !== "" && (
          <li data-testid="box-trouble">
            <strong>{t.tile.boxTroubled}</strong>: <Told text={status.trouble} />
          </li>
        )}
        {status.rejected > 0 && <li data-testid="rejected">{t.patient.rejected(status.rejected)}</li>}
        {status.outbox_rows > 0 && <li>{t.patient.outbox(status.outbox_rows)}</li>}
        {status.thinned > 0 && <li>{t.patient.thinned(status.thinned)}</li>}
        {!status.synchronised && <li>{t.patient.clockWrong}</li>}
        {unit.flags.has("time_corrected") && <li>{t.flags.time_corrected}</li>}
      </ul>
    </section>
  );
}
