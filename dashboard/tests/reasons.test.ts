import { describe, expect, test } from "vitest";
import { reasonInChinese } from "../src/format/reasons";
import { CLAUSES } from "../src/format/reasons-zh";
import corpus from "./reasons.json";

// Every sentence of every rule: tests/alerts/test_reason_corpus.py keeps the file whole.
const CORPUS: readonly string[] = corpus;
/** What is the same in both languages. */
const KEPT = new RegExp(
  String.raw`mmHg|mL/min|mL/kg/h|mL/h|mL|ml/min|mS/cm|°C|%/h|CFU/mL|EU/mL|mg/L|\bkg\b|\bmin\b|\bs\b|\bh\b|\bp\b|\be\b|UTC|Kt/V|` +
    "EBPG|EWMA|Mann–Kendall|Gotch–Leypoldt|VAPR|VDP0|VDP|MAP|vdp0|qb|MDC_[A-Z_]+|Middle/Earth|machine lost",
  "g",
);

function numbers(text: string): string[] {
  return (text.match(/[−-]?\d+(?:\.\d+)?(?:e[-−]?\d+)?/g) ?? []).sort();
}

describe("a rule's sentence in Chinese", () => {
  test("there is one for every sentence", () => {
    expect(CORPUS.length).toBeGreaterThan(400);
    expect(CORPUS.filter((text) => reasonInChinese(text) === null)).toEqual([]);
  });

  test("has the numbers and units of the English, and no English word", () => {
    for (const text of CORPUS) {
      const chinese = reasonInChinese(text) ?? "";
      expect(numbers(chinese), text).toEqual(numbers(text.replace(/^.* stays active/, "").replace(/\(R\d+\)$/, "$&")));
      const left = chinese.replace(KEPT, "").replace(/R\d+/g, "");
      expect(left, text).not.toMatch(/[A-Za-z]{2}/);
    }
  });

  test("says which is which", () => {
    expect(reasonInChinese("Venous pressure 260 mmHg, above 250 mmHg, for 10 s")).toBe(
      "静脉压 260 mmHg，高于 250 mmHg，已持续 10 s",
    );
    expect(
      reasonInChinese("Systolic pressure 84 mmHg, 46 mmHg below 130 mmHg before the treatment, not clear yet"),
    ).toBe("收缩压 84 mmHg，比透析前的 130 mmHg 低 46 mmHg，尚未解除");
    expect(reasonInChinese("Needle dislodgement, static stays active – held: the blood pump is stopped")).toBe(
      "报警仍在 – 暂不判断：血泵已停止",
    );
  });

  test("what is not wholly known stays English", () => {
    expect(reasonInChinese("Venous pressure 260 mmHg, and a new thing")).toBeNull();
    expect(reasonInChinese("")).toBeNull();
  });

  test("every clause names what it has, once", () => {
    for (const [english, chinese] of CLAUSES) {
      const kinds = [...english.matchAll(/\{(\w)\}/g)].map(([, kind]) => kind);
      const had = kinds.map(
        (kind, index) => `${kind}${kinds.slice(0, index + 1).filter((one) => one === kind).length}`,
      );
      const named = [...chinese.matchAll(/\{(\w\d)\}/g)].map(([, name]) => name);
      expect(named.sort(), english).toEqual(had.filter((name) => named.includes(name)).sort());
      expect(
        had.filter((name) => !named.includes(name) && !name?.startsWith("x")),
        english,
      ).toEqual([]);
    }
  });
});
