// The frame's top: where am I, is it live, what time is it at the server, who am I.
import { awaitsAnswer } from "../alerts/priority";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import { chooseLanguage, LANGUAGES, language } from "../language";
import { link, route } from "../routes";
import { chooseTheme, type ThemeChoice, themeChoice } from "../theme";
import { words } from "../words";
import { BellIcon, Mark } from "./icons";

const OF_DUTY = [
  { to: "rota", needs: "see rota" },
  { to: "handover", needs: "see load" },
  { to: "load", needs: "see load" },
] as const;

const OF_ADMINISTRATION = [
  { to: "units", needs: "see installations" },
  { to: "users", needs: "manage users" },
  { to: "audit", needs: "see audit" },
  { to: "system", needs: "see system" },
] as const;

const CHOICES: readonly ThemeChoice[] = ["auto", "day", "night"];

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
      <HowReached />
      <Account />
    </header>
  );
}

function Navigation() {
  const { store, session } = useApp();
  const t = words().nav;
  const { page } = route.value;
  const waiting = store.open.value.filter(awaitsAnswer).length;
  return (
    <nav class="nav" aria-label={t.label}>
      <a href={link.wall} aria-current={page === "wall" ? "page" : undefined}>
        {t.wall}
      </a>
      <a href={link.alerts} aria-current={page === "alerts" ? "page" : undefined}>
        {t.alerts}
        {waiting > 0 && (
          <span class="count" data-testid="waiting-count">
            {waiting}
          </span>
        )}
      </a>
      {session.may("see notices") && (
        <a href={link.notices} aria-current={page === "notices" || page === "delivery" ? "page" : undefined}>
          {words().answers.list.nav}
        </a>
      )}
      {OF_DUTY.filter(({ needs }) => session.may(needs)).map(({ to }) => (
        <a key={to} href={link[to]} aria-current={page === to ? "page" : undefined}>
          {words().duty.nav[to]}
        </a>
      ))}
      {OF_ADMINISTRATION.filter(({ needs }) => session.may(needs)).map(({ to }) => (
        <a
          key={to}
          href={link[to]}
          aria-current={page === to || (page === "unit" && to === "units") ? "page" : undefined}
        >
          {words().admin.nav[to]}
        </a>
      ))}
    </nav>
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
    <fieldset class="segments">
      <legend class="hidden">{t.label}</legend>
      {CHOICES.map((choice) => (
        <label key={choice}>
          <input
            type="radio"
            name="theme"
            value={choice}
            checked={themeChoice.value === choice}
            onChange={() => chooseTheme(choice)}
          />
          <span>{t[choice]}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function LanguageToggle() {
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
            onChange={() => chooseLanguage(code)}
          />
          <span title={name}>{short}</span>
        </label>
      ))}
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

function Account() {
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
