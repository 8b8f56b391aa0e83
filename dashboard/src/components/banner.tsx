// What stands between the reader and the truth, in words, above everything else.
import { useApp } from "../context";
import { formatAge, formatClock } from "../format/times";
import { partialTrouble, pausedSince } from "../live/connection";
import { words } from "../words";
import { BarredIcon } from "./icons";

export function Banners() {
  const { store } = useApp();
  const t = words().banner;
  const now = store.now.value;
  const silence = store.silenceMs.value;
  if (store.connection.value === "lost") {
    if (silence === null) {
      return (
        <p class="banner" role="status" data-testid="connection-banner">
          {t.connecting}
        </p>
      );
    }
    return <Warning name="connection-banner" title={t.lost} detail={t.lastContact(formatAge(silence))} />;
  }
  const paused = pausedSince(store.ingest.value, store.liveFeed.value);
  const ingest = store.ingest.value;
  const unsaved = store.unsavedSince.value;
  const partial = partialTrouble(ingest);
  const alertFeed = store.alertFeed.value;
  return (
    <>
      {paused !== null && (
        <Warning name="paused-banner" title={t.paused(formatClock(Date.parse(paused), now))} detail={t.pausedDetail} />
      )}
      {unsaved !== null && (
        <Warning
          name="unsaved-banner"
          title={t.unsaved(formatClock(Date.parse(unsaved), now, false))}
          detail={t.unsavedDetail}
        />
      )}
      {partial !== null && ingest !== null && (
        <Warning
          name="partial-banner"
          title={t.partial[partial].title(formatClock(Date.parse(ingest.since), now))}
          detail={t.partial[partial].detail}
        />
      )}
      {alertFeed !== null && !alertFeed.alive && (
        <Warning
          name="alert-feed-banner"
          title={t.alertFeed(formatClock(Date.parse(alertFeed.since), now))}
          detail={t.alertFeedDetail}
        />
      )}
    </>
  );
}

interface WarningProps {
  readonly name: string;
  readonly title: string;
  readonly detail: string;
}

function Warning({ name, title, detail }: WarningProps) {
  return (
    <div class="banner banner-strong" data-testid={name}>
      <BarredIcon />
      {/* Only the part that does not change every second is announced. */}
      <strong role="alert">{title}</strong> <span>{detail}</span>
    </div>
  );
}
