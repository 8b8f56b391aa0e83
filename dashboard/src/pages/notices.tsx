// The work list: what people are told and who has it, unanswered first; or one notice of it with its whole record.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isAsked } from "../alerts/priority";
import { FirstOfMany } from "../components/first-of-many";
import { BackIcon } from "../components/icons";
import { NoticeCard } from "../components/notice-card";
import { useApp } from "../context";
import type { NoticeDetail, NoticeView } from "../messages";
import { link } from "../routes";
import { words } from "../words";

const LOOK_AGAIN_MS = 10_000;
const AT_MOST_EVERY_MS = 1000;

export function NoticesPage({ selected }: { readonly selected: string | null }) {
  return selected === null ? <WorkList /> : <OneNotice key={selected} id={selected} />;
}

type Loaded<Answer> = Answer | "loading" | "failed";

function WorkList() {
  const { api } = useApp();
  const t = words().answers.list;
  const notices = useLoaded(async () => (await api.notices()).notices, "list");
  const list = typeof notices === "string" ? [] : notices;
  return (
    <main id="content" tabIndex={-1} class="page alerts-page">
      <div class="page-head">
        <h1>{t.title}</h1>
      </div>
      {notices === "loading" && <p class="note">{words().alerts.loading}</p>}
      {notices === "failed" && (
        <p class="failure" role="alert">
          {words().alerts.failed}
        </p>
      )}
      {typeof notices !== "string" && list.length === 0 && (
        <div class="empty">
          <p>{t.none}</p>
          <p class="note">{t.noneNote}</p>
        </div>
      )}
      {grouped(list).map(([group, of]) => (
        <section key={group} class="alert-list" data-testid={`notices-${group}`} aria-labelledby={`notices-${group}`}>
          <h2 id={`notices-${group}`}>
            {t.groups[group]} <span class="count-plain">{of.length}</span>
          </h2>
          <FirstOfMany of={of}>{(notice) => <NoticeCard key={notice.notice_id} notice={notice} />}</FirstOfMany>
        </section>
      ))}
    </main>
  );
}

function OneNotice({ id }: { readonly id: string }) {
  const { api } = useApp();
  return <ShownNotice detail={useLoaded(() => api.notice(id), id)} />;
}

/** A notice with its record, or why there is none. */
export function ShownNotice({ detail }: { readonly detail: Loaded<NoticeDetail> }) {
  const t = words().answers.list;
  return (
    <main id="content" tabIndex={-1} class="page alerts-page one-notice">
      <div class="page-head">
        <a class="back" href={link.notices}>
          <BackIcon />
          {t.back}
        </a>
        <h1>{t.oneOf}</h1>
      </div>
      {detail === "loading" && <p class="note">{words().alerts.loading}</p>}
      {detail === "failed" && <p class="empty">{t.gone}</p>}
      {typeof detail !== "string" && <NoticeCard notice={detail.notice} detail={detail} />}
    </main>
  );
}

type Group = "asked" | "accepted" | "listed";

/** Unanswered and asked first, then what somebody has, then what is only listed; groups with nothing in them left out. */
export function grouped(notices: readonly NoticeView[]): readonly (readonly [Group, readonly NoticeView[]])[] {
  const groups: Record<Group, NoticeView[]> = { asked: [], accepted: [], listed: [] };
  for (const notice of notices) groups[groupOf(notice)].push(notice);
  groups.asked.sort((left, right) => Number(right.state === "unanswered") - Number(left.state === "unanswered"));
  return (["asked", "accepted", "listed"] as const).map((group) => [group, groups[group]] as const).filter(hasAny);
}

function groupOf(notice: NoticeView): Group {
  if (isAsked(notice.state)) return "asked";
  return notice.state === "accepted" ? "accepted" : "listed";
}

function hasAny([, list]: readonly [Group, readonly NoticeView[]]): boolean {
  return list.length > 0;
}

/** What the server says, asked again now and then, after each answer, and whenever an alert tells of a change. */
export function useLoaded<Answer>(ask: () => Promise<Answer>, key: string): Loaded<Answer> {
  const { answering, store } = useApp();
  const loaded = useSignal<Loaded<Answer>>("loading");
  const told = useComputed(() => {
    const answers = [...store.alerts.value.values()].map(({ alert_id, answer }) => `${alert_id} ${answer?.state}`);
    return `${answers.join()} ${answering.doing.value.size}`;
  }).value;
  const asked = useRef({ key: "", atMs: Number.NEGATIVE_INFINITY });
  useEffect(() => {
    const look = () => {
      asked.current = { key, atMs: performance.now() };
      ask().then(
        (answer) => {
          if (asked.current.key === key) loaded.value = answer;
        },
        () => {
          // What was loaded stays: the banner above says when nothing is live.
          if (asked.current.key === key && typeof loaded.value === "string") loaded.value = "failed";
        },
      );
    };
    // In a storm alerts tell of changes all the time: it is asked once a second then, and what comes back is shown.
    const { key: lastKey, atMs } = asked.current;
    const sinceMs = lastKey === key ? performance.now() - atMs : Number.POSITIVE_INFINITY;
    let timer = window.setTimeout(
      function again() {
        look();
        timer = window.setTimeout(again, LOOK_AGAIN_MS);
      },
      Math.max(0, AT_MOST_EVERY_MS - sinceMs),
    );
    return () => window.clearTimeout(timer);
    // `ask` is made anew with each drawing; `key` says whether it asks for something else.
  }, [loaded, key, told]);
  return loaded.value;
}
