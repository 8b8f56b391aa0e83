// One treatment on one page, for the screen and for paper: what was prescribed, what came of it, and what is not known.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { BackIcon } from "../components/icons";
import { ReportChart } from "../components/report-chart";
import { ReportFigures } from "../components/report-figures";
import { ReportLists } from "../components/report-lists";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { History, TreatmentReport } from "../messages";
import { link } from "../routes";
import { signalLabel, words } from "../words";

const BUCKETS = 360;
const CHARTS = [
  { names: ["arterial_pressure"], unit: "mmHg" },
  { names: ["venous_pressure"], unit: "mmHg" },
  { names: ["transmembrane_pressure"], unit: "mmHg" },
  { names: ["blood_flow"], unit: "mL/min" },
  { names: ["systolic", "diastolic"], unit: "mmHg" },
] as const;

interface Loaded {
  readonly report: TreatmentReport;
  /** Null: it could not be had, which is not the same as no gaps. */
  readonly history: History | null;
}

export function ReportPage({ id }: { readonly id: string }) {
  const { api } = useApp();
  const loaded = useSignal<Loaded | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    const load = async () => {
      const report = await api.report(id);
      const { treatment } = report.review;
      const endMs = Date.parse(treatment.end ?? report.server_time);
      const query = {
        signals: CHARTS.flatMap(({ names }) => [...names]),
        startMs: Date.parse(treatment.start),
        endMs,
        buckets: BUCKETS,
      };
      loaded.value = { report, history: await api.history(treatment.unit, query).catch(() => null) };
    };
    load().catch(() => {
      failed.value = true;
    });
  }, [api, id]);
  const t = words().reviews.page;
  const patient = loaded.value?.report.review.treatment.patient;
  return (
    <main id="content" tabIndex={-1} class="page report-page">
      <header class="report-tools">
        <a class="back" href={link.reviews}>
          <BackIcon />
          {t.back}
        </a>
        {patient != null && (
          <a class="patient-treatments" href={link.trendsOf(patient.patient_id)}>
            {words().trends.title}
          </a>
        )}
        <button type="button" class="button button-primary" data-action="print" onClick={() => window.print()}>
          {t.print}
        </button>
      </header>
      {failed.value && (
        <p class="failure" role="alert">
          {words().alerts.failed}
        </p>
      )}
      {loaded.value === null && !failed.value && <p class="note">{words().alerts.loading}</p>}
      {loaded.value !== null && <Sheet {...loaded.value} />}
    </main>
  );
}

/** Light whatever the screen is: it is a sheet of paper. */
function Sheet({ report, history }: Loaded) {
  const t = words().reviews.page;
  const { treatment } = report.review;
  const startMs = Date.parse(treatment.start);
  const endMs = Date.parse(treatment.end ?? report.server_time);
  return (
    <article class="report" data-theme="day" data-testid="report">
      <header>
        <h1>
          {t.title} {treatment.treatment_id}: {treatment.patient?.name ?? words().reviews.nobody}
        </h1>
        <dl>
          <div>
            <dt>{t.clinic}</dt>
            <dd>{report.clinic ?? "–"}</dd>
          </div>
          <div>
            <dt>{t.from}</dt>
            <dd>{stamp(startMs)}</dd>
          </div>
          <div>
            <dt>{t.to}</dt>
            <dd>
              {treatment.end === null ? words().treatments.goesOn : stamp(endMs)}
              {treatment.end_known !== null && ` (${words().treatments.ends[treatment.end_known]})`}
            </dd>
          </div>
          <div>
            <dt>{t.unit}</dt>
            <dd>
              {report.unit_label} ({treatment.unit})
            </dd>
          </div>
          <div>
            <dt>{t.machine}</dt>
            <dd>{report.machine ?? "–"}</dd>
          </div>
        </dl>
      </header>
      <ReportFigures review={report.review} />
      <section aria-label={t.course} class="report-course">
        {history === null ? (
          <p class="failure">{t.noCourse}</p>
        ) : (
          CHARTS.map(({ names, unit }) => (
            <ReportChart
              key={names[0]}
              label={names.map(signalLabel).join(" / ")}
              unit={unit}
              names={names}
              history={history}
              startS={startMs / 1000}
              endS={endMs / 1000}
            />
          ))
        )}
        <p class="report-axis">
          <span>{formatClock(startMs, startMs, false)}</span>
          <span>{formatClock((startMs + endMs) / 2, startMs, false)}</span>
          <span>{formatClock(endMs, startMs, false)}</span>
        </p>
      </section>
      <ReportLists report={report} history={history} />
      <Foot report={report} />
    </article>
  );
}

export function Foot({ report }: { readonly report: TreatmentReport }) {
  const t = words().reviews.page;
  const { store } = useApp();
  const at = useSignal(Date.parse(report.server_time));
  useEffect(() => {
    // The moment of printing, by the server's clock.
    const note = () => {
      at.value = store.now.value || at.value;
    };
    window.addEventListener("beforeprint", note);
    return () => window.removeEventListener("beforeprint", note);
  }, [store, at]);
  // Paper says of when its figures are, not only when it left the printer.
  const asOf = t.asOf(stamp(Date.parse(report.server_time)));
  const rules = [...new Set(report.alerts.map(({ rule, rule_version: version }) => `${rule} ${version}`))].sort();
  const shown = rules.slice(0, 8);
  const rest = rules.length - shown.length;
  const said = rules.length === 0 ? "–" : `${shown.join(", ")}${rest > 0 ? ` ${t.more(rest)}` : ""}`;
  return (
    <footer>
      <p>{t.versions(report.reasons_version, said)}</p>
      <p>
        {asOf}. {t.printed(stamp(at.value), report.printed_by)}. {t.supplementary}
      </p>
    </footer>
  );
}

/** With year, time and offset: paper outlives the day it is read on. */
export function stamp(atMs: number): string {
  return new Intl.DateTimeFormat(words().locale, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "shortOffset",
  }).format(new Date(atMs));
}
