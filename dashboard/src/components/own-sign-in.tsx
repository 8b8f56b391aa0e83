// How I sign in: my passkeys, and where I am signed in now.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { PasskeyView, SessionView } from "../messages";
import { suggestedLabel } from "../push/browser";
import { OwnSignIn } from "../sign-in/own-sign-in";
import { words } from "../words";

export function OwnSignInSections() {
  const { api, session } = useApp();
  const own = useMemo(() => new OwnSignIn(api), [api]);
  const t = words().signingIn;
  const may = session.may("keep sign-in");
  useEffect(() => {
    if (may) void own.look();
  }, [own, may]);
  if (!may) return null;
  return (
    <>
      <section class="alert-list own-sign-in" aria-labelledby="passkeys-title" data-testid="passkeys">
        <h2 id="passkeys-title">{t.passkeys}</h2>
        <p class="note">{t.passkeysHint}</p>
        {own.passkeys.value?.length === 0 && <p class="note">{t.none}</p>}
        {own.passkeys.value?.map((passkey) => (
          <PasskeyCard key={passkey.passkey_id} passkey={passkey} own={own} />
        ))}
        <AddPasskey own={own} />
        {own.failure.value !== "" && (
          <p class="failure" role="alert">
            {own.failure.value}
          </p>
        )}
      </section>
      <section class="alert-list own-sign-in" aria-labelledby="sessions-title" data-testid="sessions">
        <h2 id="sessions-title">{t.sessions}</h2>
        <p class="note">{t.sessionsHint}</p>
        {own.sessions.value?.map((one) => (
          <SessionCard key={one.session_id} session={one} own={own} />
        ))}
      </section>
    </>
  );
}

function AddPasskey({ own }: { readonly own: OwnSignIn }) {
  const t = words().signingIn;
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void own.add(String(new FormData(event.currentTarget).get("label")));
  };
  return (
    <form class="device-form" onSubmit={submit}>
      <label class="shelf-reason">
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
      <button type="submit" class="button" data-action="add-passkey" aria-disabled={own.busy.value}>
        {t.add}
      </button>
    </form>
  );
}

function PasskeyCard({ passkey, own }: { readonly passkey: PasskeyView; readonly own: OwnSignIn }) {
  const t = words().signingIn;
  const when = useWhen();
  const asking = useSignal(false);
  const ask = (value: boolean) => () => {
    asking.value = value;
  };
  const used = passkey.used_at === null ? t.unused : t.used(when(passkey.used_at));
  return (
    <article class="device-card" data-testid="passkey">
      <h3>{passkey.label}</h3>
      <p class="note device-facts">{`${t.added(when(passkey.added_at))} · ${used}`}</p>
      {passkey.suspected_at !== null && <p class="failure">{t.suspected}</p>}
      {asking.value ? (
        <fieldset class="answer-confirm">
          <legend>{t.removeSure(passkey.label)}</legend>
          <button type="button" class="button" data-action="remove" onClick={() => void own.removePasskey(passkey)}>
            {t.yes}
          </button>
          <button type="button" class="button" onClick={ask(false)}>
            {t.no}
          </button>
        </fieldset>
      ) : (
        <div class="answer-row">
          <button type="button" class="button button-quiet" data-action="remove-ask" onClick={ask(true)}>
            {t.remove}
          </button>
        </div>
      )}
    </article>
  );
}

function SessionCard({ session, own }: { readonly session: SessionView; readonly own: OwnSignIn }) {
  const t = words().signingIn;
  const when = useWhen();
  const facts = [
    session.how === null ? "" : t.hows[session.how],
    t.begun(when(session.begun_at)),
    session.seen_at === null ? "" : t.seen(when(session.seen_at)),
    session.address,
  ];
  return (
    <article class="device-card" data-testid="session" data-this={session.this}>
      <h3>
        {session.browser === "" ? t.unknownBrowser : suggestedLabel(session.browser)}
        {session.this && <span class="mark-badge">{t.thisOne}</span>}
      </h3>
      <p class="note device-facts">{facts.filter((fact) => fact !== "").join(" · ")}</p>
      {!session.this && (
        <div class="answer-row">
          <button
            type="button"
            class="button"
            data-action="end-session"
            aria-disabled={own.busy.value}
            onClick={() => void own.endSession(session)}
          >
            {t.end}
          </button>
        </div>
      )}
    </article>
  );
}

function useWhen(): (iso: string) => string {
  const { store } = useApp();
  return (iso) => formatClock(Date.parse(iso), store.now.value);
}
