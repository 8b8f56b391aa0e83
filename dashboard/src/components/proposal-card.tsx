// What somebody wants changed: the changes, what the past says to them, and signing, rejecting or withdrawing it.

import { useSignal } from "@preact/signals";
import { ApiError } from "../api";
import { useApp } from "../context";
import { refusalNow } from "../format/refusals";
import { formatDay } from "../format/times";
import type { ChangeView, ProposalView, Proposed } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { nameOf } from "./limit-fields";
import { ReasonForm } from "./reason-form";
import { ReplayResult } from "./replay-result";

interface Props {
  readonly proposal: ProposalView;
  /** Named, with a link to the patient's page. */
  readonly named?: boolean;
  readonly onSettled: (now: Proposed | null) => void;
}

export function ProposalCard({ proposal, named = false, onSettled }: Props) {
  const { store } = useApp();
  const t = words().prescription;
  const now = store.now.value;
  const waits = proposal.state === "waiting";
  return (
    <article class="proposal" data-testid="proposal" data-proposal={proposal.proposal_id} data-state={proposal.state}>
      <h3>
        {named && `${proposal.patient}: `}
        {t.proposal.states[proposal.state]}
      </h3>
      <ChangeList changes={proposal.changes} />
      <p>{proposal.reason}</p>
      <p class="note">{t.proposal.by(proposal.proposed_by, formatDay(Date.parse(proposal.proposed_at), now))}</p>
      {proposal.decided_by !== null && proposal.decided_at !== null && proposal.state !== "in force" && (
        <p>
          {t.proposal.by(proposal.decided_by, formatDay(Date.parse(proposal.decided_at), now))}
          {proposal.decided_reason !== "" && `: ${proposal.decided_reason}`}
        </p>
      )}
      {waits && <p class="note">{t.proposal.until(formatDay(Date.parse(proposal.expires_at), now))}</p>}
      {waits && proposal.replay !== null && (
        <details open>
          <summary>{t.replay.title}</summary>
          <ReplayResult summary={proposal.replay} />
        </details>
      )}
      {named && proposal.unit !== null && <a href={link.prescription(proposal.unit)}>{t.proposal.open}</a>}
      {waits && <Answers proposal={proposal} onSettled={onSettled} />}
    </article>
  );
}

export function ChangeList({ changes }: { readonly changes: readonly ChangeView[] }) {
  const t = words().prescription;
  return (
    <ul class="changes">
      {changes.map((one) => (
        <li key={`${one.rule} ${one.name}`} data-verdict={one.verdict} title={one.source}>
          <strong>{nameOf(one.rule, one.name)}</strong> {one.old ?? t.rule} → {one.new ?? t.rule} {one.unit}
          <span class="verdict" data-verdict={one.verdict}>
            {t.verdicts[one.verdict]}
          </span>
          <span class="note">{t.why[one.why]}</span>
        </li>
      ))}
    </ul>
  );
}

function Answers({ proposal, onSettled }: Omit<Props, "named">) {
  const { api, session } = useApp();
  const t = words().prescription;
  const sending = useSignal(false);
  const rejecting = useSignal(false);
  const refused = useSignal("");
  if (!session.may("change prescription")) return null;
  const settle = (what: "sign" | "reject" | "withdraw", reason?: string) => {
    if (sending.value) return;
    sending.value = true;
    refused.value = "";
    api.settleProposal(proposal.proposal_id, what, reason).then(onSettled, (error) => {
      sending.value = false;
      refused.value = refusalNow(error, t.change.failed);
      if (error instanceof ApiError && error.status === 409) onSettled(null);
    });
  };
  return (
    <div class="proposal-answers">
      {proposal.yours && <p class="note">{t.proposal.yours}</p>}
      {!proposal.yours && !proposal.may_sign && <p class="note">{t.proposal.forTheMoment}</p>}
      {rejecting.value ? (
        <ReasonForm
          label={t.proposal.reject}
          submit={t.proposal.confirmReject}
          sending={sending.value}
          onSubmit={(reason) => settle("reject", reason)}
          onCancel={() => {
            rejecting.value = false;
          }}
        />
      ) : (
        <div class="answer-row">
          {proposal.yours ? (
            <button type="button" class="button" data-action="withdraw" onClick={() => settle("withdraw")}>
              {t.proposal.withdraw}
            </button>
          ) : (
            proposal.may_sign && (
              <>
                <button type="button" class="button button-primary" data-action="sign" onClick={() => settle("sign")}>
                  {t.proposal.sign}
                </button>
                <button
                  type="button"
                  class="button"
                  data-action="reject"
                  onClick={() => {
                    rejecting.value = true;
                  }}
                >
                  {t.proposal.reject}
                </button>
              </>
            )
          )}
        </div>
      )}
      {refused.value !== "" && (
        <p class="failure" role="alert">
          {refused.value}
        </p>
      )}
    </div>
  );
}
