// Who is answerable, in one line of words with a shape: nobody is asked, being asked, accepted by whom until when.

import type { ComponentChildren } from "preact";
import { isShelved } from "../alerts/priority";
import type { Standing } from "../alerts/standing";
import { useApp } from "../context";
import { toldNow } from "../format/reasons";
import { formatClock } from "../format/times";
import type { AlertView, Answerable } from "../messages";
import { words } from "../words";
import { AskingIcon, BarredIcon, CheckIcon, ShelfIcon, UnansweredIcon } from "./icons";

const ICONS: Readonly<Record<Answerable, () => ComponentChildren>> = {
  nobody: BarredIcon,
  asking: AskingIcon,
  accepted: CheckIcon,
  unanswered: UnansweredIcon,
  over: CheckIcon,
};

export function AnswerLine({ standing }: { readonly standing: Standing }) {
  const { store } = useApp();
  const Icon = ICONS[standing.state];
  return (
    <p class="answer-line" data-testid="answer-line" data-answer={standing.state}>
      <Icon />
      <span>{sentence(standing, store.now.value)}</span>
    </p>
  );
}

function sentence({ state, round, acceptedBy, acceptedUntil, reason }: Standing, nowMs: number): string {
  const t = words().answers;
  switch (state) {
    case "nobody":
      return t.line.nobody(toldNow(reason).text);
    case "asking":
      return t.line.asking(round);
    case "unanswered":
      return t.line.unanswered(round);
    case "accepted":
      return t.line.accepted(acceptedBy ?? "–", acceptedUntil === null ? null : clock(acceptedUntil, nowMs));
    case "over":
      return t.list.over;
  }
}

/** That an alert is set aside, by whom, until when and why. */
export function ShelfLine({ alert }: { readonly alert: AlertView }) {
  const { store } = useApp();
  if (!isShelved(alert) || alert.shelved_until === null) return null;
  const until = clock(alert.shelved_until, store.now.value);
  return (
    <p class="answer-line" data-testid="shelf-line">
      <ShelfIcon />
      <span>{words().answers.line.shelved(alert.shelved_by ?? "–", until, alert.shelved_reason ?? "–")}</span>
    </p>
  );
}

/** The same in a few words, for a tile on the wall; null where there is nothing to be said of it. */
export function ShortAnswer({ alert }: { readonly alert: AlertView }) {
  const { store } = useApp();
  const t = words().answers.short;
  const state = alert.answer?.state;
  if (isShelved(alert) && alert.shelved_until !== null) {
    return short("shelved", ShelfIcon, t.shelved(clock(alert.shelved_until, store.now.value)));
  }
  if (state === "asking" || state === "unanswered") return short(state, ICONS[state], t[state]);
  const name = alert.answer?.accepted_by ?? null;
  if (state === "accepted" && name !== null) return short(state, CheckIcon, name, t.accepted(name));
  if (alert.acknowledged_by !== null) {
    return short("acknowledged", CheckIcon, alert.acknowledged_by, words().alerts.byShort(alert.acknowledged_by));
  }
  return state === "nobody" ? short(state, BarredIcon, t.nobody) : null;
}

function short(state: string, Icon: () => ComponentChildren, text: string, spoken: string = text) {
  return (
    <span class="tile-answer" data-answer={state} title={spoken}>
      <Icon />
      <span class="tile-answer-text" aria-hidden="true">
        {text}
      </span>
      <span class="hidden">{spoken}</span>
    </span>
  );
}

function clock(iso: string, nowMs: number): string {
  return formatClock(Date.parse(iso), nowMs, false);
}
