// What a screen on a wall may, and who looked at a patient.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Api } from "../src/api";
import { Header } from "../src/components/header";
import { WhoLookedPanel } from "../src/components/who-looked";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { Me, WhoLooked } from "../src/messages";
import { SignInPage } from "../src/pages/sign-in";
import { Session } from "../src/session";
import { testApp } from "./app";

const KIOSK: Me = {
  user: { email: "", name: "Ward 3", role: "kiosk", clinic: "North", language: null },
  may: ["see alerts", "see own session", "see patients", "see readings", "see units"],
  expires_at: "2126-01-01T00:00:00Z",
  hidden: false,
  hospital_sign_out: null,
};

let host: HTMLElement;
let asked: [string, unknown][];
beforeEach(() => {
  host = document.createElement("div");
  document.body.append(host);
  asked = [];
});
afterEach(() => {
  render(null, host);
  host.remove();
});

function show(page: preact.ComponentChildren, session: Session, answer: (path: string) => [number, unknown]): void {
  const api = new Api(
    "/",
    () => undefined,
    (input, init) => {
      const path = String(input).replace(/^\//, "");
      asked.push([path, init?.body === undefined ? null : JSON.parse(String(init.body))]);
      const [status, content] = answer(path);
      return Promise.resolve(new Response(JSON.stringify(content), { status }));
    },
  );
  const app = testApp(api, new LiveStore(), session);
  act(() => render(<AppContext.Provider value={app}>{page}</AppContext.Provider>, host));
}

const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 0)));

test("a code makes the browser a screen, a wrong one says so", async () => {
  const session = new Session();
  let status = 401;
  show(<SignInPage />, session, (path) =>
    path === "api/kiosk" ? [status, status === 200 ? KIOSK : { what: "no such code", where: "", hint: "" }] : [404, {}],
  );
  const form = host.querySelector<HTMLFormElement>(".kiosk form");
  const input = form?.querySelector<HTMLInputElement>("input[name=code]");
  if (!form || !input) throw new Error("no form for a code");
  input.value = "ABCDE-FGHJK-23456";
  act(() => form.requestSubmit());
  await settle();
  expect(host.querySelector(".kiosk .failure")?.textContent).toContain("not right");
  status = 200;
  act(() => form.requestSubmit());
  await settle();
  expect(session.standing.value).toBe("signed-in");
  expect(asked.filter(([path]) => path === "api/kiosk")).toEqual([
    ["api/kiosk", { code: "ABCDE-FGHJK-23456" }],
    ["api/kiosk", { code: "ABCDE-FGHJK-23456" }],
  ]);
});

test("whoever passes by a wall finds nothing to sign out with", () => {
  const session = new Session();
  session.me.value = KIOSK;
  show(<Header />, session, () => [404, {}]);
  expect(host.textContent).toContain("Ward 3");
  expect(host.querySelector("[data-action=sign-out]")).toBeNull();
  session.me.value = { ...KIOSK, may: [...KIOSK.may, "sign out"] };
  show(<Header />, session, () => [404, {}]);
  expect(host.querySelector("[data-action=sign-out]")).not.toBeNull();
});

test("who looked is asked for when it is opened, and goes back in pages", async () => {
  const session = new Session();
  session.me.value = { ...KIOSK, may: ["see who looked"] };
  const page = (row: string, who: string, next: string | null): WhoLooked => ({
    rows: [{ row, at: "2026-03-01T08:00:00Z", who, role: "nurse", what: "look at page" }],
    next,
  });
  show(<WhoLookedPanel unit="u-1" />, session, (path) => [
    200,
    path.includes("cursor") ? page("3", "<img onerror=1>", null) : page("7", "Nora", "7"),
  ]);
  await settle();
  expect(asked).toEqual([]);
  const panel = host.querySelector<HTMLDetailsElement>("[data-testid=who-looked]");
  if (!panel) throw new Error("no panel");
  act(() => {
    panel.open = true;
    panel.dispatchEvent(new Event("toggle"));
  });
  await settle();
  expect(host.textContent).toContain("Nora Nurse look at page");
  act(() => [...host.querySelectorAll("button")].find((one) => one.textContent === "Earlier")?.click());
  await settle();
  expect(asked.map(([path]) => path)).toEqual(["api/units/u-1/audit", "api/units/u-1/audit?cursor=7"]);
  expect(host.querySelectorAll("li")).toHaveLength(2);
  expect(host.querySelector("img")).toBeNull();
  expect(host.querySelector("button")).toBeNull();
});

test("who may not see it is not offered it", () => {
  const session = new Session();
  session.me.value = KIOSK;
  show(<WhoLookedPanel unit="u-1" />, session, () => [403, {}]);
  expect(host.querySelector("[data-testid=who-looked]")).toBeNull();
});
