// The chart's colours, taken from the theme's tokens: a canvas does not follow CSS by itself.
import type { Priority } from "../messages";

export interface Ink {
  readonly line: string;
  readonly band: string;
  readonly goal: string;
  readonly grid: string;
  readonly gap: string;
  readonly gapLine: string;
  readonly mark: string;
  readonly text: string;
  readonly font: string;
  readonly alerts: Readonly<Record<Priority, string>>;
}

export function readInk(): Ink {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    line: token("--chart-line"),
    band: token("--chart-band"),
    goal: token("--chart-goal"),
    grid: token("--chart-grid"),
    gap: token("--gap-fill"),
    gapLine: token("--gap-line"),
    mark: token("--mark-line"),
    text: token("--text-2"),
    font: `11px ${token("--font")}`,
    alerts: { high: token("--high-ink"), medium: token("--medium-ink"), low: token("--low-ink") },
  };
}
