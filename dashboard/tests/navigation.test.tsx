// @vitest-environment happy-dom
// What waits is counted on a phone too, and forgotten with the session.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { Api } from "../src/api";
import type { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import { Session } from "../src/session";
import { testApp } from "./app";

afterEach(() => {
  vi.resetModules();
  vi.restoreAllMocks();
});

const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 0)));

for (const isNarrow of [true, false]) {
  test(`reviews that wait are shown and forgotten, ${isNarrow ? "narrow" : "wide"}`, async () => {
    vi.spyOn(window, "matchMedia").mockImplementation(
      () => ({ matches: isNarrow, addEventListener: () => undefined }) as unknown as MediaQueryList,
    );
    const context = await import("../src/context");
    const { Navigation } = await import("../src/components/navigation");
    const { countReviews, waitingReviews } = await import("../src/reviews");
    const session = new Session();
    session.me.value = {
      user: { email: "a@b.c", name: "A", role: "nurse", clinic: null, language: null },
      may: ["see alerts", "see treatments", "see rota", "see load"],
      expires_at: "2126-01-01T00:00:00Z",
      hidden: false,
      hospital_sign_out: null,
    };
    let answer = () => Promise.resolve(new Response(JSON.stringify({ exceptional: 3 })));
    const api = new Api(
      "/",
      () => undefined,
      () => answer(),
    );
    const app = testApp(api, new LiveStore(), session);
    const host = document.createElement("div");
    document.body.append(host);
    const Provider = context.AppContext.Provider as typeof AppContext.Provider;
    await act(() =>
      render(
        <Provider value={app}>
          <Navigation />
        </Provider>,
        host,
      ),
    );
    await settle();
    const shown = [...host.querySelectorAll("summary .count, [data-testid=review-count]")].map(
      (one) => one.textContent,
    );
    expect(shown).toEqual(["3"]);
    // The session ends while another answer is on its way.
    let late: (answer: Response) => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        late = resolve;
      });
    const counting = countReviews(api);
    await act(() => render(null, host));
    expect(waitingReviews.value).toBe(0);
    late(new Response(JSON.stringify({ exceptional: 9 })));
    await counting;
    expect(waitingReviews.value).toBe(0);
    host.remove();
  });
}
