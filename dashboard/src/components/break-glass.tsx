// Access to a patient who is not among one's own: how it is opened, and the banner that stands as long as it lasts.

import { useSignal } from "@preact/signals";
import { useApp } from "../context";
import { refusalNow } from "../format/refusals";
import { formatClock } from "../format/times";
import type { Unit } from "../live/unit";
import { useAsked } from "../pages/asked";
import { link } from "../routes";
import { words } from "../words";
import { BarredIcon } from "./icons";

const AGAIN_MS = 60_000;

/** Whether patients may be hidden from this person, as the server says; it may change. Where it cannot say: they may. */
export function useHidden(): boolean {
  const { api } = useApp();
  const asked = useAsked(() => api.me(), "hidden", "", AGAIN_MS);
  return asked !== "loading" && (asked === "failed" || asked.hidden);
}

/** What a page says of a home that this person is not told of; there may be none of that id, and it is not said which. */
export function NotAmongYours({ unit }: { readonly unit: string }) {
  const { session } = useApp();
  const hidden = useHidden();
  const t = words().teams.notYours;
  if (!session.may("break glass") || !hidden) return <p class="empty">{words().patient.unknown}</p>;
  return (
    <section class="device-card break-glass" aria-labelledby="not-yours" data-testid="not-yours">
      <h1 id="not-yours">{t.title}</h1>
      <p>{t.detail}</p>
      <BreakGlassForm whom={unit} />
    </section>
  );
}

export function BreakGlassForm({ whom }: { readonly whom: string }) {
  const { api } = useApp();
  const t = words().teams.notYours;
  const called = useSignal(whom);
  const reason = useSignal("");
  const sending = useSignal(false);
  const failure = useSignal<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (sending.value) return;
    sending.value = true;
    failure.value = null;
    try {
      const opened = await api.breakGlass(called.value.trim(), reason.value.trim());
      if (opened.unit != null) window.location.hash = link.patient(opened.unit);
    } catch (error) {
      failure.value = refusalNow(error, words().teams.failed);
    }
    sending.value = false;
  };
  return (
    <form class="team-form" onSubmit={(event) => void submit(event)}>
      <label>
        {t.whom}
        <input
          name="whom"
          required
          maxLength={200}
          autocomplete="off"
          value={called.value}
          onInput={(event) => {
            called.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        {t.reason}
        <textarea
          name="reason"
          required
          minLength={10}
          maxLength={2000}
          rows={3}
          value={reason.value}
          onInput={(event) => {
            reason.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button button-primary" data-action="break-glass" aria-disabled={sending.value}>
        {sending.value ? t.opening : t.open}
      </button>
      {failure.value !== null && (
        <p class="failure" role="alert">
          {failure.value}
        </p>
      )}
    </form>
  );
}

/** On every page of a patient who is seen because this person broke the glass. */
export function OpenedBanner({ unit }: { readonly unit: Unit }) {
  const { api, store } = useApp();
  const t = words().teams.opened;
  const failed = useSignal(false);
  const { opened } = unit;
  if (opened === null) return null;
  const end = () =>
    api.endBreakGlass(opened.glass_id).then(
      () => undefined,
      () => {
        failed.value = true;
      },
    );
  return (
    <div class="opened-banner" role="status" data-testid="opened-banner">
      <BarredIcon />
      <strong>{t.title(formatClock(Date.parse(opened.until), store.now.value, false))}</strong>
      <span>{t.detail}</span>
      <button type="button" class="button" data-action="end-break-glass" onClick={() => void end()}>
        {t.end}
      </button>
      {failed.value && <span class="failure">{words().teams.failed}</span>}
    </div>
  );
}
