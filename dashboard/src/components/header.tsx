// The frame's top: where am I, is it live, what time is it at the server, who am I.
import { useSignal } from "@preact/signals";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import { chooseLanguage, LANGUAGES, type Language, language } from "../language";
import { link, route } from "../routes";
import { chooseTheme, type ThemeChoice, themeChoice } from "../theme";
import { words } from "../words";
import { BellIcon, Mark } from "./icons";
import { KeysButton } from "./keys";
import { Navigation } from "./navigation";
import { SoundButton } from "./sound-control";

const CHOICES: readonly ThemeChoice[] = ["auto", "day", "night", "ward"];

export function Header() {
  const t = words();
  return (
    <header class="header">
      <a class="brand" href={link.wall}>
        <Mark />
        {t.product}
      </a>
      <Navigation />
      <ConnectionState />
      <ThemeToggle />
      <LanguageToggle />
      <KeysButton />
      <SoundButton />
      <HowReached />
      <Account />
    </header>
  );
}

function ConnectionState() {
  const { store } = useApp();
  const state = store.connection.value;
  const unsaved = state === "live" && store.unsavedSince.value !== null;
  return (
    <p class="connection" data-state={state} data-unsaved={unsaved} data-testid="connection">
      <span class="connection-dot" aria-hidden="true" />
      {unsaved ? words().liveUnsaved : words().connection[state]}
      {state !== "lost" && <time class="clock">{formatClock(store.now.value, store.now.value)}</time>}
    </p>
  );
}

export function ThemeToggle() {
  const t = words().theme;
  return (
    <label class="theme">
      <span class="hidden">{t.label}</span>
      <select
        name="theme"
        value={themeChoice.value}
        onChange={(event) => chooseTheme(event.currentTarget.value as ThemeChoice)}
      >
        {CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {t[choice]}
          </option>
        ))}
      </select>
    </label>
  );
}

export function LanguageToggle() {
  const { api, session } = useApp();
  const unsaid = useSignal(false);
  const choose = (code: Language) => {
    chooseLanguage(code);
    unsaid.value = false;
    // Who is reached by nothing (a screen on a wall, a patient) has nothing to be told in another language.
    if (!session.may("keep channels")) return;
    api.speak(code).catch(() => {
      unsaid.value = true;
    });
  };
  return (
    <fieldset class="segments">
      <legend class="hidden">{words().language}</legend>
      {LANGUAGES.map(({ code, name, short }) => (
        <label key={code} lang={code}>
          <input
            type="radio"
            name="language"
            value={code}
            aria-label={name}
            checked={language.value === code}
            onChange={() => choose(code)}
          />
          <span title={name}>{short}</span>
        </label>
      ))}
      {unsaid.value && (
        <span class="failure" role="alert">
          {words().languageUnsaid}
        </span>
      )}
    </fieldset>
  );
}

function HowReached() {
  const { session } = useApp();
  const t = words().devices;
  if (!session.may("keep channels")) return null;
  return (
    <a
      class="how-reached"
      href={link.devices}
      title={t.nav}
      aria-current={route.value.page === "devices" ? "page" : undefined}
      data-action="devices"
    >
      <BellIcon />
      <span class="hidden">{t.nav}</span>
    </a>
  );
}

export function Account() {
  const { api, session } = useApp();
  const t = words();
  const user = session.me.value?.user;
  if (user === undefined) return null;
  return (
    <div class="account">
      <p>
        <span class="account-name">{user.name}</span>
        <span class="account-role">{t.roles[user.role] ?? user.role}</span>
      </p>
      {session.may("sign out") && (
        <button
          type="button"
          class="button button-quiet"
          data-action="sign-out"
          onClick={() => void session.signOut(api)}
        >
          {t.signOut}
        </button>
      )}
    </div>
  );
}
