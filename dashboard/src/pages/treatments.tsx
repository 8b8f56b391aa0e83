// The treatments of a unit: how each ended, what it came to, and the course of each figure from one to the next.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { MEASURES, type Measure, ofPatient } from "../charts/course";
import { OpenedBanner } from "../components/break-glass";
import { Course } from "../components/course";
import { BackIcon } from "../components/icons";
import { useApp } from "../context";
import { formatNumber } from "../format/signals";
import { formatDay, formatMinutes } from "../format/times";
import type { Treatments, TreatmentView } from "../messages";
import { link } from "../routes";
import { words } from "../words";

type Loaded = "loading" | "failed" | Pick<Treatments, "treatments" | "next">;

export function TreatmentsPage({ id }: { readonly id: string }) {
  const { api, store } = useApp();
  const t = words().treatments;
  const loaded = useSignal<Loaded>("loading");
  const earlierFailed = useSignal(false);
  const load = () => {
    loaded.value = "loading";
    api.treatments(id).then(
      (answer) => {
        loaded.value = answer;
      },
      () => {
        loaded.value = "failed";
      },
    );
  };
  useEffect(load, [api, id, loaded]);
  const earlier = async (cursor: string) => {
    earlierFailed.value = false;
    try {
      const { treatments, next } = await api.treatments(id, cursor);
      const had = loaded.value;
      // Pressed twice, it is answered twice; the second is of what is no longer the end.
      if (typeof had === "string" || had.next !== cursor) return;
      loaded.value = { treatments: [...had.treatments, ...treatments], next };
    } catch {
      earlierFailed.value = true;
    }
  };
  const next = typeof loaded.value === "string" ? null : loaded.value.next;
  const unit = store.unit(id)?.value;
  return (
    <main id="content" tabIndex={-1} class="page treatments-page">
      <header class="patient-head">
        <a class="back" href={link.patient(id)}>
          <BackIcon />
          {t.back}
        </a>
        <h1>
          {t.title}: {unit?.patient ?? unit?.label ?? id}
        </h1>
        <a class="patient-treatments" href={link.trends(id)}>
          {words().trends.title}
        </a>
      </header>
      {unit !== undefined && <OpenedBanner unit={unit} />}
      {loaded.value === "loading" && <p class="note">{words().alerts.loading}</p>}
      {loaded.value === "failed" && (
        <p class="failure" role="alert">
          {words().alerts.failed}{" "}
          <button type="button" class="button" onClick={load}>
            {words().alerts.retry}
          </button>
        </p>
      )}
      {typeof loaded.value !== "string" && (
        <Known treatments={loaded.value.treatments} patient={unit?.patient ?? null} />
      )}
      {next !== null && (
        <p class="note">
          {t.beyond}{" "}
          <button type="button" class="button" data-action="earlier" onClick={() => void earlier(next)}>
            {t.earlier}
          </button>
        </p>
      )}
      {earlierFailed.value && (
        <p class="failure" role="alert">
          {words().alerts.failed}
        </p>
      )}
    </main>
  );
}

interface KnownProps {
  readonly treatments: readonly TreatmentView[];
  readonly patient: string | null;
}

function Known({ treatments: all, patient }: KnownProps) {
  const t = words().treatments;
  const treatments = ofPatient(all, patient);
  const others = all.length - treatments.length;
  const left = others > 0 && <p class="note">{t.others(others)}</p>;
  if (treatments.length === 0) {
    return (
      <div class="empty">
        <p>{t.none}</p>
        {left}
      </div>
    );
  }
  const shown = MEASURES.filter((measure) => treatments.some((treatment) => measure.of(treatment) !== null));
  return (
    <>
      <section class="courses" aria-label={t.courses}>
        {shown.map((measure) => (
          <Course key={measure.key} measure={measure} treatments={treatments} />
        ))}
      </section>
      <div class="treatments-scroll">
        <table class="treatments" data-testid="treatments">
          <thead>
            <tr>
              <th scope="col">{t.began}</th>
              <th scope="col">{t.ended}</th>
              {shown.map((measure) => (
                <th key={measure.key} scope="col">
                  {t.measures[measure.key]} <span class="unit">{measure.unit}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {treatments.map((treatment) => (
              <Row key={treatment.treatment_id} treatment={treatment} shown={shown} />
            ))}
          </tbody>
        </table>
      </div>
      {left}
    </>
  );
}

function Row({ treatment, shown }: { readonly treatment: TreatmentView; readonly shown: readonly Measure[] }) {
  const { store } = useApp();
  const t = words().treatments;
  const unseen = treatment.summary === null ? 0 : Math.round(treatment.summary.unseen_s / 60);
  return (
    <tr data-treatment={treatment.treatment_id}>
      <th scope="row">
        {formatDay(Date.parse(treatment.start), store.now.value)}
        {treatment.derived && <span class="note"> ({words().tile.inferred})</span>}
      </th>
      <td>
        {treatment.end === null ? t.goesOn : t.ends[treatment.end_known ?? "derived"]}
        {treatment.interruptions.length > 0 && (
          <span class="note"> · {t.interruptions(treatment.interruptions.length)}</span>
        )}
        {unseen > 0 && <span class="note"> · {t.unseen(formatMinutes(unseen))}</span>}
        {treatment.end !== null && treatment.summary === null && <span class="note"> · {t.notComputed}</span>}
        {treatment.summary?.is_current === false && <span class="note"> · {t.notCurrent}</span>}
        {treatment.end !== null && (
          <>
            {" "}
            · <a href={link.report(treatment.treatment_id)}>{words().reviews.report}</a>
          </>
        )}
      </td>
      {shown.map((measure) => {
        const found = measure.of(treatment);
        return <td key={measure.key}>{found === null ? "–" : formatNumber(found.value, measure.decimals)}</td>;
      })}
    </tr>
  );
}
