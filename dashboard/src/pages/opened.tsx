// Access that somebody opened, for somebody else to judge afterwards.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { BackIcon } from "../components/icons";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { Glasses, GlassView } from "../messages";
import { link } from "../routes";
import { words } from "../words";

type Loaded = "loading" | "failed" | Glasses;

export function OpenedPage() {
  const { api } = useApp();
  const t = words().teams;
  const loaded = useSignal<Loaded>("loading");
  const load = () =>
    api.glasses().then(
      (answer) => {
        loaded.value = answer;
      },
      () => {
        loaded.value = "failed";
      },
    );
  useEffect(() => void load(), [api, loaded]);
  return (
    <main id="content" tabIndex={-1} class="page alerts-page teams-page">
      <header class="page-head">
        <a class="back" href={link.teams}>
          <BackIcon />
          {t.title}
        </a>
        <h1>{t.reviews.title}</h1>
      </header>
      <p class="devices-intro">{t.reviews.intro}</p>
      {loaded.value === "loading" && <p class="note">{t.loading}</p>}
      {loaded.value === "failed" && (
        <p class="failure" role="alert">
          {t.failed}
        </p>
      )}
      {typeof loaded.value !== "string" && loaded.value.glasses.length === 0 && <p class="note">{t.reviews.none}</p>}
      {typeof loaded.value !== "string" &&
        loaded.value.glasses.map((glass) => <Glass key={glass.glass_id} glass={glass} done={load} />)}
      {typeof loaded.value !== "string" && loaded.value.beyond && <p class="note">{t.reviews.beyond}</p>}
    </main>
  );
}

function Glass({ glass, done }: { readonly glass: GlassView; readonly done: () => Promise<void> }) {
  const { store } = useApp();
  const t = words().teams.reviews;
  const clock = (at: string) => formatClock(Date.parse(at), store.now.value, false);
  return (
    <article class="device-card team-card" data-testid="glass" data-overdue={glass.overdue}>
      <h2>
        {glass.patient} <span class="note">{t.span(clock(glass.opened_at), clock(glass.ended_at ?? glass.until))}</span>
      </h2>
      {glass.overdue && <p class="overdue">{t.overdue}</p>}
      {glass.open && <p class="overdue">{t.running}</p>}
      <p>
        <strong>{glass.who}</strong> <span class="note">{words().roles[glass.role] ?? glass.role}</span>{" "}
        {glass.clinic !== null && <span class="note">{glass.clinic}</span>}
      </p>
      <blockquote>{glass.reason}</blockquote>
      <p class="note">{t.deeds(glass.deeds)}</p>
      {glass.reviewer !== null && (
        <p>
          <strong>{t.judged(glass.reviewer, glass.right ?? false)}</strong> {glass.note}
        </p>
      )}
      {glass.reviewer === null && !glass.may_review && <p class="note">{t.own}</p>}
      {glass.may_review && <Judge id={glass.glass_id} done={done} />}
    </article>
  );
}

function Judge({ id, done }: { readonly id: string; readonly done: () => Promise<void> }) {
  const { api } = useApp();
  const t = words().teams.reviews;
  const note = useSignal("");
  const failed: Signal<boolean> = useSignal(false);
  const judge = (right: boolean) => {
    failed.value = false;
    api.reviewGlass(id, right, note.value.trim()).then(done, () => {
      failed.value = true;
    });
  };
  return (
    <div class="team-form">
      <label>
        {t.note}
        <input
          name="note"
          maxLength={2000}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
        />
      </label>
      <div class="answer-row">
        <button type="button" class="button button-primary" data-action="right" onClick={() => judge(true)}>
          {t.right}
        </button>
        <button type="button" class="button" data-action="wrong" onClick={() => judge(false)}>
          {t.wrong}
        </button>
      </div>
      {failed.value && (
        <p class="failure" role="alert">
          {words().teams.failed}
        </p>
      )}
    </div>
  );
}
