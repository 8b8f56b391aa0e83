// One treatment that wants a person's eyes: why, what has changed since it was signed, and signing it with a note.
import { useSignal } from "@preact/signals";
import { ApiError } from "../api";
import { useApp } from "../context";
import { formatNumber } from "../format/signals";
import { formatDay } from "../format/times";
import type { ReviewView } from "../messages";
import { reasonText } from "../reviews";
import { link } from "../routes";
import { words } from "../words";

interface Props {
  readonly review: ReviewView;
  readonly onChange: () => Promise<void>;
}

export function ReviewItem({ review, onChange }: Props) {
  const { store } = useApp();
  const t = words().reviews;
  const { treatment, called } = review;
  const isNew = new Set(review.new_reasons.map((reason) => reason.text));
  return (
    <article class="review" data-treatment={treatment.treatment_id} data-state={review.state}>
      <header>
        <h3>{treatment.patient?.name ?? t.nobody}</h3>
        <span>{formatDay(Date.parse(treatment.start), store.now.value)}</span>
        <a href={link.report(treatment.treatment_id)}>{t.report}</a>
      </header>
      {called !== null && (
        <p class="review-called">
          {t.called(called.name, formatDay(Date.parse(called.at), store.now.value))}: {called.note}
        </p>
      )}
      <ul class="review-reasons">
        {review.reasons.map((reason) => (
          <li key={`${reason.code} ${reason.about}`} data-reason={reason.code}>
            <strong>{t.reasons[reason.code]}</strong> {reasonText(reason)}
            {isNew.has(reason.text) && <span class="review-new"> ({t.newReason})</span>}
          </li>
        ))}
      </ul>
      {review.signed !== null && review.state === "signed for an earlier state" && <Changes review={review} />}
      <Actions review={review} onChange={onChange} />
    </article>
  );
}

function Changes({ review }: { readonly review: ReviewView }) {
  const { store } = useApp();
  const t = words().reviews;
  const { signed } = review;
  const figure = (value: number | null) =>
    value === null ? t.none : formatNumber(value, Number.isInteger(value) ? 0 : 2);
  return (
    <div class="review-changes">
      <p>
        <strong>{t.earlier}.</strong>{" "}
        {signed !== null && t.signed(signed.name, formatDay(Date.parse(signed.at), store.now.value))}
      </p>
      {review.changes.length === 0 && <p>{t.onlyNews}</p>}
      <ul aria-label={t.changed}>
        {review.changes.map(({ what, was, now }) => (
          <li key={what} data-change={what}>
            {t.figures[what] ?? what}: {t.wasNow(figure(was), figure(now))}
          </li>
        ))}
        {review.gone_reasons.map((text) => (
          <li key={text}>{t.goneReason(text)}</li>
        ))}
      </ul>
    </div>
  );
}

function Actions({ review, onChange }: Props) {
  const { api, session } = useApp();
  const t = words().reviews;
  const note = useSignal("");
  const sending = useSignal(false);
  const said = useSignal("");
  // The state that was opened: the list is asked for again under the hands of whoever writes.
  const seen = useSignal(review.etag);
  const changed = seen.value !== review.etag;
  const maySign = session.may("sign treatments");
  if (!maySign && !session.may("call doctor")) return null;
  const send = async (what: "sign" | "call-doctor") => {
    if (sending.value || changed || note.value.trim() === "") return;
    sending.value = true;
    try {
      const { treatment_id: id } = review.treatment;
      seen.value = (await api.signTreatment(id, what, note.value.trim(), seen.value)).review.etag;
      note.value = "";
      said.value = "";
    } catch (error) {
      const meanwhile = error instanceof ApiError && (error.status === 409 || error.status === 412);
      said.value = meanwhile ? t.refused : t.failed;
    }
    await onChange();
    sending.value = false;
  };
  return (
    <form
      class="review-actions"
      onSubmit={(event) => {
        event.preventDefault();
        void send(maySign ? "sign" : "call-doctor");
      }}
    >
      {changed && !sending.value && (
        <p class="review-changed" role="status">
          {t.changedSince}{" "}
          <button
            type="button"
            class="button"
            data-action="take-new"
            onClick={() => {
              seen.value = review.etag;
            }}
          >
            {t.takeNew}
          </button>
        </p>
      )}
      <label>
        {maySign ? t.note : t.noteOfCall}
        <input
          name="note"
          required
          maxLength={1000}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
        />
      </label>
      {maySign && (
        <button type="submit" class="button button-primary" data-action="sign" aria-disabled={sending.value || changed}>
          {sending.value ? t.signing : t.sign}
        </button>
      )}
      <button
        type={maySign ? "button" : "submit"}
        class="button"
        data-action="call-doctor"
        aria-disabled={sending.value || changed}
        onClick={maySign ? () => void send("call-doctor") : undefined}
      >
        {t.callDoctor}
      </button>
      {said.value !== "" && (
        <p class="failure" role="alert">
          {said.value}
        </p>
      )}
    </form>
  );
}
