// Who is answerable, as an alert or a notice tells it: one shape for the cards, the list and the page to a person.
import type { AlertView, Answerable, NoticeView } from "../messages";

export interface Standing {
  readonly notice: string;
  readonly state: Answerable;
  readonly round: number;
  readonly acceptedBy: string | null;
  readonly acceptedUntil: string | null;
  readonly reason: string;
  /** Whether it is the reader who has accepted. */
  readonly yours: boolean;
}

/**
 * Of an alert; null until anybody has decided about it. What an alert tells goes to many readers at once, so that the
 * name has to say whether it is this one's; of two people of one name the server tells the one who has not accepted.
 */
export function standingOfAlert(alert: AlertView, reader: string | undefined): Standing | null {
  const { answer } = alert;
  if (answer === null) return null;
  const yours = answer.accepted_by !== null && answer.accepted_by === reader;
  // Where nobody was ever asked the reason is what was said of its alerts.
  const reason = answer.state === "nobody" && answer.reason === "" ? answer.told : answer.reason;
  return standing(answer.notice_id, { ...answer, reason }, yours);
}

export function standingOfNotice(notice: NoticeView): Standing {
  return standing(notice.notice_id, notice, notice.yours);
}

type Told = Pick<NoticeView, "state" | "round" | "accepted_by" | "accepted_until" | "reason">;

function standing(notice: string, told: Told, yours: boolean): Standing {
  return {
    notice,
    state: told.state,
    round: told.round,
    acceptedBy: told.accepted_by,
    acceptedUntil: told.accepted_until,
    reason: told.reason,
    yours,
  };
}
