import { afterEach, describe, expect, test } from "vitest";
import { toldInChinese, toldNow } from "../src/format/reasons";
import { TOLD } from "../src/format/told-zh";
import { chooseLanguage } from "../src/language";
import corpus from "./told.json";

// Every sentence about who is told and about troubles: tests/notifier/test_told_corpus.py keeps the file whole.
const CORPUS: readonly string[] = corpus;
/** What is the same in both languages: names, what is typed into a command line or an address, times. */
const KEPT = new RegExp(
  String.raw`Xyz|Ada|Ben|emr|HL7|AR|North|Middle/Earth|u-7|UTC|CET|\bMon\b|\bTue\b|\bh\b|\bs\b|\bmin\b|\bGB\b|HTTP|SMTP|TLS|P-256|p256dh|auth|tzdata|` +
    String.raw`docs/operations/channels\.md|channel_networks|link-local|HOMEHD_PUSH_CONTACT|https?|mailto:|SCHEME:|tgram:.*|swap|rotate|` +
    "`[^`]*`|\\{.*\\}|new water treatment; back on Monday|T\\d\\d",
  "g",
);

function numbers(text: string): string[] {
  return (text.match(/\d+/g) ?? []).sort();
}

afterEach(() => chooseLanguage("en"));

describe("what is said of notices in Chinese", () => {
  test("there is one for every sentence, with its numbers and no English word", () => {
    expect(CORPUS.length).toBeGreaterThan(150);
    for (const text of CORPUS) {
      const chinese = toldInChinese(text);
      expect(chinese, text).not.toBeNull();
      expect(numbers(chinese ?? ""), text).toEqual(numbers(text));
      expect((chinese ?? "").replace(KEPT, ""), text).not.toMatch(/[A-Za-z]{2}/);
    }
  });

  test("says which is which", () => {
    expect(toldInChinese("somebody may be on the machine: call the home. For the technician: cause not known")).toBe(
      "可能有人正在治疗：请致电患者家。供技术人员参考：原因不明",
    );
    expect(toldInChinese("priority rose from low to high")).toBe("优先级由低升为高");
    expect(toldInChinese("no longer needed: I go there myself; tell Ben")).toBe(
      "不再需要：I go there myself; tell Ben",
    );
  });

  test("what a person wrote stays as it is, in a language that is not claimed", () => {
    chooseLanguage("zh-Hans");
    expect(toldNow("I go there myself")).toEqual({ text: "I go there myself", lang: undefined });
    expect(toldNow("nobody is named")).toEqual({ text: "未指定人员", lang: "zh-Hans" });
  });

  test("every clause has a place for all it is told", () => {
    for (const [english, chinese] of TOLD) {
      const kinds = [...english.matchAll(/\{(\w)\}/g)].map(([, kind]) => kind ?? "");
      const had = kinds.map((kind, n) => `${kind}${kinds.slice(0, n + 1).filter((one) => one === kind).length}`);
      const named = [...chinese.matchAll(/\{(\w\d)\}/g)].map(([, name]) => name);
      expect(named.sort(), english).toEqual(had.sort());
    }
  });
});
