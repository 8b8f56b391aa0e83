// Signing in: a local account, or one of the accounts a demonstration offers.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect } from "preact/hooks";
import { LanguageToggle, ThemeToggle } from "../components/header";
import { Mark } from "../components/icons";
import { useApp } from "../context";
import type { DemoAccount } from "../messages";
import type { SignInFailure } from "../session";
import { words } from "../words";

export function SignInPage() {
  const { api, session } = useApp();
  const t = words();
  const busy = useSignal(false);
  const failure = useSignal<SignInFailure | null>(null);
  const accounts = useSignal<readonly DemoAccount[]>([]);
  useEffect(() => {
    void api.demoAccounts().then((found) => {
      accounts.value = found;
    });
  }, [api, accounts]);
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
        <form onSubmit={submit}>
          <label>
            {t.signIn.email}
            <input name="email" type="email" autocomplete="username" required maxLength={254} />
          </label>
          <label>
            {t.signIn.password}
            <input name="password" type="password" autocomplete="current-password" required maxLength={1024} />
          </label>
          {failure.value !== null && (
            <p class="failure" role="alert">
              {t.signIn[failure.value]}
            </p>
          )}
          <button type="submit" class="button button-primary" aria-disabled={busy.value}>
            {busy.value ? t.signIn.busy : t.signIn.submit}
          </button>
        </form>
        <DemoAccounts accounts={accounts.value} onChoose={signIn} />
      </div>
      <div class="sign-in-choices">
        <ThemeToggle />
        <LanguageToggle />
      </div>
    </main>
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
