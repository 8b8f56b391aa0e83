// What is read can be read in every theme: WCAG 2.2 contrast, worked out from the tokens themselves.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const CSS = readFileSync("src/styles/tokens.css", "utf8");
const THEMES = ["day", "night", "ward"] as const;
const GROUNDS = ["ground", "surface", "surface-2"];
const WASHES = ["high-wash", "medium-wash", "low-wash"];
const TEXTS = ["text", "text-2", "text-3", "stale", "accent"];
const GRAPHICS = ["chart-line", "chart-goal", "mark-line", "gap-line", "line-strong"];
const PRIORITIES = ["high", "medium", "low"];

type Tokens = Readonly<Record<string, string>>;

function tokensOf(theme: string): Tokens {
  const block = CSS.match(new RegExp(`\\[data-theme="${theme}"\\]\\s*\\{([^}]*)\\}`))?.[1] ?? "";
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

function luminance(tokens: Tokens, name: string): number {
  const hex = tokens[name];
  if (hex === undefined) throw new Error(`no token --${name}`);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(tokens: Tokens, one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(tokens, one), luminance(tokens, other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Those pairs that are below what is wanted, so that a failure names them all. */
function below(tokens: Tokens, wanted: number, ink: readonly string[], on: readonly string[]): string[] {
  return ink
    .flatMap((one) => on.map((other) => ({ one, other, ratio: contrast(tokens, one, other) })))
    .filter(({ ratio }) => ratio < wanted)
    .map(({ one, other, ratio }) => `${one} on ${other}: ${ratio.toFixed(2)}`);
}

describe.each(THEMES)("theme %s", (theme) => {
  const tokens = tokensOf(theme);

  test("text is at least 4.5 : 1 on everything it stands on", () => {
    expect(below(tokens, 4.5, TEXTS, [...GROUNDS, ...WASHES])).toEqual([]);
    expect(below(tokens, 4.5, ["on-accent"], ["accent"])).toEqual([]);
    // Banners are inverse.
    expect(below(tokens, 4.5, ["surface"], ["text"])).toEqual([]);
    for (const priority of PRIORITIES) {
      expect(below(tokens, 4.5, [`${priority}-on`], [`${priority}-fill`])).toEqual([]);
      expect(below(tokens, 4.5, [`${priority}-ink`], [...GROUNDS, `${priority}-wash`])).toEqual([]);
    }
  });

  test("lines that mean something and the ring of the focus are at least 3 : 1", () => {
    expect(below(tokens, 3, GRAPHICS, ["surface"])).toEqual([]);
    expect(below(tokens, 3, ["line-strong", "accent"], GROUNDS)).toEqual([]);
  });

  test("the priorities differ in lightness, for whoever does not see their colours", () => {
    const [high = 0, medium = 0, low = 0] = PRIORITIES.map((priority) => luminance(tokens, `${priority}-fill`));
    for (const [one, other] of [
      [high, medium],
      [medium, low],
      [low, high],
    ] as const) {
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      expect(ratio).toBeGreaterThan(1.2);
    }
  });
});

test("nothing in the ward's theme lights up a room", () => {
  const tokens = tokensOf("ward");
  for (const name of [...GROUNDS, ...WASHES]) expect(luminance(tokens, name), name).toBeLessThan(0.005);
  for (const name of TEXTS) expect(luminance(tokens, name), name).toBeLessThan(0.35);
  for (const priority of PRIORITIES) expect(luminance(tokens, `${priority}-fill`)).toBeLessThan(0.25);
});
