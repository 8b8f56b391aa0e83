// Who was shown this patient, and who did something about them: one click from the patient's page.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { Look } from "../messages";
import { words } from "../words";

export function WhoLookedPanel({ unit }: { readonly unit: string }) {
  const opened = useSignal(false);
  if (!useApp().session.may("see who looked")) return null;
  return (
    <details
      class="why who-looked"
      data-testid="who-looked"
      onToggle={(event) => {
        opened.value = event.currentTarget.open;
      }}
    >
      <summary>{words().whoLooked.title}</summary>
      {opened.value && <Looks unit={unit} />}
    </details>
  );
}

function Looks({ unit }: { readonly unit: string }) {
  const { api, store } = useApp();
  const t = words().whoLooked;
  const now = store.now.value;
  const rows = useSignal<readonly Look[]>([]);
  const next = useSignal<string | null>(null);
  const state = useSignal<"loading" | "failed" | "loaded">("loading");
  const load = (before: string | null) => {
    let current = true;
    state.value = "loading";
    api.whoLooked(unit, before).then(
      (answer) => {
        if (!current) return;
        rows.value = before === null ? answer.rows : [...rows.value, ...answer.rows];
        next.value = answer.next;
        state.value = "loaded";
      },
      () => {
        if (current) state.value = "failed";
      },
    );
    return () => {
      current = false;
    };
  };
  useEffect(() => load(null), [api, unit]);
  return (
    <div class="record">
      <ul class="looks">
        {rows.value.map((look) => (
          <li key={look.row}>
            <time dateTime={look.at}>{formatClock(Date.parse(look.at), now, false)}</time> <strong>{look.who}</strong>{" "}
            {look.role !== "" && <span class="note">{words().roles[look.role] ?? look.role}</span>} {look.what}
          </li>
        ))}
      </ul>
      {state.value === "loading" && <p class="note">{t.loading}</p>}
      {state.value === "loaded" && rows.value.length === 0 && <p class="note">{t.nobody}</p>}
      {state.value === "failed" && (
        <p class="failure">
          {t.failed}{" "}
          <button type="button" class="button" onClick={() => load(next.value)}>
            {t.retry}
          </button>
        </p>
      )}
      {state.value === "loaded" && next.value !== null && (
        <button type="button" class="button" onClick={() => load(next.value)}>
          {t.more}
        </button>
      )}
    </div>
  );
}
