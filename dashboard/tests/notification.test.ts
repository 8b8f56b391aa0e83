import { describe, expect, it } from "vitest";
import { shownOf, UNREADABLE } from "../worker/notification";

const page = {
  key: "17",
  priority: "high",
  title: "High priority: somebody at home needs an answer",
  body: "Open the page, then accept or pass on.",
  link: "https://hd.example.org/clinic/deliveries/17",
  receipt: `https://hd.example.org/clinic/api/receipts/${"ab".repeat(16)}`,
};
const shown = (changes: Record<string, unknown> = {}) => shownOf(JSON.stringify({ ...page, ...changes }));

describe("what is shown of a push", () => {
  it("is the page's own words, its key as tag, and stays when it is high", () => {
    expect(shown()).toEqual({
      title: page.title,
      body: page.body,
      tag: "17",
      stays: true,
      open: "#/deliveries/17",
      receipt: "ab".repeat(16),
    });
    expect(shown({ priority: "medium" }).stays).toBe(false);
  });

  it("leads to lists and to the first page, too", () => {
    expect(shown({ link: "https://hd.example.org/#/alerts" }).open).toBe("#/alerts");
    expect(shown({ link: "https://hd.example.org/#/devices" }).open).toBe("#/devices");
    expect(shown({ link: "" }).open).toBe("#/");
  });

  it.each([
    "https://evil.example/deliveries/17x",
    "https://evil.example/#/deliveries/../../x",
    "javascript:alert(1)",
    "deliveries/12345678901234567890",
    7,
    null,
  ])("leads nowhere else: %s", (link) => {
    expect(shown({ link }).open).toBe("#/");
  });

  it.each(["https://evil.example/api/session", "api/receipts/short", "api/receipts/../session", 7, null])(
    "says its receipt nowhere else: %s",
    (receipt) => {
      expect(shown({ receipt }).receipt).toBe("");
    },
  );

  it.each([null, "", "not JSON", "[]", "null", "7", '{"title": 7}', "{}"])(
    "is never nothing, whatever came: %s",
    (text) => {
      expect(shownOf(text)).toBe(UNREADABLE);
    },
  );

  it("is no longer than a notification is", () => {
    expect(shown({ title: "x".repeat(5_000) }).title).toHaveLength(200);
  });
});
