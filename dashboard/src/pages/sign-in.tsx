// Signing in: the hospital's provider, a local account (with its passkey), or one of the accounts a demonstration offers.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect } from "preact/hooks";
import { LanguageToggle, ThemeToggle } from "../components/header";
import { Mark } from "../components/icons";
import { SecondStepForm } from "../components/second-step";
import { useApp } from "../context";
import type { DemoAccount } from "../messages";
import type { SignInFailure } from "../session";
import { words } from "../words";
import { REASONS, type Reason } from "../words-sign-in";

export function SignInPage() {
  const { api, session } = useApp();
  const t = words();
  const busy = useSignal(false);
  const failure = useSignal<SignInFailure | null>(null);
  const accounts = useSignal<readonly DemoAccount[]>([]);
  const hospital = useSignal<string | null>(null);
  const reason = reasonOf(window.location.hash);
  useEffect(() => {
    void api.hospital().then((found) => {
      hospital.value = found;
    });
    void api.demoAccounts().then((found) => {
      accounts.value = found;
    });
  }, [api, accounts, hospital]);
  const signIn = async (email: string, password: string) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = await session.signIn(api, email, password);
    busy.value = false;
  };
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void signIn(String(form.get("email")), String(form.get("password")));
  };
  return (
    <main id="content" tabIndex={-1} class="sign-in">
      <div class="sign-in-card">
        <p class="brand">
          <Mark />
          {t.product}
        </p>
        <p class="note">{t.tagline}</p>
        <p class="note">{t.signIn.supplementary}</p>
        <h1>{t.signIn.title}</h1>
        {session.standing.value === "ended" && <p role="status">{t.signIn.ended}</p>}
        {reason !== null && (
          <p class="failure" role="alert" data-testid="reason">
            {t.signingIn.reasons[reason]}
          </p>
        )}
        {session.stepRefused.value && (
          <p class="failure" role="alert">
            {t.signingIn.step.refused}
          </p>
        )}
        {session.step.value !== null ? (
          <SecondStepForm step={session.step.value} />
        ) : (
          <>
            {hospital.value !== null && <HospitalLink name={hospital.value} base={api.base} />}
            <PasswordForm busy={busy.value} failure={failure.value} onSubmit={submit} />
            <KioskForm />
            <DemoAccounts accounts={accounts.value} onChoose={signIn} />
          </>
        )}
      </div>
      <div class="sign-in-choices">
        <ThemeToggle />
        <LanguageToggle />
      </div>
    </main>
  );
}

/** Why the round to the hospital's provider ended here; the server wrote it into the address. */
export function reasonOf(hash: string): Reason | null {
  const said = /^#\/sign-in\/([a-z-]+)$/.exec(hash)?.[1];
  return REASONS.find((reason) => reason === said) ?? null;
}

function HospitalLink({ name, base }: { readonly name: string; readonly base: string }) {
  const t = words().signingIn;
  return (
    <div class="sign-in-hospital">
      <a class="button button-primary" href={`${base}api/oidc/start`} data-testid="hospital">
        {t.hospital(name)}
      </a>
      <p class="note">{t.local}</p>
    </div>
  );
}

interface PasswordProps {
  readonly busy: boolean;
  readonly failure: SignInFailure | null;
  readonly onSubmit: (event: TargetedSubmitEvent<HTMLFormElement>) => void;
}

function PasswordForm({ busy, failure, onSubmit }: PasswordProps) {
  const t = words();
  return (
    <form onSubmit={onSubmit}>
      <label>
        {t.signIn.email}
        <input name="email" type="email" autocomplete="username" required maxLength={254} />
      </label>
      <label>
        {t.signIn.password}
        <input name="password" type="password" autocomplete="current-password" required maxLength={1024} />
      </label>
      {failure !== null && (
        <p class="failure" role="alert">
          {t.signIn[failure]}
        </p>
      )}
      <button type="submit" class="button button-primary" aria-disabled={busy}>
        {busy ? t.signIn.busy : t.signIn.submit}
      </button>
    </form>
  );
}

function KioskForm() {
  const { api, session } = useApp();
  const t = words();
  const busy = useSignal(false);
  const failure = useSignal<SignInFailure | null>(null);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    failure.value = await session.bindKiosk(api, String(new FormData(event.currentTarget).get("code")));
    busy.value = false;
  };
  return (
    <details class="kiosk">
      <summary>{t.kiosk.title}</summary>
      <p class="note">{t.kiosk.hint}</p>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {t.kiosk.code}
          <input
            name="code"
            type="text"
            autocomplete="off"
            autocapitalize="characters"
            required
            minLength={8}
            maxLength={40}
          />
        </label>
        {failure.value !== null && (
          <p class="failure" role="alert">
            {failure.value === "refused" ? t.kiosk.refused : t.signIn[failure.value]}
          </p>
        )}
        <button type="submit" class="button" aria-disabled={busy.value}>
          {t.kiosk.submit}
        </button>
      </form>
    </details>
  );
}

interface DemoProps {
  readonly accounts: readonly DemoAccount[];
  readonly onChoose: (email: string, password: string) => Promise<void>;
}

function DemoAccounts({ accounts, onChoose }: DemoProps) {
  const t = words();
  if (accounts.length === 0) return null;
  return (
    <section class="demo" aria-labelledby="demo-title">
      <h2 id="demo-title">{t.signIn.demo}</h2>
      <p class="note">{t.signIn.demoHint}</p>
      {accounts.map((account) => (
        <button
          key={account.email}
          type="button"
          class="button demo-account"
          data-demo-account={account.email}
          onClick={() => void onChoose(account.email, account.password)}
        >
          <span>{account.name}</span>
          <span class="note">{t.roles[account.role] ?? account.role}</span>
        </button>
      ))}
    </section>
  );
}
