// The little that stands above the patient's own page.
import { useApp } from "../context";
import { words } from "../words";
import { LanguageToggle, ThemeToggle } from "./header";
import { Mark } from "./icons";

export function HomeTop() {
  const { api, session } = useApp();
  const t = words();
  return (
    <header class="header">
      <p class="brand">
        <Mark />
        {t.product}
      </p>
      <ThemeToggle />
      <LanguageToggle />
      <div class="account">
        <p>
          <span class="account-name">{session.me.value?.user.name}</span>
        </p>
        <button
          type="button"
          class="button button-quiet"
          data-action="sign-out"
          onClick={() => void session.signOut(api)}
        >
          {t.signOut}
        </button>
      </div>
    </header>
  );
}
