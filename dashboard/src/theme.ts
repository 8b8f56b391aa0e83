// Day, night, and the ward: so dark that a screen can stand in a room where people sleep, and chosen only. "auto" is night between 19 and 7 o'clock at the reader's place, or when the computer is set to dark.
import { computed, effect, signal } from "@preact/signals";

export type ThemeChoice = "auto" | Theme;
export type Theme = "day" | "night" | "ward";

const KEY = "homehd.theme";
/** `--surface` of styles/tokens.css: what a phone draws round the page is as the page's own frame. */
const FRAME: Readonly<Record<Theme, string>> = { day: "#ffffff", night: "#151a20", ward: "#070606" };
const RECHECK_MS = 60_000;

export function themeFor(choice: ThemeChoice, hour: number, prefersDark: boolean): Theme {
  if (choice !== "auto") return choice;
  return prefersDark || hour >= 19 || hour < 7 ? "night" : "day";
}

function stored(): ThemeChoice {
  try {
    const value = window.localStorage.getItem(KEY);
    return value === "day" || value === "night" || value === "ward" ? value : "auto";
  } catch {
    return "auto";
  }
}

export const themeChoice = signal<ThemeChoice>(stored());
const hour = signal(new Date().getHours());
const prefersDark = signal(false);
export const theme = computed(() => themeFor(themeChoice.value, hour.value, prefersDark.value));

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  try {
    window.localStorage.setItem(KEY, choice);
  } catch {
    // Storage may be forbidden: the choice then lasts until the page is closed.
  }
}

export function followTheme(): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  prefersDark.value = dark.matches;
  dark.addEventListener("change", () => {
    prefersDark.value = dark.matches;
  });
  window.setInterval(() => {
    hour.value = new Date().getHours();
  }, RECHECK_MS);
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", FRAME[theme.value]);
  });
}
