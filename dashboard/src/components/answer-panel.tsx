// Under an alert: who is answerable for it, what was said of this very alert, and everything a person may do about it.

import { isAsked, isOpen } from "../alerts/priority";
import { standingOfAlert } from "../alerts/standing";
import { useApp } from "../context";
import { toldNow } from "../format/reasons";
import type { AlertView } from "../messages";
import { words } from "../words";
import { Acknowledge } from "./acknowledge";
import { AnswerButtons } from "./answer-buttons";
import { AnswerLine, ShelfLine } from "./answer-line";
import { EndHelp, HELP } from "./end-help";
import { Shelve } from "./shelve";

export function AnswerPanel({ alert }: { readonly alert: AlertView }) {
  const { session, store } = useApp();
  const t = words().answers;
  const standing = standingOfAlert(alert, session.me.value?.user.name);
  if (!isOpen(alert) || alert.unsaved) return <Acknowledge alert={alert} />;
  const recorded = store.unsavedSince.value === null;
  const told = alert.answer !== null && alert.answer.told !== standing?.reason ? alert.answer.told : null;
  return (
    <div class="answer">
      <ShelfLine alert={alert} />
      {standing === null ? <p class="note">{t.line.undecided}</p> : <AnswerLine standing={standing} />}
      {told !== null && <p class="note told">{t.line.told(toldNow(told).text)}</p>}
      <div class="answer-row">
        {/* While nothing can be recorded one of the two says so. */}
        {standing !== null && (recorded || alert.acknowledged_at !== null) && <AnswerButtons standing={standing} />}
        <Acknowledge alert={alert} quiet={standing !== null && standing.state !== "accepted"} />
        {recorded && alert.rule !== HELP && <Shelve alert={alert} />}
        {recorded && <EndHelp alert={alert} />}
      </div>
      {recorded && session.mayAcknowledge.value && alert.acknowledged_at === null && isAsked(standing?.state) && (
        <p class="note">{t.acknowledgeAccepts}</p>
      )}
    </div>
  );
}
