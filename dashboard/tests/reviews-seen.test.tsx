// Nothing is signed in another state than a person has seen, and paper says of when its figures are.
import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { AppContext } from "../src/context";
import { chooseLanguage } from "../src/language";
import { LiveStore } from "../src/live/store";
import type { ReviewView, TreatmentReport } from "../src/messages";
import { Foot, stamp } from "../src/pages/report";
import { ReviewsPage } from "../src/pages/reviews";
import { Session } from "../src/session";
import { testApp } from "./app";
import { iso, SERVER_MS } from "./samples";

let host: HTMLElement;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(() => {
  act(() => render(null, host));
  host.remove();
  vi.useRealTimers();
  chooseLanguage("en");
});

const find = (selector: string) => host.querySelector<HTMLElement>(selector);
const settled = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
const press = async (action: string) => {
  act(() => find(`[data-action="${action}"]`)?.click());
  await settled();
};
const again = async () => {
  act(() => void vi.advanceTimersByTime(10_000));
  await settled();
};

const SHORT: ReviewView["reasons"][number] = {
  code: "shortened",
  about: "",
  why: "",
  text: "short",
  inputs: { treated_min: 200, planned_min: 240, short_min: 40 },
  limits: { short_min: 10 },
};

function review(id: string, etag: string, reasons: ReviewView["reasons"] = []): ReviewView {
  const treatment = { treatment_id: id, unit: "a", patient: null, start: iso(SERVER_MS), summary: null };
  return {
    etag,
    treatment,
    state: "unsigned",
    reasons,
    news: [],
    changes: [],
    new_reasons: [],
    gone_reasons: [],
    signed: null,
    called: null,
    history: [],
  } as unknown as ReviewView;
}

function bench(first: readonly ReviewView[]) {
  const now = { reviews: first };
  const sent: [string, string | null, unknown][] = [];
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
    const path = new URL(String(input), "http://x").pathname;
    if (init?.method === "POST") {
      sent.push([path, new Headers(init.headers).get("if-match"), JSON.parse(String(init.body))]);
      const body = path === "/api/reviews/sign" ? { results: [] } : { review: now.reviews[0] };
      return new Response(JSON.stringify(body));
    }
    const body = path.endsWith("counts") ? { exceptional: 0 } : { reviews: now.reviews, beyond: false, next: null };
    return new Response(JSON.stringify(body));
  };
  const session = new Session();
  session.me.value = {
    user: { email: "a@b.c", name: "A", role: "nephrologist", clinic: "North", language: null },
    may: ["sign treatments", "call doctor"],
    expires_at: iso(SERVER_MS),
    hidden: false,
    hospital_sign_out: null,
  };
  const app = testApp(new Api("/", () => session.end(), fetcher), new LiveStore(), session);
  const show = (children: ComponentChildren) =>
    act(() => render(<AppContext.Provider value={app}>{children}</AppContext.Provider>, host));
  return { now, sent, show };
}

const type = (note: string) =>
  act(() => {
    const input = find("input[name=note]") as HTMLInputElement;
    input.value = note;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
const submit = async () => {
  act(() => void find("form.review-actions")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  await settled();
};

it("what changed under the hands is signed only after a press that takes it", async () => {
  const { now, sent, show } = bench([review("1", "old", [SHORT])]);
  show(<ReviewsPage />);
  await settled();
  type("cramps");
  now.reviews = [review("1", "new", [SHORT])];
  await again();
  expect(find(".review-changed")?.textContent).toContain("look again");
  expect(find('[data-action="sign"]')?.getAttribute("aria-disabled")).toBe("true");
  await submit();
  await press("call-doctor");
  expect(sent).toEqual([]);
  await press("take-new");
  expect(find(".review-changed")).toBeNull();
  expect((find("input[name=note]") as HTMLInputElement).value).toBe("cramps");
  await submit();
  expect(sent).toEqual([["/api/treatments/1/sign", "new", { note: "cramps" }]]);
});

it("one's own call for a doctor is no change to look at again", async () => {
  const { now, show } = bench([review("1", "old", [SHORT])]);
  show(<ReviewsPage />);
  await settled();
  type("pale");
  now.reviews = [review("1", "called", [SHORT])];
  await press("call-doctor");
  expect(find(".review")).not.toBeNull();
  expect(find(".review-changed")).toBeNull();
});

it("only what was on the list is signed in one go; what came or changed waits for a press", async () => {
  const { now, sent, show } = bench([review("1", "a"), review("2", "b"), review("3", "c")]);
  show(<ReviewsPage />);
  await settled();
  now.reviews = [review("4", "d"), review("1", "a"), review("2", "b2")];
  await again();
  const listed = () => [...host.querySelectorAll<HTMLElement>(".review-list li")].map((one) => one.dataset.treatment);
  expect(listed()).toEqual(["1"]);
  expect(find('[data-action="show-new"]')?.textContent).toContain("2 new");
  await press("sign-all");
  expect(sent).toEqual([["/api/reviews/sign", null, { treatments: [{ treatment_id: "1", etag: "a" }] }]]);
  await press("show-new");
  expect(listed()).toEqual(["4", "1", "2"]);
  expect(find('[data-action="show-new"]')).toBeNull();
});

it.each([
  ["en", "As of "],
  ["zh-Hans", "数据截至 "],
] as const)("paper says of when its figures are (%s)", (language, said) => {
  chooseLanguage(language);
  const { show } = bench([]);
  const report = { server_time: iso(SERVER_MS), alerts: [], reasons_version: "1", printed_by: "A" };
  show(<Foot report={report as unknown as TreatmentReport} />);
  expect(find("footer")?.textContent).toContain(`${said}${stamp(SERVER_MS)}`);
});
