// What a person can say to a notice as it stands: accept, reject, give back, take over from another.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isUnderWay, noticeKey } from "../alerts/answering";
import { isAsked } from "../alerts/priority";
import type { Standing } from "../alerts/standing";
import type { Answer } from "../api";
import { useApp } from "../context";
import { words } from "../words";
import { Refusal } from "./refusal";

export function AnswerButtons({ standing }: { readonly standing: Standing }) {
  const { session, store } = useApp();
  const { state, acceptedBy, yours } = standing;
  if (state === "over" || !session.may("answer notices")) return null;
  if (store.unsavedSince.value !== null) return <ImpossibleToAnswer />;
  return (
    <>
      {state !== "accepted" && <Say standing={standing} answer="accept" primary />}
      {isAsked(state) && <Say standing={standing} answer="reject" />}
      {state === "accepted" && yours && <Say standing={standing} answer="release" />}
      {state === "accepted" && !yours && <TakeOver key={acceptedBy} standing={standing} />}
      <Refusal of={noticeKey(standing.notice)} />
    </>
  );
}

const LABELS = { accept: "accept", reject: "reject", release: "release", "take-over": "takeOverYes" } as const;

interface SayProps {
  readonly standing: Standing;
  readonly answer: Answer;
  readonly primary?: boolean;
}

function Say({ standing, answer, primary = false }: SayProps) {
  const { answering } = useApp();
  const t = words().answers;
  const doing = answering.doing.value.get(noticeKey(standing.notice));
  const sending = isUnderWay(doing);
  return (
    <button
      type="button"
      class={`button ${primary ? "button-primary" : ""}`}
      data-action={answer}
      data-notice={standing.notice}
      aria-disabled={sending}
      onClick={() => void answering.answer(standing.notice, answer)}
    >
      {doing !== undefined && "what" in doing && doing.what === answer ? t.sending : t[LABELS[answer]]}
    </button>
  );
}

/** From somebody who is at it: asked once more, in the same place. */
function TakeOver({ standing }: { readonly standing: Standing }) {
  const t = words().answers;
  const asking = useSignal(false);
  const question = useRef<HTMLFieldSetElement>(null);
  // The button that was pressed is gone: the keyboard goes on at the question.
  useEffect(() => {
    question.current?.querySelector("button")?.focus();
  }, [asking.value]);
  const ask = (value: boolean) => () => {
    asking.value = value;
  };
  if (!asking.value) {
    return (
      <button type="button" class="button" data-action="take-over-ask" onClick={ask(true)}>
        {t.takeOver}
      </button>
    );
  }
  return (
    <fieldset class="answer-confirm" ref={question}>
      <legend>{t.takeOverFrom(standing.acceptedBy ?? "–")}</legend>
      <Say standing={standing} answer="take-over" primary />
      <button type="button" class="button" onClick={ask(false)}>
        {t.no}
      </button>
    </fieldset>
  );
}

/** Where nothing can be recorded that is said, instead of letting a button fail when it is pressed. */
export function ImpossibleToAnswer() {
  const t = words().answers;
  return (
    <p class="note" data-testid="answer-impossible">
      <strong>{t.impossible}.</strong> {t.impossibleWhy}
    </p>
  );
}
