// Where one can go: what is looked at all the time stands in a row, the rest is under two words.
import { useEffect, useRef } from "preact/hooks";
import { awaitsAnswer } from "../alerts/priority";
import { useApp } from "../context";
import type { Me } from "../messages";
import { narrow } from "../narrow";
import { useAsked } from "../pages/asked";
import { countReviews, forgetReviews, moreReviews, waitingReviews } from "../reviews";
import { link, route } from "../routes";
import { words } from "../words";

const COUNT_MS = 60_000;
const SIGNATURES_MS = 20_000;

interface Place {
  readonly to: string;
  readonly name: string;
  /** Pages that belong to it. */
  readonly pages: readonly string[];
  readonly needs: Me["may"][number];
  /** How much waits there. */
  readonly waiting?: number;
  /** At least so much. */
  readonly more?: boolean;
}

export function Navigation() {
  const { store, session } = useApp();
  const t = words();
  const { page } = route.value;
  const waiting = store.open.value.filter(awaitsAnswer).length;
  useReviewCount();
  const signatures = useSignatureCount();
  const ofReview: Place = {
    to: link.reviews,
    name: t.reviews.nav,
    pages: ["reviews", "report"],
    needs: "see treatments",
    waiting: waitingReviews.value,
    more: moreReviews.value,
  };
  const ofDuty: readonly Place[] = [
    { to: link.rota, name: t.duty.nav.rota, pages: ["rota"], needs: "see rota" },
    { to: link.handover, name: t.duty.nav.handover, pages: ["handover"], needs: "see load" },
    { to: link.load, name: t.duty.nav.load, pages: ["load"], needs: "see load" },
    { to: link.teams, name: t.teams.nav, pages: ["teams", "opened"], needs: "see teams" },
    {
      to: link.signatures,
      name: t.prescription.nav,
      pages: ["signatures"],
      needs: "change prescription",
      waiting: narrow.value ? signatures : 0,
    },
  ];
  const ofAdministration: readonly Place[] = [
    { to: link.units, name: t.admin.nav.units, pages: ["units", "unit"], needs: "see installations" },
    { to: link.users, name: t.admin.nav.users, pages: ["users"], needs: "manage users" },
    { to: link.audit, name: t.admin.nav.audit, pages: ["audit"], needs: "see audit" },
    { to: link.system, name: t.admin.nav.system, pages: ["system"], needs: "see system" },
  ];
  return (
    <nav class="nav" aria-label={t.nav.label}>
      <a href={link.wall} aria-current={page === "wall" ? "page" : undefined}>
        {t.nav.wall}
      </a>
      {session.may("see alerts") && (
        <a href={link.alerts} aria-current={page === "alerts" ? "page" : undefined}>
          {t.nav.alerts}
          <Count of={waiting} testid="waiting-count" />
        </a>
      )}
      {session.may("see notices") && (
        <a href={link.notices} aria-current={page === "notices" || page === "delivery" ? "page" : undefined}>
          {t.answers.list.nav}
        </a>
      )}
      {/* On a phone there is no room for it beside the others: it is counted under the one word. */}
      {!narrow.value && (signatures > 0 || page === "signatures") && (
        <a href={link.signatures} aria-current={page === "signatures" ? "page" : undefined}>
          {t.prescription.nav}
          <Count of={signatures} testid="signature-count" />
        </a>
      )}
      {narrow.value ? (
        <Menu name={t.nav.more} places={[ofReview, ...ofDuty, ...ofAdministration]} />
      ) : (
        <>
          {session.may("see treatments") && <ReviewsLink here={ofReview.pages.includes(page)} />}
          <Menu name={t.nav.duty} places={ofDuty} />
          <Menu name={t.nav.administration} places={ofAdministration} />
        </>
      )}
    </nav>
  );
}

/** Some places under one word; one place alone stands for itself, none leaves nothing. */
function Menu({ name, places }: { readonly name: string; readonly places: readonly Place[] }) {
  const { session } = useApp();
  const { page } = route.value;
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => menu.current?.removeAttribute("open");
  useEffect(close, [page]);
  useEffect(() => {
    const outside = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const open = places.filter(({ needs }) => session.may(needs));
  const sum = open.reduce((all, { waiting = 0 }) => all + waiting, 0);
  const links = open.map(({ to, name: label, pages, waiting = 0, more = false }) => (
    <a key={to} href={to} aria-current={pages.includes(page) ? "page" : undefined} onClick={close}>
      {label}
      <Count of={waiting} more={more} testid="place-count" />
    </a>
  ));
  if (open.length < 2) return <>{links}</>;
  return (
    <details
      ref={menu}
      class="menu"
      data-here={open.some(({ pages }) => pages.includes(page))}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        close();
        menu.current?.querySelector("summary")?.focus();
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget !== null && !menu.current?.contains(event.relatedTarget as Node)) close();
      }}
    >
      <summary>
        {name}
        <Count of={sum} more={open.some(({ more = false }) => more)} testid="menu-count" />
      </summary>
      <div class="menu-places">{links}</div>
    </details>
  );
}

/** Counted as long as somebody is signed in who may see them, however wide the screen; forgotten with the session. */
function useReviewCount() {
  const { api, session } = useApp();
  const counts = session.may("see treatments");
  useEffect(() => {
    if (!counts) return undefined;
    void countReviews(api);
    const timer = setInterval(() => void countReviews(api), COUNT_MS);
    return () => {
      clearInterval(timer);
      forgetReviews();
    };
  }, [api, counts]);
}

function ReviewsLink({ here }: { readonly here: boolean }) {
  return (
    <a href={link.reviews} aria-current={here ? "page" : undefined}>
      {words().reviews.nav}
      <Count of={waitingReviews.value} more={moreReviews.value} testid="review-count" />
    </a>
  );
}

/** What waits for this person's signature; asked for now and then, since nothing pages for it. */
function useSignatureCount(): number {
  const { api, session } = useApp();
  const may = session.may("change prescription");
  const nothing = { proposals: [] as readonly { readonly may_sign: boolean }[] };
  const ask = () => (may ? api.proposals() : Promise.resolve(nothing));
  const asked = useAsked(ask, `proposals ${may}`, route.value.page, may ? SIGNATURES_MS : null);
  return typeof asked === "string" ? 0 : asked.proposals.filter((one) => one.may_sign).length;
}

interface CountProps {
  readonly of: number;
  readonly testid: string;
  /** There are at least so many. */
  readonly more?: boolean;
}

function Count({ of, testid, more = false }: CountProps) {
  return of === 0 && !more ? null : (
    <span class="count" data-testid={testid}>
      {more ? `${of}+` : of}
    </span>
  );
}
