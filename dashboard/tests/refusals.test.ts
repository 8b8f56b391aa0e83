import { afterEach, describe, expect, test } from "vitest";
import { ApiError } from "../src/api";
import { refusalNow, refusedInChinese, wrongNow } from "../src/format/refusals";
import { REFUSED } from "../src/format/refusals-zh";
import { chooseLanguage } from "../src/language";
import corpus from "./refusals.json";

// Every sentence with which the API refuses: tests/clinician_api/web/test_refusal_corpus.py keeps the file whole.
const CORPUS: readonly string[] = corpus;
/** What is the same in both languages: addresses, what is typed, names of fields and headers, times. */
const KEPT = new RegExp(
  String.raw`Xyz|Ada|GET /\S+|POST /\S+|HTTP|ETag|JSON|Origin|\bs\b|homehd [a-z -]+|docs/\S+\.md|` +
    "`[^`]*`|[a-z]+_[a-z_]+|high=320|venous pressure|low, high|origin|application/json|mmHg|\\{.*\\}|" +
    "Mon|Tue|CET|R1[03]",
  "g",
);

function numbers(text: string): string[] {
  return (text.match(/\d+/g) ?? []).sort();
}

afterEach(() => chooseLanguage("en"));

describe("a refusal in Chinese", () => {
  test("there is one for every sentence, with its numbers and no English word", () => {
    expect(CORPUS.length).toBeGreaterThan(150);
    for (const text of CORPUS) {
      const chinese = refusedInChinese(text);
      expect(chinese, text).not.toBeNull();
      expect(numbers(chinese ?? ""), text).toEqual(numbers(text));
      expect((chinese ?? "").replace(KEPT, ""), text).not.toMatch(/[A-Za-z]{2}/);
    }
  });

  test("says what and what to do, in the language of the page", () => {
    const error = new ApiError(429, "too many tests", "wait 20 s", [], "too-many-attempts");
    expect(refusalNow(error, "no")).toBe("too many tests: wait 20 s");
    chooseLanguage("zh-Hans");
    expect(refusalNow(error, "no")).toBe("测试次数过多：请等待 20 s");
    expect(refusalNow(new ApiError(409, "already signed", "", [], "conflict"), "no")).toBe("已签字");
    expect(wrongNow("125 to 500, the rule's own is 250 or 300")).toBe("125 至 500，规则自身为 250 或 300");
  });

  test("of what is not known the kind is said, and the server's words after it", () => {
    chooseLanguage("zh-Hans");
    const error = new ApiError(422, "not understood", "Field required", [], "invalid");
    expect(refusalNow(error, "no")).toBe("某个值缺失或超出范围（not understood: Field required）");
    expect(refusalNow(new ApiError(502, "Bad Gateway"), "no")).toBe("内部错误（Bad Gateway）");
    expect(wrongNow("Field required")).toBe("Field required");
  });

  test("where nobody answered it is said in the page's own words", () => {
    expect(refusalNow(new ApiError(0, "no answer"), "no")).toBe("no");
    expect(refusalNow(new Error("x"), "no")).toBe("no");
  });

  test("every clause has a place for all it is told", () => {
    for (const [english, chinese] of REFUSED) {
      const kinds = [...english.matchAll(/\{(\w)\}/g)].map(([, kind]) => kind ?? "");
      const had = kinds.map((kind, n) => `${kind}${kinds.slice(0, n + 1).filter((one) => one === kind).length}`);
      const named = [...chinese.matchAll(/\{(\w\d)\}/g)].map(([, name]) => name);
      expect(named.sort(), english).toEqual(had.sort());
    }
  });
});
