// A small form that asks why, in the place of the button that opened it; the keyboard goes on within it.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../words";

interface Props {
  readonly label: string;
  readonly submit: string;
  readonly sending: boolean;
  readonly children?: ComponentChildren;
  readonly onSubmit: (reason: string) => void;
  readonly onCancel: () => void;
}

export function ReasonForm({ label, submit, sending, children, onSubmit, onCancel }: Props) {
  const t = words().duty.rota;
  const reason = useSignal("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("select, input")?.focus();
  }, []);
  const send = (event: Event) => {
    event.preventDefault();
    if (form.current?.checkValidity() && reason.value.trim() !== "") onSubmit(reason.value.trim());
  };
  return (
    <form
      ref={form}
      class="reason-form"
      aria-label={label}
      onSubmit={send}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
    >
      {children}
      <label>
        {t.reason}
        <input
          name="reason"
          required
          maxLength={500}
          value={reason.value}
          onInput={(event) => {
            reason.value = event.currentTarget.value;
          }}
        />
      </label>
      <div class="answer-row">
        <button type="submit" class="button button-primary" aria-disabled={sending}>
          {sending ? t.sending : submit}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}
