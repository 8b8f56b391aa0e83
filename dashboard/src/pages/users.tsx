// Accounts: who may come in and as what. An administrator of a clinic is offered nothing that the server would refuse.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, type UserDeed } from "../api";
import { HomeAccount } from "../components/home-account";
import { NotLoaded } from "../components/not-loaded";
import { UserForm } from "../components/user-form";
import { useApp } from "../context";
import { refusalNow } from "../format/refusals";
import { formatDay } from "../format/times";
import type { UserAccount, Users } from "../messages";
import { words } from "../words";

interface Shown {
  readonly name: string;
  readonly password: string;
}

export function UsersPage() {
  const { api } = useApp();
  const t = words().admin.users;
  const search = useSignal("");
  const found = useSignal<Users | "loading" | "failed">("loading");
  const form = useSignal<UserAccount | "new" | null>(null);
  const shown = useSignal<Shown | null>(null);
  const failure = useSignal("");
  const load = (cursor: string | null = null) =>
    api.users(search.value, cursor).then(
      (answer) => {
        const before = cursor !== null && typeof found.value !== "string" ? found.value.users : [];
        found.value = { ...answer, users: [...before, ...answer.users] };
      },
      () => {
        found.value = "failed";
      },
    );
  useEffect(() => void load(), []);
  const act = async (work: () => Promise<Shown | null>) => {
    failure.value = "";
    try {
      shown.value = await work();
      form.value = null;
    } catch (error) {
      failure.value =
        error instanceof ApiError ? `${capital(refusalNow(error, words().admin.failed))}.` : words().admin.failed;
    }
    await load();
  };
  if (typeof found.value === "string") {
    return (
      <main id="content" tabIndex={-1} class="page">
        <NotLoaded state={found.value} failed={words().admin.failed} />
      </main>
    );
  }
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="users-page">
      <div class="page-head">
        <h1>{t.title}</h1>
        <button
          type="button"
          class="button button-primary"
          data-action="add-user"
          onClick={() => {
            form.value = "new";
          }}
        >
          {t.add}
        </button>
      </div>
      {shown.value !== null && (
        <section class="sheet" role="status" data-testid="password">
          <p>{t.shown(shown.value.name)}</p>
          <p>
            <code class="once">{shown.value.password}</code>
          </p>
          <p class="note">{t.tell}</p>
          <button
            type="button"
            class="button"
            onClick={() => {
              shown.value = null;
            }}
          >
            {t.done}
          </button>
        </section>
      )}
      {failure.value !== "" && (
        <p class="failure" role="alert">
          {failure.value}
        </p>
      )}
      {form.value !== null && (
        <UserForm
          key={form.value === "new" ? "new" : form.value.user_id}
          of={form.value === "new" ? null : form.value}
          offered={found.value}
          onCancel={() => {
            form.value = null;
          }}
          onSubmit={(email, change) => {
            const of = form.value;
            void act(async () => {
              if (of !== "new" && of !== null) {
                await api.changeUser(of, change);
                return null;
              }
              const made = await api.addUser({ email, ...change });
              return { name: made.user.name, password: made.password };
            });
          }}
        />
      )}
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {t.search}
          <input
            type="search"
            maxLength={200}
            value={search.value}
            onInput={(event) => {
              search.value = event.currentTarget.value;
              void load();
            }}
          />
        </label>
      </form>
      {found.value.users.length === 0 && <p>{t.none}</p>}
      <ul class="parts">
        {found.value.users.map((one) => (
          <Account
            key={one.user_id}
            of={one}
            onChange={() => {
              form.value = one;
            }}
            onDeed={(deed) =>
              void act(async () => {
                const answer = await api.userDeed(one, deed);
                return "password" in answer ? { name: one.name, password: answer.password } : null;
              })
            }
          />
        ))}
      </ul>
      {found.value.next !== null && (
        <button
          type="button"
          class="button"
          onClick={() => void load(typeof found.value === "string" ? null : found.value.next)}
        >
          {words().admin.more}
        </button>
      )}
    </main>
  );
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

interface AccountProps {
  readonly of: UserAccount;
  readonly onChange: () => void;
  readonly onDeed: (deed: UserDeed) => void;
}

function Account({ of, onChange, onDeed }: AccountProps) {
  const t = words().admin.users;
  const asked = useSignal<UserDeed | null>(null);
  const named = { disable: t.disable, enable: t.enable, password: t.password, "sign-out": t.signOut } as const;
  const deeds: readonly UserDeed[] = [of.disabled_at === null ? "disable" : "enable", "password", "sign-out"];
  return (
    <li class="sheet" data-user={of.email}>
      <h2>
        {of.name} <span class="note">{of.email}</span>
      </h2>
      <p>
        {words().roles[of.role] ?? of.role} · {of.clinic ?? t.allClinics} ·{" "}
        {of.disabled_at === null ? t.active : <strong>{t.disabled}</strong>} · {t.signedIn(of.sessions)} · {t.seen}:{" "}
        {of.seen_at === null ? t.never : formatDay(Date.parse(of.seen_at), Date.now())}
      </p>
      {of.changeable && of.role === "patient" && <HomeAccount user={of.user_id} />}
      {of.changeable && asked.value === null && (
        <div class="answer-row">
          <button type="button" class="button" data-action="change" onClick={onChange}>
            {t.change}
          </button>
          {deeds.map((deed) => (
            <button
              key={deed}
              type="button"
              class="button"
              data-action={deed}
              onClick={() => {
                asked.value = deed;
              }}
            >
              {named[deed]}
            </button>
          ))}
        </div>
      )}
      {asked.value !== null && (
        <div class="answer-row">
          <p>{t.sure(named[asked.value], of.name)}</p>
          <button
            type="button"
            class="button button-primary"
            data-action="sure"
            onClick={() => {
              const deed = asked.value;
              asked.value = null;
              if (deed !== null) onDeed(deed);
            }}
          >
            {t.yes}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              asked.value = null;
            }}
          >
            {words().admin.cancel}
          </button>
        </div>
      )}
    </li>
  );
}
