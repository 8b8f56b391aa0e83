// The treatment that is looked at, in words: when, how it went, every figure against what was prescribed, and its report.
import type { Signal } from "@preact/signals";
import { CHARTS } from "../charts/trends";
import { formatNumber } from "../format/signals";
import { inWords, treatmentDay } from "../format/trends";
import type { Trends } from "../messages";
import { link } from "../routes";
import { words } from "../words";

interface Props {
  readonly trends: Trends;
  readonly chosen: Signal<number>;
}

export function TrendPanel({ trends: { treatments, zone }, chosen }: Props) {
  const t = words().trends;
  const at = treatments[chosen.value];
  if (at === undefined) return null;
  const go = (by: number) => () => {
    chosen.value = Math.min(treatments.length - 1, Math.max(0, chosen.value + by));
  };
  return (
    <section class="trend-panel" aria-labelledby="trend-chosen" data-testid="trend-panel">
      <h2 id="trend-chosen">
        {t.chosen} {treatmentDay(at, zone)}
      </h2>
      <p class="trend-course">
        {t.course[at.course]} · {at.signed ? t.signed : t.notSigned}
        {at.unseen_min !== null && at.unseen_min >= 1 && ` · ${t.unseen(formatNumber(at.unseen_min, 0))}`}
      </p>
      <dl>
        {CHARTS.map((chart) => (
          <div key={chart.key}>
            <dt>{t.names[chart.key]}</dt>
            <dd>{inWords(chart, at)}</dd>
          </div>
        ))}
      </dl>
      <p class="trend-steps">
        <button type="button" class="button" disabled={chosen.value === 0} onClick={go(-1)}>
          {t.previous}
        </button>
        <button type="button" class="button" disabled={chosen.value === treatments.length - 1} onClick={go(1)}>
          {t.next}
        </button>
        {at.end !== null && (
          <a class="button button-primary" href={link.report(at.treatment_id)}>
            {t.report}
          </a>
        )}
      </p>
    </section>
  );
}
