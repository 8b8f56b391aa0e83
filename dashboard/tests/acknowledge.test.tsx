import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { Acknowledge } from "../src/components/acknowledge";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { AlertView, Me } from "../src/messages";
import { Session } from "../src/session";
import { testApp } from "./app";
import { alert, DOWN, iso, SERVER_MS, snapshot, unit } from "./samples";

const NURSE: Me = {
  user: { email: "ana@north.test", name: "Ana Prado", role: "nurse", clinic: "North", language: null },
  may: ["acknowledge", "see alerts", "see own session", "see patients", "see readings", "see units"],
  expires_at: iso(SERVER_MS),
  hidden: false,
  hospital_sign_out: null,
};

interface Bench {
  readonly store: LiveStore;
  readonly session: Session;
  readonly button: () => HTMLButtonElement | null;
  readonly text: () => string;
  readonly requests: string[];
  answer(status: number, body: unknown): Promise<void>;
}

let host: HTMLElement;

function bench(may: Me["may"] = NURSE.may): Bench {
  const requests: string[] = [];
  let reply: (response: Response) => void = () => undefined;
  const fetcher = (input: RequestInfo | URL) => {
    requests.push(String(input));
    return new Promise<Response>((resolve) => {
      reply = resolve;
    });
  };
  const session = new Session();
  session.me.value = { ...NURSE, may };
  const store = new LiveStore();
  store.receive(snapshot([unit("a")], [alert("1", "a")]), 0);
  const api = new Api("/", () => session.end(), fetcher);
  const app = testApp(api, store, session);
  const Shown = () => <Acknowledge alert={store.alerts.value.get("1") as AlertView} />;
  act(() =>
    render(
      <AppContext.Provider value={app}>
        <Shown />
      </AppContext.Provider>,
      host,
    ),
  );
  return {
    store,
    session,
    requests,
    button: () => host.querySelector<HTMLButtonElement>('[data-action="acknowledge"]'),
    text: () => host.textContent ?? "",
    answer: async (status, body) => {
      await act(async () => {
        reply(new Response(JSON.stringify(body), { status }));
        await new Promise((resolve) => setTimeout(resolve));
      });
    },
  };
}

async function press(button: HTMLButtonElement | null): Promise<void> {
  await act(async () => button?.click());
}

const acknowledgedBy = (name: string) =>
  alert("1", "a", { state: "active, acknowledged", acknowledged_by: name, acknowledged_at: iso(SERVER_MS) });

beforeEach(() => {
  host = document.createElement("div");
});

describe("acknowledging", () => {
  it("asks once, says that it asks, and believes only the answer", async () => {
    const { button, text, requests, answer } = bench();
    await press(button());
    await press(button());
    expect(requests).toEqual(["/api/alerts/1/acknowledge"]);
    expect(button()?.getAttribute("aria-disabled")).toBe("true");
    expect(text()).not.toContain("Acknowledged by");
    await answer(200, { outcome: "acknowledged", by_you: true, alert: acknowledgedBy("Ana Prado") });
    expect(button()).toBeNull();
    expect(text()).toContain("Acknowledged by Ana Prado");
  });

  it("tells who was first when two press at once", async () => {
    const { button, text, answer } = bench();
    await press(button());
    await answer(200, { outcome: "already acknowledged", by_you: false, alert: acknowledgedBy("Dr. Brandt") });
    expect(text()).toContain("Acknowledged by Dr. Brandt");
    expect(text()).toContain("Dr. Brandt was first");
  });

  it.each([
    [500, "did not take it"],
    [503, "did not take it"],
    [409, "already ended"],
    [403, "may not acknowledge"],
  ])("a refusal with %d leaves the button and says why", async (status, why) => {
    const { button, text, answer } = bench();
    await press(button());
    await answer(status, { what: "", where: "", hint: "" });
    expect(button()).not.toBeNull();
    expect(text()).toContain(why);
  });

  it("follows an acknowledgement made on another screen", async () => {
    const { store, text } = bench();
    await act(async () => store.putAlert(acknowledgedBy("Dr. Brandt")));
    expect(text()).toContain("Acknowledged by Dr. Brandt");
  });

  it("says that it cannot be done, and asks nothing, while nothing can be recorded", async () => {
    const { store, button, text, requests } = bench();
    await act(async () => store.putAlert(alert("1", "a", { unsaved: true })));
    await press(button());
    expect(button()?.disabled).toBe(true);
    expect(text()).toBe("Cannot acknowledge nowNothing can be recorded until the database answers.");
    await act(async () => store.putAlert(alert("1", "a")));
    expect(button()?.textContent).toBe("Acknowledge");
    const ingest = { ...DOWN, reason: "unsaved" } as const;
    await act(async () => store.receive(snapshot([unit("a")], [alert("1", "a")], { ingest }), 0));
    await press(button());
    expect(text()).toContain("Cannot acknowledge now");
    expect(requests).toEqual([]);
  });

  it("offers nothing to a role that may not", () => {
    expect(bench(["see alerts"]).button()).toBeNull();
  });

  it("a session that ended leads back to the sign-in page", async () => {
    const { session, button, answer } = bench();
    await press(button());
    await answer(401, { what: "", where: "", hint: "" });
    expect(session.standing.value).toBe("ended");
  });
});
