// On every page: the most urgent alert nobody has answered, with its answer one key away.
import { useComputed } from "@preact/signals";
import { awaitsAnswer } from "../alerts/priority";
import { useApp } from "../context";
import { formatAge } from "../format/times";
import { ageMs } from "../live/freshness";
import type { AlertView } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { Acknowledge } from "./acknowledge";
import { AlertFlag } from "./alert-flag";
import { UnsavedMark } from "./unsaved-mark";

export function AlertBar() {
  const { store, pages, rules } = useApp();
  // What this person is asked about has a banner of its own, under which a low one would only take room.
  const waiting = useComputed(() => {
    const asked = new Set(pages.open.value.map((page) => page.notice));
    const shown = (alert: AlertView) =>
      !asked.has(alert.answer?.notice_id ?? "") && (asked.size === 0 || alert.priority !== "low");
    return store.open.value.filter((alert) => awaitsAnswer(alert) && shown(alert));
  }).value;
  const [worst] = waiting;
  const t = words().alerts;
  if (worst === undefined) return null;
  const unit = store.unit(worst.unit)?.value;
  return (
    <section
      class={`alert-bar priority-${worst.priority}`}
      aria-label={t.barLabel}
      data-testid="alert-bar"
      data-alert-priority={worst.priority}
    >
      <AlertFlag key={worst.alert_id} priority={worst.priority} flashing />
      <p class="alert-bar-text">
        {/* Only what does not change every second is announced. */}
        <span role="alert">
          <a class="alert-bar-name" href={link.patient(worst.unit)}>
            {unit?.patient ?? unit?.label ?? worst.unit}
          </a>{" "}
          {rules.title(worst)}
        </span>
        {worst.unsaved && <UnsavedMark />}
        <span class="alert-bar-age">{t.ago(formatAge(ageMs(Date.parse(worst.since), store.now.value)))}</span>
      </p>
      {waiting.length > 1 && (
        <a class="alert-bar-more" href={link.alerts}>
          {t.moreWaiting(waiting.length - 1)}
        </a>
      )}
      <Acknowledge alert={worst} />
    </section>
  );
}
