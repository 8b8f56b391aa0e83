// After the password: the passkey, or a first one. Until then nobody is signed in.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import type { SecondStep } from "../messages";
import { suggestedLabel } from "../push/browser";
import type { StepFailure } from "../session";
import { words } from "../words";

export function SecondStepForm({ step }: { readonly step: SecondStep }) {
  const { api, session } = useApp();
  const t = words().signingIn;
  const busy = useSignal(false);
  const failure = useSignal<StepFailure | null>(null);
  const first = step.kind === "first passkey";
  const answer = async (label: string) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = await session.answerStep(api, step, label);
    busy.value = false;
  };
  // The browser's own question follows the password at once; the button is for whoever closed it.
  useEffect(() => {
    if (!first) void answer("");
  }, [step]);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void answer(String(new FormData(event.currentTarget).get("label") ?? ""));
  };
  return (
    <form onSubmit={submit} data-testid="second-step">
      <h2>{first ? t.step.firstTitle : t.step.title}</h2>
      <p class="note">{first ? t.step.firstHint : t.step.hint}</p>
      {first && (
        <label>
          {t.step.label}
          <input
            name="label"
            type="text"
            required
            maxLength={100}
            autocomplete="off"
            defaultValue={suggestedLabel(navigator.userAgent)}
          />
        </label>
      )}
      {failure.value !== null && (
        <p class="failure" role="alert">
          {failure.value === "dismissed" || failure.value === "unsupported"
            ? t.failures[failure.value]
            : words().signIn[failure.value]}
        </p>
      )}
      <button type="submit" class="button button-primary" aria-disabled={busy.value}>
        {first ? t.step.make : t.step.use}
      </button>
      <button
        type="button"
        class="button button-quiet"
        onClick={() => {
          session.step.value = null;
        }}
      >
        {t.step.back}
      </button>
    </form>
  );
}
