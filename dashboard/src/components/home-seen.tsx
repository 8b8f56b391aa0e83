// Whether anybody sees the patient, by the screens' own word; and where the link is broken, what that means and whom to call.
import { formatAge, formatClock } from "../format/times";
import type { Following } from "../home/following";
import type { Home, HomeWatcher } from "../messages";
import { words } from "../words";

/** A screen says every three seconds that it shows the patient: one that has missed a few does not count as seeing. */
const SEES_S = 15;

export function HomeSeen({ following }: { readonly following: Following }) {
  const t = words().home;
  const heard = following.heard.value;
  if (following.lost.value || heard === null) {
    const at = heard === null ? null : Date.parse(heard.home.server_time);
    return (
      <Broken title={t.lost.page} home={heard?.home ?? null} here>
        {at !== null && <p class="note">{t.lost.asOf(formatClock(at, at))}</p>}
      </Broken>
    );
  }
  const { home } = heard;
  if (home.way !== "working") {
    const title = home.way === "no unit" ? t.lost.noUnit : t.lost[home.way];
    return (
      <Broken title={title} home={home}>
        {home.way_since !== null && (
          <p class="note">{t.lost.since(formatClock(Date.parse(home.way_since), Date.parse(home.server_time)))}</p>
        )}
      </Broken>
    );
  }
  const sinceS = (following.silentMs.value ?? 0) / 1_000;
  const sees = (one: HomeWatcher) => one.age_s + sinceS <= SEES_S;
  const people = home.watching.filter((one) => one.attended && sees(one));
  const screens = home.watching.filter((one) => !one.attended && sees(one));
  const [first, ...others] = people;
  return (
    <section class="seen" data-testid="seen" data-seen={first !== undefined} aria-live="polite">
      {first !== undefined ? (
        <p class="seen-by">{t.seen.by(named(first), formatAge((first.age_s + sinceS) * 1_000))}</p>
      ) : (
        <p class="seen-by">
          {screens.length > 0 ? t.seen.onScreen(screens.map((one) => one.name).join(", ")) : t.seen.nobody}
        </p>
      )}
      {others.length > 0 && <p>{t.seen.others(others.map(named).join(", "))}</p>}
      {home.on_call.length > 0 ? (
        <p>{t.seen.called(home.on_call.join(", "))}</p>
      ) : (
        <>
          <p>{t.seen.nobodyOnCall}</p>
          <CallClinic home={home} />
        </>
      )}
    </section>
  );
}

function named(one: HomeWatcher): string {
  return `${words().roles[one.role] ?? one.role} ${one.name}`;
}

function Broken({
  title,
  home,
  here = false,
  children,
}: {
  readonly title: string;
  readonly home: Home | null;
  /** It is this page that does not reach the clinic. */
  readonly here?: boolean;
  readonly children: preact.ComponentChildren;
}) {
  const t = words().home.lost;
  return (
    <section class="seen seen-lost" data-testid="seen" data-seen="false" role="alert">
      <p class="seen-by">{title}</p>
      {children}
      {home?.way !== "no unit" && (
        <p>
          {t.protects} {home?.way !== "machine" && t.kept}
        </p>
      )}
      <p>{here ? t.unknown : t.notSeen}</p>
      <CallClinic home={home} />
    </section>
  );
}

export function CallClinic({ home }: { readonly home: Home | null }) {
  const t = words().home.lost;
  if (home === null || home.phone === null) return <p>{t.callClinic}</p>;
  return (
    <a class="button call" href={`tel:${home.phone.replace(/[^+0-9]/g, "")}`} data-action="call">
      {t.call} {home.clinic} {home.phone}
    </a>
  );
}
