// @vitest-environment happy-dom
// One press ticks what is on the page, and says how many more there are.
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test } from "vitest";
import { Api } from "../src/api";
import { AT_ONCE } from "../src/components/first-of-many";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import { AlertsPage } from "../src/pages/alerts";
import { Session } from "../src/session";
import { testApp } from "./app";
import { alert, iso, SERVER_MS, snapshot, unit } from "./samples";

test("tick all ticks what is drawn alone", async () => {
  const session = new Session();
  session.me.value = {
    user: { email: "a@b.c", name: "A", role: "nurse", clinic: null, language: null },
    may: ["see alerts", "acknowledge"],
    expires_at: iso(SERVER_MS),
    hidden: false,
    hospital_sign_out: null,
  };
  const store = new LiveStore();
  store.setOpen(true, 0);
  const many = Array.from({ length: AT_ONCE + 7 }, (_, number) => alert(String(number), "a", { priority: "low" }));
  store.receive(snapshot([unit("a")], many), 0);
  const api = new Api(
    "/",
    () => undefined,
    () => Promise.reject(new TypeError("no network")),
  );
  const host = document.createElement("div");
  await act(() =>
    render(
      <AppContext.Provider value={testApp(api, store, session)}>
        <AlertsPage selected={null} />
      </AppContext.Provider>,
      host,
    ),
  );
  const press = (what: string) => act(() => host.querySelector<HTMLButtonElement>(what)?.click());
  const text = (what: string) => host.querySelector(what)?.textContent?.trim();
  expect(text('[data-action="tick-all"]')).toBe(`Tick all ${AT_ONCE} low`);
  expect(text('[data-testid="undrawn"]')).toBe("7 more low further down, not on the page yet.");
  await press('[data-action="tick-all"]');
  expect(host.querySelectorAll("[data-tick]:checked").length).toBe(AT_ONCE);
  expect(text('[data-action="acknowledge-low"]')).toBe(`Acknowledge ${AT_ONCE} low`);
  await press('[data-testid="more"]');
  expect(host.querySelectorAll("[data-tick]").length).toBe(AT_ONCE + 7);
  expect(host.querySelectorAll("[data-tick]:checked").length).toBe(AT_ONCE);
  expect(text('[data-testid="undrawn"]')).toBeUndefined();
  expect(text('[data-action="tick-all"]')).toBe(`Tick all ${AT_ONCE + 7} low`);
  render(null, host);
});
