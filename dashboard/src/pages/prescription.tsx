// What is prescribed for a patient and which limits are their own: what holds, what waits, what was; and changing it.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { ChangePanel } from "../components/change-panel";
import { BackIcon } from "../components/icons";
import { Items, Rules } from "../components/limit-fields";
import { PrescriptionHistory } from "../components/prescription-history";
import { ProposalCard } from "../components/proposal-card";
import { ReadingAge } from "../components/reading-age";
import { useApp } from "../context";
import type { Prescription, Proposed } from "../messages";
import { changed, type Wrong, wrongIn } from "../prescription/draft";
import { EVERY_MS, type Read, Reading } from "../prescription/reading";
import { link } from "../routes";
import { words } from "../words";

export function PrescriptionPage({ id }: { readonly id: string }) {
  const { api } = useApp();
  const t = words().prescription;
  const reading = useMemo(() => new Reading(api, id), [api, id]);
  const said = useSignal("");
  useEffect(() => {
    const look = () => {
      if (!document.hidden) void reading.read();
    };
    void reading.read();
    const timer = window.setInterval(look, EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [reading]);
  const settled = (now: Proposed | null) => {
    const state = now?.proposal.state;
    said.value = state === "waiting" ? t.change.asked : state === "in force" ? t.change.saved : "";
    void reading.read(true);
  };
  const held = reading.held.value;
  const name = typeof held === "string" ? id : held.prescription.patient;
  return (
    <main id="content" tabIndex={-1} class="page prescription-page" data-testid="prescription">
      <header class="patient-head">
        <a class="back" href={link.patient(id)}>
          <BackIcon />
          {t.back}
        </a>
        <h1>
          {t.title}: {name}
        </h1>
      </header>
      <p class="prescription-said" role="status" data-testid="said">
        {said.value}
      </p>
      {held === "loading" && <p class="note">{words().alerts.loading}</p>}
      {held === "nobody" && <p class="empty">{t.nobody}</p>}
      {held === "failed" && (
        <p class="failure" role="alert">
          {words().alerts.failed}{" "}
          <button type="button" class="button" onClick={() => void reading.read()}>
            {words().alerts.retry}
          </button>
        </p>
      )}
      {typeof held !== "string" && (
        <>
          <ReadingAge reading={reading} />
          <Known reading={reading} read={held} onSettled={settled} />
        </>
      )}
    </main>
  );
}

interface KnownProps {
  readonly reading: Reading;
  readonly read: Read;
  readonly onSettled: (now: Proposed | null) => void;
}

function Known({ reading, read, onSettled }: KnownProps) {
  const { session } = useApp();
  const { prescription, tag } = read;
  const t = words().prescription;
  const { draft } = reading;
  const theirs = useSignal<Wrong>(new Map());
  const mayChange = session.may("change prescription");
  const wrong = new Map([
    ...theirs.value,
    ...wrongIn(prescription, draft.value, { noNumber: t.noNumber, range: t.outOfRange }),
  ]);
  const onType = (field: string, text: string) => {
    draft.value = new Map([...draft.value, [field, text]]);
    theirs.value = new Map([...theirs.value].filter(([one]) => one !== field));
  };
  const editing = mayChange ? { draft: draft.value, changed: changed(prescription, draft.value), wrong, onType } : null;
  const saved = (now: Proposed) => {
    draft.value = new Map();
    onSettled(now);
  };
  return (
    <div class="prescription-columns">
      <div>
        {prescription.waiting !== null && <ProposalCard proposal={prescription.waiting} onSettled={onSettled} />}
        {!mayChange && <p class="note">{t.readOnly}</p>}
        <Items items={prescription.items} editing={editing} />
        <Rules of={prescription.rules} editing={editing} />
        <Between prescription={prescription} />
      </div>
      <aside>
        {mayChange && (
          <ChangePanel
            prescription={prescription}
            tag={tag}
            draft={draft.value}
            wrong={wrong}
            onWrong={(found) => {
              theirs.value = found;
            }}
            onSaved={saved}
            onStale={() => void reading.read(true)}
            onDiscard={() => {
              reading.discard();
              theirs.value = new Map();
            }}
          />
        )}
        <PrescriptionHistory prescription={prescription} version={tag} />
      </aside>
    </div>
  );
}

function Between({ prescription }: { readonly prescription: Prescription }) {
  const { rules } = useApp();
  const t = words().prescription;
  return (
    <details class="prescription-part">
      <summary>{t.between}</summary>
      <p class="note">{t.betweenNote}</p>
      {prescription.between.map((rule) => (
        <p key={rule.rule}>
          <span class="rule-id">{rule.rule}</span> {rules.title(rule)}:{" "}
          {rule.limits
            .map((one) => `${one.name} ${one.own ?? one.usual}${one.own === null ? "" : ` (${t.own})`}`)
            .join(", ")}
        </p>
      ))}
    </details>
  );
}
