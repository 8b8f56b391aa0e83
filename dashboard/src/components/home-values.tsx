// The few values a person at the machine compares with its display, with their age; grey once they are old.
import { formatValue, type SignalName, signalFormat } from "../format/signals";
import { formatAge, formatMinutes } from "../format/times";
import type { Following } from "../home/following";
import { STALE_AFTER_MS } from "../live/freshness";
import { words } from "../words";

export function HomeValues({ following }: { readonly following: Following }) {
  const heard = following.heard.value;
  const t = words().home.values;
  if (heard === null) return null;
  const { reading } = heard.home;
  if (reading === null) {
    return (
      <section class="home-card" data-testid="home-values">
        <h2>{t.title}</h2>
        <p>{t.none}</p>
      </section>
    );
  }
  const ageMs = reading.age_s * 1_000 + (following.silentMs.value ?? 0);
  const { values } = reading;
  const written = (signal: SignalName) => {
    const value = values[signal];
    return value === undefined ? null : `${formatValue(signal, value)} ${signalFormat(signal)?.unit ?? ""}`;
  };
  const left = values.treatment_remaining;
  const systolic = values.systolic;
  const diastolic = values.diastolic;
  const rows: readonly (readonly [string, string | null])[] = [
    [t.left, left === undefined ? null : formatMinutes(left)],
    [t.removed, written("ultrafiltration_volume")],
    [t.flow, written("blood_flow")],
    [
      t.pressure,
      systolic === undefined || diastolic === undefined
        ? null
        : `${formatValue("systolic", systolic)}/${formatValue("diastolic", diastolic)} mmHg`,
    ],
    [t.venous, written("venous_pressure")],
    [t.arterial, written("arterial_pressure")],
  ];
  return (
    <section class="home-card" data-testid="home-values" data-stale={ageMs > STALE_AFTER_MS}>
      <h2>
        {t.title}: {words().phases[reading.phase]} <span class="note">{words().alerts.ago(formatAge(ageMs))}</span>
      </h2>
      <dl class="home-values">
        {rows.map(([name, said]) =>
          said === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{said}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
