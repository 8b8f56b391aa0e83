// Treatments that wait for a signature, by exception: those with a reason singly, the unremarkable ones in one go.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ReviewItem } from "../components/review-item";
import { useApp } from "../context";
import { formatNumber } from "../format/signals";
import { formatDay, formatMinutes } from "../format/times";
import type { ReasonView, Reviews, ReviewView } from "../messages";
import { asShown, countReviews, isExceptional, shownOf } from "../reviews";
import { link } from "../routes";
import { words } from "../words";

const AGAIN_MS = 10_000;
/** As many as the server takes at once. */
const AT_ONCE = 50;

export function ReviewsPage() {
  const { api } = useApp();
  const t = words().reviews;
  const loaded = useSignal<Reviews | null>(null);
  const failed = useSignal(false);
  const load = async () => {
    try {
      loaded.value = await api.reviews();
      failed.value = false;
    } catch {
      failed.value = true;
    }
    await countReviews(api);
  };
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [api]);
  return (
    <main id="content" tabIndex={-1} class="page reviews-page">
      <h1>{t.title}</h1>
      <p class="note">{t.intro}</p>
      {failed.value && (
        <p class="failure" role="alert">
          {words().alerts.failed}{" "}
          <button type="button" class="button" onClick={() => void load()}>
            {words().alerts.retry}
          </button>
        </p>
      )}
      {loaded.value === null && !failed.value && <p class="note">{words().alerts.loading}</p>}
      {loaded.value !== null && <Queue found={loaded.value} onChange={load} />}
    </main>
  );
}

function Queue({ found, onChange }: { readonly found: Reviews; readonly onChange: () => Promise<void> }) {
  const t = words().reviews;
  const patient = useSignal("");
  const reason = useSignal<ReasonView["code"] | "">("");
  const shown = found.reviews.filter(
    (review) =>
      (patient.value === "" || review.treatment.patient?.patient_id === patient.value) &&
      (reason.value === "" || review.reasons.some(({ code }) => code === reason.value)),
  );
  const exceptional = shown.filter(isExceptional);
  const unremarkable = shown.filter((review) => !isExceptional(review));
  const patients = new Map(
    found.reviews.flatMap(({ treatment: { patient: one } }) => (one === null ? [] : [[one.patient_id, one.name]])),
  );
  return (
    <>
      <div class="review-filters">
        <label>
          {t.patientFilter}{" "}
          <select
            value={patient.value}
            onChange={(event) => {
              patient.value = event.currentTarget.value;
            }}
          >
            <option value="">{t.anyPatient}</option>
            {[...patients].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.reasonFilter}{" "}
          <select
            value={reason.value}
            onChange={(event) => {
              reason.value = event.currentTarget.value as ReasonView["code"] | "";
            }}
          >
            <option value="">{t.all}</option>
            {Object.entries(t.reasons).map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <section data-testid="exceptional">
        <h2>
          {t.exceptional} ({exceptional.length})
        </h2>
        {exceptional.length === 0 && <p class="note">{t.noneExceptional}</p>}
        {exceptional.map((review) => (
          <ReviewItem key={review.treatment.treatment_id} review={review} onChange={onChange} />
        ))}
      </section>
      {reason.value === "" && <Unremarkable key={patient.value} reviews={unremarkable} onChange={onChange} />}
      {found.beyond && <p class="note">{t.beyond}</p>}
    </>
  );
}

interface UnremarkableProps {
  readonly reviews: readonly ReviewView[];
  readonly onChange: () => Promise<void>;
}

function Unremarkable({ reviews, onChange }: UnremarkableProps) {
  const { api, session, store } = useApp();
  const t = words().reviews;
  const sending = useSignal(false);
  const said = useSignal("");
  // Only what was on the list when the person last had it drawn is signed.
  const shown = useSignal(shownOf(reviews));
  const [listed, since] = asShown(reviews, shown.value);
  const some = listed.slice(0, AT_ONCE);
  const sign = async () => {
    if (sending.value) return;
    sending.value = true;
    try {
      const items = some.map(({ treatment, etag }) => ({ treatment_id: treatment.treatment_id, etag }));
      const refused = (await api.signMany(items)).results.filter(({ outcome }) => outcome !== "done").length;
      said.value = refused === 0 ? "" : t.someRefused(refused);
    } catch {
      said.value = t.failed;
    }
    await onChange();
    sending.value = false;
  };
  return (
    <section data-testid="unremarkable">
      <h2>
        {t.unremarkable} ({listed.length})
      </h2>
      {said.value !== "" && (
        <p class="failure" role="alert">
          {said.value}
        </p>
      )}
      {reviews.length === 0 && <p class="note">{t.noneUnremarkable}</p>}
      {since.length > 0 && (
        <p role="status">
          <button
            type="button"
            class="button"
            data-action="show-new"
            onClick={() => {
              shown.value = shownOf(reviews);
            }}
          >
            {t.newOnes(since.length)}
          </button>
        </p>
      )}
      {listed.length > 0 && session.may("sign treatments") && (
        <button
          type="button"
          class="button button-primary"
          data-action="sign-all"
          aria-disabled={sending.value}
          onClick={() => void sign()}
        >
          {sending.value ? t.signing : t.signAll(some.length)}
        </button>
      )}
      <ul class="review-list">
        {listed.map(({ treatment, state }) => (
          <li key={treatment.treatment_id} data-treatment={treatment.treatment_id}>
            <strong>{treatment.patient?.name ?? t.nobody}</strong>{" "}
            <span>{formatDay(Date.parse(treatment.start), store.now.value)}</span>{" "}
            <span class="note">
              {formatMinutes((treatment.summary?.treated_s ?? 0) / 60)} {words().units.h}
              {treatment.summary?.spktv != null && ` · Kt/V ${formatNumber(treatment.summary.spktv, 2)}`}
            </span>{" "}
            {state === "signed for an earlier state" && <span class="review-earlier">{t.earlier}</span>}{" "}
            <a href={link.report(treatment.treatment_id)}>{t.report}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}
