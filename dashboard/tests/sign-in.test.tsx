// Coming in: what the sign-in page offers and says, the step after the password, signing out at the hospital.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import { reasonOf, SignInPage } from "../src/pages/sign-in";
import { Session } from "../src/session";
import { englishSigningIn, REASONS } from "../src/words-sign-in";
import { testApp } from "./app";

type Answers = Record<string, [number, unknown]>;

const ME = {
  user: { email: "n@x", name: "Nora", role: "nurse", clinic: "North", language: null },
  may: [],
  expires_at: "2026-03-01T20:00:00Z",
  hidden: false,
  hospital_sign_out: "https://id.example/end?client_id=homehd",
};
let root: HTMLElement;
let session: Session;
let api: Api;

function show(answers: Answers): void {
  api = new Api("https://hd.example/", () => undefined, (async (input: RequestInfo | URL, init?: RequestInit) => {
    const [status, content] = answers[`${init?.method} ${new URL(String(input)).pathname}`] ?? [404, {}];
    return new Response(status === 204 ? null : JSON.stringify(content), { status });
  }) as typeof fetch);
  session = new Session();
  root = document.createElement("div");
  document.body.append(root);
  render(
    <AppContext.Provider value={testApp(api, new LiveStore(), session)}>
      <SignInPage />
    </AppContext.Provider>,
    root,
  );
}

const settle = () => act(() => new Promise<void>((done) => setTimeout(done, 0)));

beforeEach(() => {
  window.location.hash = "";
});

afterEach(() => {
  render(null, root);
  root.remove();
});

describe("the sign-in page", () => {
  it("offers the hospital where there is one", async () => {
    show({ "GET /api/sign-in": [200, { hospital: "St Example" }] });
    const found = () => root.querySelector<HTMLAnchorElement>('[data-testid="hospital"]');
    await vi.waitFor(() => expect(found()).not.toBeNull());
    const link = found();
    expect(link?.href).toBe("https://hd.example/api/oidc/start");
    expect(link?.textContent).toBe("Sign in with St Example");
  });

  it("offers the password alone where there is none, or nobody answers", async () => {
    show({ "GET /api/sign-in": [200, { hospital: null }] });
    await settle();
    expect(root.querySelector('[data-testid="hospital"]')).toBeNull();
    expect(root.querySelector('input[name="password"]')).not.toBeNull();
  });

  it("says why the way back from the hospital ended here, and nothing that is not of the list", () => {
    for (const reason of REASONS) expect(reasonOf(`#/sign-in/${reason}`)).toBe(reason);
    for (const hash of ["", "#/sign-in/", "#/sign-in/else", "#/sign-in/<b>", "#/sign-in/toString"]) {
      expect(reasonOf(hash)).toBeNull();
    }
    window.location.hash = "#/sign-in/provider-down";
    show({});
    expect(root.querySelector('[data-testid="reason"]')?.textContent).toBe(englishSigningIn.reasons["provider-down"]);
  });

  it("asks for the passkey after the password, signs nobody in meanwhile, and leads back", async () => {
    const step = {
      kind: "first passkey",
      step: "s",
      options: { challenge: "AAAA", user: { id: "AAAA", name: "n", displayName: "n" } },
    };
    show({ "POST /api/session": [202, step] });
    await act(async () => {
      expect(await session.signIn(api, "n@x", "p")).toBeNull();
    });
    await settle();
    expect(session.standing.value).not.toBe("signed-in");
    expect(root.querySelector('[data-testid="second-step"]')?.textContent).toContain("In your role");
    expect(root.querySelector('input[name="password"]')).toBeNull();
    // This browser has no passkeys, and says so.
    root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    const said = () => root.querySelector('[role="alert"]')?.textContent;
    await vi.waitFor(() => expect(said()).toBe(englishSigningIn.failures.unsupported));
    await act(() => root.querySelector<HTMLButtonElement>(".button-quiet")?.click());
    expect(root.querySelector('input[name="password"]')).not.toBeNull();
  });
});

describe("signing out", () => {
  it("ends at the hospital's provider where the session came from there", async () => {
    show({ "POST /api/session": [200, ME], "DELETE /api/session": [204, null] });
    await session.signIn(api, "n@x", "p");
    const left: string[] = [];
    await session.signOut(api, (address) => left.push(address));
    expect(left).toEqual([ME.hospital_sign_out]);
    await session.signOut(api, (address) => left.push(address));
    expect(left).toHaveLength(1);
  });
});
