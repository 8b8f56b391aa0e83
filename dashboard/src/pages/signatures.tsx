// What waits for a second signature in the clinic.
import { useSignal } from "@preact/signals";
import { ProposalCard } from "../components/proposal-card";
import { useApp } from "../context";
import { words } from "../words";
import { useAsked } from "./asked";

const LOOK_AGAIN_MS = 10_000;

export function SignaturesPage() {
  const { api } = useApp();
  const t = words().prescription.signatures;
  const settled = useSignal(0);
  const asked = useAsked(() => api.proposals(), "proposals", String(settled.value), LOOK_AGAIN_MS);
  return (
    <main id="content" tabIndex={-1} class="page alerts-page" data-testid="signatures">
      <div class="page-head">
        <h1>{t.title}</h1>
      </div>
      {asked === "loading" && <p class="note">{words().alerts.loading}</p>}
      {asked === "failed" && (
        <p class="failure" role="alert">
          {words().alerts.failed}
        </p>
      )}
      {typeof asked !== "string" && asked.proposals.length === 0 && <p class="empty">{t.none}</p>}
      {typeof asked !== "string" &&
        asked.proposals.map((one) => (
          <ProposalCard
            key={one.proposal_id}
            proposal={one}
            named
            onSettled={() => {
              settled.value += 1;
            }}
          />
        ))}
    </main>
  );
}
