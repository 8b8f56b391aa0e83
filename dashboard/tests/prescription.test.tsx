// Prescription and limits: what is typed becomes changes, what is wrong stands at its field, nothing unseen is saved.
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { Prescription, ProposalView, Replayed } from "../src/messages";
import { PrescriptionPage } from "../src/pages/prescription";
import { changed, changesOf, typed, wrongFrom, wrongIn } from "../src/prescription/draft";
import { OLD_MS, Reading } from "../src/prescription/reading";
import { parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { testApp } from "./app";

const LEVEL = { unit: "mmHg", less: "higher", vital: true, source: "R13" } as const;
const PRESCRIPTION: Prescription = {
  patient_id: "7",
  patient: "Ann",
  treatment_min: 240,
  items: [{ item: "prescribed_spktv", unit: "", value: 1.4, low: 0.1, high: 4 }],
  rules: [
    {
      rule: "R13",
      title: "Venous pressure high",
      levels: [
        { ...LEVEL, name: "high", priority: "high", usual: [300], own: null, low: 150, high: 500 },
        { ...LEVEL, name: "medium", priority: "medium", usual: [250], own: 280, low: 125, high: 500 },
      ],
    },
  ],
  between: [],
  lines: [],
  waiting: null,
  past: [],
};
const WORDS = { noNumber: "none", range: (low: number, high: number) => `${low}-${high}` };

function replayed(treatments: number): Replayed {
  return {
    replay_id: "5",
    verdict: "widening",
    changes: [],
    summary: { treatments, hours: 4, old: 1, new: 0, missed_high: 0, rules: [], not_judged: ["R33"] },
  };
}

describe("a draft", () => {
  it("is a number with point or comma, nothing, or none", () => {
    expect([typed("1,4"), typed(" −250 "), typed(""), typed("abc"), typed("1e999")]).toEqual([
      1.4,
      -250,
      null,
      undefined,
      undefined,
    ]);
  });

  it("changes what is another than what holds, and no more", () => {
    const draft = new Map([
      ["limits.R13.high", "320"],
      ["limits.R13.medium", ""],
      ["items.prescribed_spktv", "1.40"],
    ]);
    expect([...changed(PRESCRIPTION, draft).keys()]).toEqual(["limits.R13.high", "limits.R13.medium"]);
    expect(changesOf(PRESCRIPTION, draft)).toEqual({ limits: { R13: { high: 320, medium: null } }, items: {} });
  });

  it("says at each field what is wrong, and takes the server's word for the rest", () => {
    const draft = new Map([
      ["limits.R13.high", "3200"],
      ["items.prescribed_spktv", "x"],
    ]);
    expect([...wrongIn(PRESCRIPTION, draft, WORDS)]).toEqual([
      ["items.prescribed_spktv", "none"],
      ["limits.R13.high", "150-500"],
    ]);
    const errors = [
      { where: "body.limits.R13", why: "a" },
      { where: "body.items.prescribed_spktv", why: "b" },
    ];
    expect([...wrongFrom(PRESCRIPTION, errors)]).toEqual([
      ["limits.R13.high", "a"],
      ["items.prescribed_spktv", "b"],
    ]);
  });
});

async function settle(): Promise<void> {
  await act(async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 0));
  });
}

interface Shown {
  readonly root: HTMLElement;
  readonly asked: { readonly path: string; readonly body: unknown; readonly tag: string | null }[];
}

async function show(may: readonly string[], treatments = 2, waiting: ProposalView | null = null): Promise<Shown> {
  const asked: { path: string; body: unknown; tag: string | null }[] = [];
  const api = new Api(
    "/",
    () => undefined,
    (input, init) => {
      const path = String(input);
      const headers = new Headers(init?.headers);
      asked.push({ path, body: init?.body ? JSON.parse(String(init.body)) : null, tag: headers.get("if-match") });
      if (path.endsWith("/replay")) return Promise.resolve(Response.json(replayed(treatments)));
      if (path.includes("/history")) return Promise.resolve(Response.json({ steps: [], next: null }));
      if (path.endsWith("/proposals")) {
        const problem = { what: "changed meanwhile", hint: "look again" };
        return Promise.resolve(Response.json(problem, { status: 412 }));
      }
      return Promise.resolve(Response.json({ ...PRESCRIPTION, waiting }, { headers: { etag: '"v1"' } }));
    },
  );
  const session = new Session();
  const user = { email: "a@example.org", name: "A", role: "nephrologist", clinic: "North" };
  session.me.value = { user, may, expires_at: "2027-01-01T00:00:00Z" } as never;
  const root = document.createElement("div");
  await act(async () => {
    render(
      <AppContext.Provider value={testApp(api, new LiveStore(), session)}>
        <PrescriptionPage id="u-1" />
      </AppContext.Provider>,
      root,
    );
  });
  await settle();
  return { root, asked };
}

async function type(root: HTMLElement, selector: string, text: string): Promise<void> {
  const field = root.querySelector<HTMLInputElement>(selector);
  if (field === null) throw new Error(selector);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

async function press(root: HTMLElement, action: string): Promise<void> {
  root.querySelector<HTMLButtonElement>(`[data-action="${action}"]`)?.click();
  await settle();
}

const FIELD = '[data-field="limits.R13.medium"] input';
const save = (root: HTMLElement) => root.querySelector<HTMLButtonElement>('[data-action="save"]');

describe("the page", () => {
  it("has an address", () => {
    expect(parseRoute("#/patients/u-1/prescription")).toEqual({ page: "prescription", unit: "u-1" });
    expect(parseRoute("#/signatures")).toEqual({ page: "signatures" });
  });

  it("shows those who may not change it no field", async () => {
    const { root } = await show(["see prescription"]);
    expect(root.querySelector("input, textarea, [data-action]")).toBeNull();
    expect(root.querySelector('[data-field="limits.R13.medium"]')?.textContent).toContain("280 mmHg");
    expect(root.querySelector('[data-field="limits.R13.high"]')?.textContent).toContain("300 mmHg");
  });

  it("saves what was looked at, with its reason and the version that was read", async () => {
    const { root, asked } = await show(["see prescription", "change prescription"]);
    await type(root, FIELD, "290");
    expect(save(root)).toBeNull();
    await press(root, "look");
    expect(save(root)?.disabled).toBe(true);
    await type(root, "textarea", "narrow graft");
    expect(save(root)?.disabled).toBe(false);
    // Another number has not been looked at.
    await type(root, FIELD, "291");
    expect(save(root)).toBeNull();
    await type(root, FIELD, "290");
    root.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    await settle();
    const sent = asked.find((one) => one.path.endsWith("/proposals"));
    expect(sent).toEqual({
      path: "/api/patients/7/prescription/proposals",
      tag: '"v1"',
      body: {
        limits: { R13: { medium: 290 } },
        items: {},
        reason: "narrow graft",
        replay_id: "5",
        without_treatments: false,
      },
    });
    // It has changed meanwhile: what holds is read again, and has to be looked at again.
    expect(root.textContent).toContain("Somebody has changed this meanwhile");
    expect(save(root)).toBeNull();
    expect(asked.filter((one) => one.path === "/api/units/u-1/prescription")).toHaveLength(2);
  });

  it("asks for a word where nothing could be tried", async () => {
    const { root } = await show(["see prescription", "change prescription"], 0);
    await type(root, FIELD, "290");
    await press(root, "look");
    await type(root, "textarea", "narrow graft");
    expect(root.querySelector('[data-testid="replay-none"]')).not.toBeNull();
    expect(save(root)?.disabled).toBe(true);
    const known = root.querySelector<HTMLInputElement>('input[name="without"]');
    if (known !== null) known.checked = true;
    known?.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(save(root)?.disabled).toBe(false);
  });
});

describe("what waits for a second signature", () => {
  const proposal: ProposalView = {
    proposal_id: "9",
    patient_id: "7",
    patient: "Ann",
    unit: "u-1",
    proposed_by: "Cyd",
    yours: false,
    may_sign: true,
    proposed_at: "2026-03-02T09:00:00Z",
    expires_at: "2026-03-04T09:00:00Z",
    reason: "the needle is another one",
    verdict: "dangerous widening",
    state: "waiting",
    decided_by: null,
    decided_at: null,
    decided_reason: null,
    changes: [],
    replay: null,
  };

  it.each([
    ["who may sign", {}, ["sign", "reject"], ""],
    ["who has proposed it", { yours: true, may_sign: false }, ["withdraw"], "another nephrologist has to sign"],
    ["who sees the patient for the moment only", { may_sign: false }, [], "patient’s clinic or team has to sign"],
  ])("offers to %s what the server would take", async (_, change, offered, said) => {
    const { root } = await show(["see prescription", "change prescription"], 2, { ...proposal, ...change });
    const card = root.querySelector('[data-testid="proposal"]');
    const buttons = [...(card?.querySelectorAll("button[data-action]") ?? [])];
    expect(buttons.map((one) => one.getAttribute("data-action"))).toEqual(offered);
    expect(card?.textContent).toContain(said);
  });
});

describe("what holds, read again and again", () => {
  const read = (version: number, patient = "7", waiting: unknown = null) =>
    Response.json({ ...PRESCRIPTION, patient_id: patient, waiting }, { headers: { etag: `"v${version}"` } });
  let answers: (() => Response)[] = [];
  let nowMs = 1_000_000;
  const reading = () =>
    new Reading(
      new Api(
        "/",
        () => undefined,
        async (input) => {
          if (String(input).includes("/history")) {
            return Response.json({ steps: [{ by: "Ben", entered_at: "2026-03-02T08:00:00Z" }], next: null });
          }
          const answer = answers.shift();
          if (answer === undefined) throw new TypeError("no network");
          return answer();
        },
      ),
      "u-1",
      () => nowMs,
    );
  const tag = (of: Reading) => (typeof of.held.value === "string" ? of.held.value : of.held.value.tag);

  it("is taken over while nobody types", async () => {
    const of = reading();
    answers = [() => read(1), () => read(2)];
    await of.read();
    await of.read();
    expect(tag(of)).toBe('"v2"');
    expect(of.meanwhile.value).toBeNull();
  });

  it("is not put under the hands of who types: it says who changed it when, and waits to be looked at", async () => {
    const of = reading();
    answers = [() => read(1), () => read(2), () => read(2), () => read(2)];
    await of.read();
    of.draft.value = new Map([["limits.R13.medium", "290"]]);
    await of.read();
    await of.read();
    expect(tag(of)).toBe('"v1"');
    expect(of.meanwhile.value).toMatchObject({ by: "Ben", at: "2026-03-02T08:00:00Z" });
    await of.read(true);
    expect(tag(of)).toBe('"v2"');
    expect(of.meanwhile.value).toBeNull();
    expect(of.draft.value.get("limits.R13.medium")).toBe("290");
  });

  it("names who has proposed meanwhile, and is shown when what was typed is thrown away", async () => {
    const of = reading();
    const waiting = { proposal_id: "9", proposed_by: "Cyd", proposed_at: "2026-03-02T09:00:00Z" };
    answers = [() => read(1), () => read(2, "7", waiting)];
    await of.read();
    of.draft.value = new Map([["limits.R13.medium", "290"]]);
    await of.read();
    expect(of.meanwhile.value).toMatchObject({ by: "Cyd", at: "2026-03-02T09:00:00Z" });
    of.discard();
    expect(tag(of)).toBe('"v2"');
  });

  it("says its age, and that it is out of date once nobody answers or nothing came for long", async () => {
    const of = reading();
    answers = [() => read(1)];
    await of.read();
    nowMs += 12_000;
    expect([of.ageMs(), of.isOld]).toEqual([12_000, false]);
    await of.read();
    expect([tag(of), of.isOld]).toEqual(['"v1"', true]);
    answers = [() => read(1)];
    await of.read();
    expect([of.ageMs(), of.isOld]).toEqual([0, false]);
    nowMs += OLD_MS + 1;
    expect(of.isOld).toBe(true);
  });

  it("of another patient whom the unit serves now keeps nothing that was typed", async () => {
    const of = reading();
    answers = [() => read(1), () => read(2, "8")];
    await of.read();
    of.draft.value = new Map([["limits.R13.medium", "290"]]);
    await of.read(true);
    expect(of.draft.value.size).toBe(0);
  });

  it("is read again when the page comes back, and says so on the page", async () => {
    const { root, asked } = await show(["see prescription"]);
    const before = asked.length;
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(asked.length).toBe(before + 1);
    expect(root.querySelector('[data-testid="reading-age"]')?.textContent).toContain("ago");
  });
});
