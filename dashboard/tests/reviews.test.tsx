// The review's words and the report's charts: a reason in two languages with its numbers, and no line across a gap.
import { afterEach, describe, expect, it } from "vitest";
import { reportCourse, WIDTH } from "../src/charts/report";
import { chooseLanguage } from "../src/language";
import type { History, ReasonView } from "../src/messages";
import { reasonText } from "../src/reviews";
import { parseRoute } from "../src/routes";
import { englishReviews } from "../src/words-reviews";
import { chineseReviews } from "../src/words-reviews-zh";

afterEach(() => chooseLanguage("en"));

const SHORT: ReasonView = {
  code: "shortened",
  about: "",
  why: "",
  text: "Ended 40 min early",
  inputs: { treated_min: 200, planned_min: 240, short_min: 40 },
  limits: { short_min: 10 },
};

function history(mean: readonly (number | null)[], gaps: History["gaps"] = []): History {
  const series = { min: mean, max: mean, mean };
  return {
    unit: "a",
    start: "2026-03-01T08:00:00Z",
    end: "2026-03-01T08:01:40Z",
    bucket_s: 10,
    times: mean.map((_, index) => index * 10),
    readings: mean.map((value) => (value === null ? 0 : 1)),
    series: { venous_pressure: series },
    gaps,
    marks: [],
  };
}

describe("a reason", () => {
  it("is told in the reader's language with its numbers and its limit", () => {
    expect(reasonText(SHORT)).toBe("200 of 240 min prescribed: 40 min short; 10 min or more");
    chooseLanguage("zh-Hans");
    expect(reasonText(SHORT)).toBe("处方 240 分钟，实际 200 分钟，少 40 分钟；达到 10 分钟");
    const unknown: ReasonView = { ...SHORT, code: "not judged", about: "dose", why: "no Kt/V is prescribed" };
    expect(reasonText(unknown)).toBe("透析剂量: 没有 Kt/V 处方");
  });

  it("that a later server gives is shown in its own words", () => {
    const later: ReasonView = { ...SHORT, code: "not judged", about: "something new", why: "nobody asked" };
    expect(reasonText(later)).toBe("something new: nobody asked");
  });

  it("has words in both tables", () => {
    for (const table of ["about", "why", "figures"] as const) {
      expect(Object.keys(chineseReviews[table])).toEqual(Object.keys(englishReviews[table]));
    }
  });
});

describe("a course on paper", () => {
  const gap = { start: 30, end: 60, reason: "link down", signal: null, detail: "" } as const;

  it("breaks at a gap and hatches it", () => {
    const course = reportCourse(history([1, 2, 3, null, null, null, 4, 5, 6, 7], [gap]), ["venous_pressure"], 0, 100);
    expect(course?.lines.length).toBe(2);
    expect(course?.gaps).toEqual([{ x: 0.3 * WIDTH, width: 0.3 * WIDTH }]);
    expect([course?.low, course?.high]).toEqual([1, 7]);
  });

  it("goes on where something is measured now and then, and no gap is told", () => {
    expect(reportCourse(history([1, null, null, 2]), ["venous_pressure"], 0, 40)?.lines.length).toBe(1);
  });

  it("is none where there is no value", () => {
    expect(reportCourse(history([null, null]), ["venous_pressure"], 0, 20)).toBeNull();
    expect(reportCourse(history([1]), ["blood_flow"], 0, 20)).toBeNull();
  });
});

it("both pages have addresses of their own", () => {
  expect(parseRoute("#/reviews")).toEqual({ page: "reviews" });
  expect(parseRoute("#/treatments/7/report")).toEqual({ page: "report", treatment: "7" });
  expect(parseRoute("#/treatments/7")).toEqual({ page: "wall" });
});
