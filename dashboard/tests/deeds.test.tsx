// The record in words: coming in and going out in both languages, every other deed as it stands there.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { AppContext } from "../src/context";
import { deedName, deedSaid, deedWho } from "../src/format/deeds";
import { chooseLanguage } from "../src/language";
import { LiveStore } from "../src/live/store";
import { AuditPage } from "../src/pages/audit";
import { Session } from "../src/session";
import { testApp } from "./app";

afterEach(() => chooseLanguage("en"));

const IN = { action: "sign in", detail: { session: "01", how: "passkey", address: "192.0.2.7" } };
const ENDED = { action: "end session", detail: { sessions: ["01", "02"], count: 2, why: "disable user" } };
const REFUSED = {
  action: "refuse sign-in",
  detail: { why: "unknown name", refused: 12, addresses: ["192.0.2.7", "192.0.2.8"] },
};

describe("coming in and going out", () => {
  it("is said with what is worth telling", () => {
    expect(deedSaid(IN)).toBe("Signed in with password and passkey, from 192.0.2.7");
    expect(deedSaid({ action: "sign out", detail: { session: "01" } })).toBe("Signed out");
    expect(deedSaid(ENDED)).toBe("2 sessions ended: the account was disabled");
    expect(deedSaid(REFUSED)).toBe("Sign-in refused 12 times: a name that nobody has here, from 192.0.2.7, 192.0.2.8");
    expect([deedWho("nobody"), deedWho("service:api"), deedWho("os:ada")]).toEqual([
      "nobody known here",
      "the system",
      "os:ada",
    ]);
  });

  it("is said in Chinese, and nothing of it in English", () => {
    chooseLanguage("zh-Hans");
    for (const row of [IN, ENDED, REFUSED]) {
      expect(deedSaid(row).replace(/192[.0-9]+/g, "")).not.toMatch(/[a-z]/i);
      expect(deedName(row.action)).not.toMatch(/[a-z]/i);
    }
    expect(deedSaid(REFUSED)).toBe("登录被拒绝 12 次：此处无人使用的名称，来自 192.0.2.7, 192.0.2.8");
  });

  it("stands as it is on record where there is nothing to add, as every other deed does", () => {
    expect(deedSaid({ action: "end session", detail: { session: 7 } })).toBe("Session ended");
    expect(deedSaid({ action: "sign in", detail: { how: "a way to come", address: 7 } })).toBe(
      "Signed in a way to come",
    );
    expect(deedSaid({ action: "disable user", detail: {} })).toBe("disable user");
  });

  it("is a filter of its own on the page", async () => {
    const asked: string[] = [];
    const row = { row: "3", at: "2026-03-01T08:00:00Z", actor: "service:api", who: "", subject: "nobody", about: "" };
    const chain = {
      state: "never",
      rows: 0,
      verified_rows: 0,
      verified_at: null,
      broken_row: null,
      why: "",
      running: false,
      looked_at: 0,
    };
    const api = new Api(
      "/",
      () => undefined,
      (input) => {
        const path = String(input).replace(/^\//, "");
        asked.push(path);
        if (path === "api/audit/actions") return Promise.resolve(Response.json({ actions: ["refuse sign-in"] }));
        if (path === "api/audit/chain") return Promise.resolve(Response.json(chain));
        return Promise.resolve(Response.json({ rows: [{ ...row, ...REFUSED }], next: null }));
      },
    );
    const host = document.createElement("div");
    document.body.append(host);
    const app = testApp(api, new LiveStore(), new Session());
    act(() => render(<AppContext.Provider value={app}>{<AuditPage />}</AppContext.Provider>, host));
    const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 0)));
    await settle();
    const kinds = host.querySelector<HTMLSelectElement>("select");
    if (!kinds) throw new Error("no kinds");
    kinds.value = "sign-ins";
    act(() => void kinds.dispatchEvent(new Event("change", { bubbles: true })));
    await settle();
    await settle();
    expect(asked).toContain("api/audit?kind=sign-ins");
    expect(host.querySelector("tbody")?.textContent).toContain("the system");
    expect(host.querySelector("tbody")?.textContent).toContain("nobody known here");
    expect(host.querySelector('option[value="refuse sign-in"]')?.textContent).toBe("Sign-in refused");
    render(null, host);
    host.remove();
  });
});
