import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { LimitBook } from "../src/charts/limit-book";
import { lineInWords, widened } from "../src/charts/limits";
import { chooseLanguage } from "../src/language";
import type { Prescription, StripLine } from "../src/messages";

const line = (value: number, change: Partial<StripLine> = {}): StripLine => ({
  signal: "venous_pressure",
  value,
  beyond: "above",
  kind: "usual",
  priority: "high",
  rule: "R13",
  ...change,
});

describe("a strip with limits", () => {
  it("has room for those that are near, not for those that would flatten the course", () => {
    expect(widened([100, 200], [line(250)])).toEqual([100, 256]);
    expect(widened([100, 200], [line(500), line(250)])).toEqual([100, 256]);
    expect(widened([100, 200], [line(50, { beyond: "below" }), line(150)])).toEqual([44, 200]);
    expect(widened([100, 200], [])).toEqual([100, 200]);
    expect(widened(null, [line(250)])).toBeNull();
  });
});

describe("a limit in words", () => {
  beforeEach(() => chooseLanguage("en"));

  it("says how urgent, on which side, and whose it is", () => {
    expect(lineInWords(line(320, { kind: "own" }))).toBe("HIGH above 320 (own limit)");
    expect(lineInWords(line(-200, { beyond: "below", priority: "medium" }))).toBe("MEDIUM below −200");
    const prescribed = { signal: "dialysate_conductivity", beyond: "", kind: "prescribed", priority: null } as const;
    expect(lineInWords(line(14, prescribed))).toBe("prescribed 14.00");
  });
});

describe("what holds", () => {
  it("is read anew, kept where it did not change, and known to be old when it does not come", async () => {
    const now = signal(1000);
    let answer: () => Promise<{ prescription: Prescription; tag: string }> = () => Promise.reject(new Error("away"));
    const told = (tag: string, ...lines: StripLine[]) => {
      answer = () => Promise.resolve({ prescription: { lines } as unknown as Prescription, tag });
    };
    const book = new LimitBook({ prescription: () => answer() }, { now }, "a");
    await book.read();
    expect([book.failed.value, book.readAtMs.value, book.lines.value]).toEqual([true, null, null]);
    told("1", line(250), line(14, { signal: "dialysate_conductivity" }));
    await book.read();
    const first = book.lines.value;
    expect(first?.get("venous_pressure")).toEqual([line(250)]);
    now.value = 2000;
    await book.read();
    expect([book.lines.value === first, book.readAtMs.value]).toEqual([true, 2000]);
    told("2", line(320, { kind: "own" }));
    await book.read();
    expect(book.lines.value?.get("venous_pressure")?.[0]?.value).toBe(320);
    answer = () => Promise.reject(new Error("away"));
    now.value = 9000;
    await book.read();
    expect([book.failed.value, book.readAtMs.value, book.lines.value?.size]).toEqual([true, 2000, 1]);
  });
});
