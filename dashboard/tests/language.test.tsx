// One page, two languages: chosen by the browser or by hand, changed without a reload, complete.
import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { RuleBook } from "../src/alerts/rules";
import { Api } from "../src/api";
import { AlertCard } from "../src/components/alert-card";
import { LanguageToggle } from "../src/components/header";
import { AppContext } from "../src/context";
import { formatClock } from "../src/format/times";
import { chooseLanguage, followAccount, followLanguage, languageFor } from "../src/language";
import { LiveStore } from "../src/live/store";
import type { RuleView } from "../src/messages";
import { Session } from "../src/session";
import { words } from "../src/words";
import { testApp } from "./app";
import { alert } from "./samples";

afterEach(() => chooseLanguage("en"));

const USER = { email: "a@example.org", name: "Ada", role: "nurse", clinic: null, language: null } as const;

const RULE: RuleView = {
  rule: "R10",
  version: "1.0.0+00000000",
  language: "zh-Hans",
  title: "穿刺针脱落（静态）",
  action: "致电患者家：立即查看静脉穿刺针和管路。",
  likely_causes: ["静脉穿刺针滑出"],
  consequence: "血泵会把患者的血抽空。",
  respond_within_s: { high: 60 },
  source: "",
  mark: "C",
};

function api(rules: readonly RuleView[] | null): Api {
  const answer = () => (rules === null ? Promise.reject(new TypeError("no network")) : Response.json({ rules }));
  return new Api(
    "/",
    () => undefined,
    async () => answer(),
  );
}

describe("the language", () => {
  it.each([
    [null, ["zh-CN", "en"], "zh-Hans"],
    [null, ["zh-TW"], "zh-Hans"],
    [null, ["de", "en-GB", "zh"], "en"],
    [null, ["de"], "en"],
    [null, [], "en"],
    ["en", ["zh-CN"], "en"],
    ["zh-Hans", ["en"], "zh-Hans"],
    ["tlh", ["zh"], "zh-Hans"],
  ])("stored %s, preferred %j: %s", (stored, preferred, language) => {
    expect(languageFor(stored, preferred)).toBe(language);
  });

  it("is the account's where nobody has chosen in this browser, and only there", () => {
    window.localStorage.removeItem("homehd.language");
    followAccount(null);
    expect(words().locale).toBe("en-GB");
    followAccount("zh");
    expect(words().locale).toBe("zh-CN");
    expect(window.localStorage.getItem("homehd.language")).toBeNull();
    chooseLanguage("en");
    followAccount("zh");
    expect(words().locale).toBe("en-GB");
  });

  it.each([
    ["a person", ["keep channels"], 204, ["zh"], false],
    ["a person, of whom it is not taken", ["keep channels"], 503, ["zh"], true],
    ["a screen on a wall", [], 204, [], false],
  ] as const)("chosen by %s is told to the server for pushes and messages", async (_, may, status, told, warned) => {
    const sent: string[] = [];
    const server = new Api(
      "/",
      () => undefined,
      async (_input, init) => {
        sent.push(JSON.parse(String(init?.body)).language);
        return new Response(null, { status });
      },
    );
    const session = new Session();
    session.me.value = { may, expires_at: "", hidden: false, hospital_sign_out: null, user: USER };
    const host = document.body.appendChild(document.createElement("div"));
    act(() =>
      render(
        <AppContext.Provider value={testApp(server, new LiveStore(), session)}>
          <LanguageToggle />
        </AppContext.Provider>,
        host,
      ),
    );
    await act(async () => {
      host.querySelector<HTMLInputElement>('[value="zh-Hans"]')?.click();
      await new Promise((resolve) => setTimeout(resolve));
    });
    expect(words().locale).toBe("zh-CN");
    expect(sent).toEqual(told);
    expect(host.querySelector("[role=alert]") !== null).toBe(warned);
    act(() => render(null, host));
  });

  it("is one click, without a reload, kept, and told to the browser", () => {
    followLanguage();
    const host = document.body.appendChild(document.createElement("div"));
    act(() =>
      render(
        <AppContext.Provider value={testApp(api([]), new LiveStore(), new Session())}>
          <LanguageToggle />
        </AppContext.Provider>,
        host,
      ),
    );
    expect(host.querySelector("legend")?.textContent).toBe("Language");
    act(() => host.querySelector<HTMLInputElement>('input[value="zh-Hans"]')?.click());
    expect(host.querySelector("legend")?.textContent).toBe("语言");
    expect(document.documentElement.lang).toBe("zh-Hans");
    expect(window.localStorage.getItem("homehd.language")).toBe("zh-Hans");
  });

  it("writes a date as its readers do", () => {
    const at = Date.UTC(2026, 2, 1, 12);
    const before = formatClock(at, at + 3 * 86_400_000);
    chooseLanguage("zh-Hans");
    expect(formatClock(at, at + 3 * 86_400_000)).not.toBe(before);
    expect(formatClock(at, at + 3 * 86_400_000)).toContain("3月");
  });
});

/** What a table says, by its path; functions are asked with every argument as "7". */
function said(table: object, path = ""): [string, string][] {
  return Object.entries(table).flatMap(([name, value]): [string, string][] => {
    const here = `${path}.${name}`;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "function") return [[here, String(value("7", "7", "7"))]];
    return said(value, here);
  });
}

describe("the Chinese table", () => {
  it("has no English left, but for names and numbers", () => {
    const english = new Map(said(words()));
    chooseLanguage("zh-Hans");
    const chinese = said(words());
    expect(chinese.map(([path]) => path).sort()).toEqual([...english.keys()].sort());
    const same = chinese.filter(
      ([path, text]) => !/\p{Script=Han}/u.test(text) && /[A-Za-z]/.test(english.get(path) ?? ""),
    );
    expect(same.map(([path]) => path)).toEqual([".locale", ".product", ".tile.of"]);
  });
});

describe("an alert", () => {
  async function show(
    book: (api: Api) => RuleBook,
    rules: readonly RuleView[] | null,
    shown = alert("1", "home-1"),
  ): Promise<HTMLElement> {
    const session = new Session();
    const store = new LiveStore();
    const used = api(rules);
    const app = { ...testApp(used, store, session), rules: book(used) };
    await app.rules.load("zh-Hans");
    const host = document.createElement("div");
    const wrapped: ComponentChildren = <AlertCard alert={shown} />;
    act(() => render(<AppContext.Provider value={app}>{wrapped}</AppContext.Provider>, host));
    return host;
  }

  it("has its title, what to do and its sentence in the page's language, and the record beside it", async () => {
    chooseLanguage("zh-Hans");
    const recorded = "Venous pressure 261 mmHg, above 250 mmHg, for 15 s";
    const known = await show((used) => new RuleBook(used), [RULE], alert("1", "home-1", { reason: recorded }));
    expect(known.querySelector(".reason")?.textContent).toBe("静脉压 261 mmHg，高于 250 mmHg，已持续 15 s");
    expect(known.querySelector(".reason")?.getAttribute("lang")).toBe("zh-Hans");
    expect(known.querySelector('[data-testid="recorded"] [lang="en"]')?.textContent).toBe(recorded);
    chooseLanguage("en");
    const english = await show((used) => new RuleBook(used), [RULE], alert("1", "home-1", { reason: recorded }));
    expect(english.querySelector(".reason")?.textContent).toBe(recorded);
    expect(english.querySelector('[data-testid="recorded"]')).toBeNull();
    chooseLanguage("zh-Hans");
    const unknown = { reason: "Venous pressure 261 mmHg, and a new thing" };
    const host = await show((used) => new RuleBook(used), [RULE], alert("1", "home-1", unknown));
    expect(host.querySelector(".reason")?.textContent).toBe(unknown.reason);
    expect(host.querySelector("h3")?.textContent).toBe(RULE.title);
    expect(host.querySelector('[data-testid="what-to-do"]')?.textContent).toContain(RULE.action);
    expect(host.querySelector(".reason")?.getAttribute("lang")).toBe("en");
    expect(host.querySelector(".rationale")?.textContent).toContain(RULE.consequence);
  });

  it("keeps the words of its record where the rule's are English, gone or not to be had", async () => {
    const english = { ...RULE, language: "en" as const, title: "Renamed since", action: "Look now." };
    for (const [rules, action] of [
      [[english], "Look now."],
      [[], undefined],
      [null, undefined],
    ] as const) {
      const host = await show((used) => new RuleBook(used), rules);
      expect(host.querySelector("h3")?.textContent).toBe("Needle dislodgement");
      const toDo = host.querySelector('[data-testid="what-to-do"]');
      expect(toDo?.textContent ?? undefined).toEqual(
        action === undefined ? undefined : expect.stringContaining(action),
      );
    }
  });
});
