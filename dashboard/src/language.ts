// In which language the page speaks: the one chosen here before, else the browser's, else English.
import { effect, signal } from "@preact/signals";

export type Language = "en" | "zh-Hans";

/** Each by its own name, in its own language. */
export const LANGUAGES: readonly { readonly code: Language; readonly name: string; readonly short: string }[] = [
  { code: "en", name: "English", short: "EN" },
  { code: "zh-Hans", name: "简体中文", short: "中文" },
];

const KEY = "homehd.language";

/** Simplified Chinese for whoever prefers any Chinese, as there is no table of Traditional; English otherwise. */
export function languageFor(stored: string | null, preferred: readonly string[]): Language {
  const known = LANGUAGES.find(({ code }) => code === stored);
  if (known !== undefined) return known.code;
  for (const tag of preferred) {
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

function stored(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const language = signal<Language>(languageFor(stored(), navigator.languages ?? []));

export function chooseLanguage(choice: Language): void {
  language.value = choice;
  try {
    window.localStorage.setItem(KEY, choice);
  } catch {
    // Storage may be forbidden: the choice then lasts until the page is closed.
  }
}

/** What the account that signs in wants, where nobody has chosen here; the choice stays that of the account. */
export function followAccount(wanted: "en" | "zh" | null | undefined): void {
  if (wanted != null && languageFor(stored(), []) !== stored()) language.value = wanted === "zh" ? "zh-Hans" : "en";
}

/** Tells the browser, so that a screen reader speaks the right tongue and glyphs are those of its script. */
export function followLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value;
  });
}
