// You are asked: what the socket brought to this person, above every page until somebody has answered.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isUnderWay, noticeKey } from "../alerts/answering";
import { isAsked } from "../alerts/priority";
import { type Standing, standingOfNotice } from "../alerts/standing";
import { ApiError } from "../api";
import { useApp } from "../context";
import { formatAge } from "../format/times";
import { ageMs } from "../live/freshness";
import type { PageOnScreen } from "../live/pages";
import type { NoticeView } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { AlertFlag } from "./alert-flag";
import { AnswerButtons } from "./answer-buttons";
import { NoticeTitle } from "./notice-card";

/** More would hide what they are about; the others are counted, and stand on the work list. */
const MOST_SHOWN = 2;
const LOOK_AGAIN_MS = 10_000;

export function PageBanners() {
  const { pages } = useApp();
  const t = words().answers.page;
  const open = pages.open.value;
  if (open.length === 0) return null;
  return (
    <section class="page-banners" aria-label={t.label}>
      {open.slice(0, MOST_SHOWN).map((page) => (
        <PageBanner key={page.delivery} page={page} />
      ))}
      {open.length > MOST_SHOWN && (
        <a class="page-banner-more" href={link.notices}>
          {t.more(open.length - MOST_SHOWN)}
        </a>
      )}
    </section>
  );
}

function PageBanner({ page }: { readonly page: PageOnScreen }) {
  const { pages, rules, store } = useApp();
  const t = words().answers.page;
  const notice = useNotice(page);
  useShown(page.delivery);
  const standing: Standing | null = notice === null || notice === "hidden" ? null : standingOfNotice(notice);
  const asked = standing === null || isAsked(standing.state);
  return (
    <div
      class={`page-banner priority-${page.priority}`}
      data-testid="page-banner"
      data-notice={page.notice}
      data-alert-priority={page.priority}
    >
      <AlertFlag priority={page.priority} flashing={asked} />
      <p class="page-banner-text">
        {/* Only what does not change every second is announced. */}
        <strong role="alert">{asked ? t.needed : t.noLonger}</strong>
        {notice !== null && notice !== "hidden" && (
          <span class="page-banner-about">
            <NoticeTitle notice={notice} />
            {notice.alerts[0] !== undefined && ` · ${rules.title(notice.alerts[0])}`}
          </span>
        )}
        {notice === "hidden" && <span class="page-banner-about">{t.notHere}</span>}
        <span class="alert-bar-age">{t.asked(formatAge(ageMs(Date.parse(page.queuedAt), store.now.value)))}</span>
      </p>
      <div class="answer-row">
        {standing !== null && <AnswerButtons standing={standing} />}
        {notice === "hidden" || !asked ? (
          <button type="button" class="button" data-action="close-page" onClick={() => pages.settle(page.delivery)}>
            {t.close}
          </button>
        ) : (
          <a
            class="button"
            data-action="open-page"
            href={link.notice(page.notice)}
            onClick={() => pages.opened(page.delivery)}
          >
            {t.open}
          </a>
        )}
      </div>
    </div>
  );
}

/**
 * What the page is about, by the server's word now and then and whenever an alert tells of a change; null until then,
 * "hidden" where this person may not see it. When nobody is asked any more the page goes; but whoever was a moment too
 * late with an answer of their own is first told who has it.
 */
function useNotice(page: PageOnScreen): NoticeView | "hidden" | null {
  const { answering, api, pages, session, store } = useApp();
  const may = session.may("see notices");
  const notice = useSignal<NoticeView | "hidden" | null>(may ? null : "hidden");
  const told = useComputed(() => {
    const of = store.open.value.filter((alert) => alert.answer?.notice_id === page.notice);
    return of.map(({ answer }) => `${answer?.state} ${answer?.round}`).join();
  }).value;
  const doing = answering.doing.value.get(noticeKey(page.notice))?.kind;
  useEffect(() => {
    if (!may) return;
    let current = true;
    const look = () =>
      api.notice(page.notice).then(
        (answer) => {
          if (!current) return;
          notice.value = answer.notice;
          const own = answering.doing.peek().get(noticeKey(page.notice));
          const stays = isUnderWay(own) || own?.kind === "refused";
          if (!isAsked(answer.notice.state) && !stays) pages.settle(page.delivery);
        },
        (error: unknown) => {
          const hidden = error instanceof ApiError && (error.status === 403 || error.status === 404);
          if (current && hidden) notice.value = "hidden";
        },
      );
    void look();
    const timer = window.setInterval(() => void look(), LOOK_AGAIN_MS);
    return () => {
      current = false;
      window.clearInterval(timer);
    };
  }, [answering, api, pages, notice, may, page.notice, page.delivery, told, doing]);
  return notice.value;
}

/** Says that the page is here once somebody can see it: a tab in the background has shown it to nobody. */
function useShown(delivery: string): void {
  const { pages } = useApp();
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") pages.shown(delivery);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [pages, delivery]);
}
