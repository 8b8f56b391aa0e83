// The little that stands above the patient's own page.
import { words } from "../words";
import { Account, LanguageToggle, ThemeToggle } from "./header";
import { Mark } from "./icons";

export function HomeTop() {
  const t = words();
  return (
    <header class="header">
      <p class="brand">
        <Mark />
        {t.product}
      </p>
      <ThemeToggle />
      <LanguageToggle />
      <Account />
    </header>
  );
}
