// Teams, access that is opened, and its review: what is asked of the server, and what stands on the page.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { endOf } from "../src/components/team-forms";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { GlassView, Me, TeamView } from "../src/messages";
import { OpenedPage } from "../src/pages/opened";
import { PatientPage } from "../src/pages/patient";
import { TeamsPage } from "../src/pages/teams";
import { WallPage } from "../src/pages/wall";
import { parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { testApp } from "./app";
import { iso, SERVER_MS, snapshot, unit } from "./samples";

const HOUR = 3_600_000;
const ME = (may: Me["may"]): Me => ({
  user: { email: "d@example.org", name: "Dee", role: "nephrologist", clinic: "North", language: null },
  may,
  expires_at: iso(SERVER_MS + HOUR),
  hidden: false,
  hospital_sign_out: null,
});
const TEAM: TeamView = {
  team_id: "3",
  name: "East",
  clinic: "North",
  members: [
    { user_id: "7", name: "Nia", email: "n@example.org", role: "nurse", clinic: "South", until: iso(SERVER_MS + HOUR) },
  ],
  patients: [{ patient_id: "1", name: "Patient b" }],
  may_change: true,
};
const GLASS: GlassView = {
  glass_id: "5",
  who: "Nia",
  role: "nurse",
  clinic: "North",
  patient_id: "1",
  patient: "Patient a",
  reason: "called by the family",
  opened_at: iso(SERVER_MS - 4 * 24 * HOUR),
  until: iso(SERVER_MS - 4 * 24 * HOUR + HOUR),
  ended_at: null,
  open: false,
  deeds: 2,
  overdue: true,
  may_review: true,
  reviewer: null,
  reviewed_at: null,
  right: null,
  note: "",
};

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

let root: HTMLElement | null = null;
afterEach(() => {
  if (root !== null) render(null, root);
  root = null;
});

async function show(
  page: preact.ComponentChild,
  may: Me["may"],
  answers: Record<string, unknown>,
  units = [unit("a")],
): Promise<{ root: HTMLElement; asked: Asked[] }> {
  const asked: Asked[] = [];
  const api = new Api(
    "/",
    () => undefined,
    (input, init) => {
      const path = String(input);
      asked.push({ method: init?.method ?? "GET", path, body: init?.body ? JSON.parse(String(init.body)) : null });
      const key = `${init?.method} ${path}`;
      if (key in answers) return Promise.resolve(Response.json(answers[key]));
      return Promise.resolve(
        new Response(JSON.stringify({ what: "no such patient", hint: "the exact name" }), { status: 404 }),
      );
    },
  );
  const store = new LiveStore();
  store.receive(snapshot(units), 0);
  const session = new Session();
  session.me.value = ME(may);
  root = document.createElement("div");
  document.body.append(root);
  const host = root;
  await act(async () =>
    render(<AppContext.Provider value={testApp(api, store, session)}>{page}</AppContext.Provider>, host),
  );
  await act(settled);
  return { root: host, asked };
}

/** Until what was asked has been answered and read: nothing here waits for anything but promises. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

async function fill(form: ParentNode, name: string, value: string): Promise<void> {
  const field = form.querySelector<HTMLInputElement>(`[name=${name}]`);
  if (field === null) throw new Error(name);
  await act(async () => {
    field.value = value;
    field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
  });
}

async function send(form: HTMLFormElement | null | undefined): Promise<void> {
  await act(async () => {
    form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
  await act(settled);
}

describe("a home that this person is not told of", () => {
  it("offers to open access, with the home's id, and says what the server says", async () => {
    const page = await show(<PatientPage id="u-9" />, ["break glass"], {});
    expect(page.root.querySelector("[data-testid=not-yours]")).not.toBeNull();
    await fill(page.root, "reason", "called by the family");
    await send(page.root.querySelector("form"));
    expect(page.asked.filter(({ method }) => method === "POST")).toEqual([
      { method: "POST", path: "/api/break-glass", body: { whom: "u-9", reason: "called by the family" } },
    ]);
    expect(page.root.querySelector("[role=alert]")?.textContent).toBe("no such patient: the exact name");
  });

  it("offers nothing to who may not", async () => {
    const page = await show(<PatientPage id="u-9" />, [], {});
    expect(page.root.querySelector("form")).toBeNull();
  });
});

describe("access that was opened", () => {
  it("stands above the patient until it is ended", async () => {
    const opened = { ...unit("a"), opened: { glass_id: "5", until: iso(SERVER_MS + HOUR) } };
    const page = await show(<PatientPage id="a" />, ["see patients"], { "POST /api/break-glass/5/end": {} }, [opened]);
    const banner = page.root.querySelector("[data-testid=opened-banner]");
    expect(banner?.textContent).toContain("Opened access until");
    await act(async () => banner?.querySelector("button")?.click());
    expect(page.asked.map(({ path }) => path)).toContain("/api/break-glass/5/end");
  });

  it("stands above nobody else", async () => {
    const page = await show(<PatientPage id="a" />, ["see patients"], {});
    expect(page.root.querySelector("[data-testid=opened-banner]")).toBeNull();
  });

  it("is judged by somebody else, and shown when that is overdue", async () => {
    const own = { ...GLASS, glass_id: "6", may_review: false, overdue: false };
    const page = await show(<OpenedPage />, ["review break glass"], {
      "GET /api/break-glass": { server_time: iso(SERVER_MS), glasses: [GLASS, own], next: null },
      "POST /api/break-glass/5/review": {},
    });
    const [first, second] = page.root.querySelectorAll<HTMLElement>("[data-testid=glass]");
    expect(first?.textContent).toContain("Overdue");
    expect(second?.querySelector("button")).toBeNull();
    if (first !== undefined) await fill(first, "note", "nobody called");
    await act(async () => first?.querySelector<HTMLButtonElement>("[data-action=wrong]")?.click());
    expect(page.asked).toContainEqual({
      method: "POST",
      path: "/api/break-glass/5/review",
      body: { right: false, note: "nobody called" },
    });
  });
});

describe("teams", () => {
  const answers = {
    "GET /api/teams": { teams: [TEAM], by_team: ["North"], next: null },
    "POST /api/teams/3/members": {},
  };

  it("shows who belongs to them until when, and takes somebody in until a day", async () => {
    const page = await show(<TeamsPage />, ["see teams", "change teams"], answers);
    expect(page.root.querySelector("[data-team='3']")?.textContent).toMatch(/Nia.*South.*until/);
    expect(page.root.textContent).toContain("North goes by team");
    const form = page.root.querySelector<HTMLInputElement>("[name=email]")?.form;
    if (form == null) throw new Error("no form");
    await fill(form, "email", "x@example.org");
    await fill(form, "until", "2026-12-24");
    await send(form);
    const body = { email: "x@example.org", until: endOf("2026-12-24") };
    expect(page.asked).toContainEqual({ method: "POST", path: "/api/teams/3/members", body });
    expect(page.asked.at(-1)?.path).toBe("/api/teams");
  });

  it("offers those patients who are not in the team, and says when something was refused", async () => {
    const page = await show(<TeamsPage />, ["see teams", "change teams"], answers, [unit("a"), unit("b")]);
    const select = page.root.querySelector<HTMLSelectElement>("[name=unit]");
    expect([...(select?.options ?? [])].map(({ value }) => value)).toEqual(["", "a"]);
    await fill(page.root, "unit", "a");
    await send(select?.form);
    expect(page.root.querySelector("[role=alert]")?.textContent).toBe("no such patient: the exact name");
  });

  it("says that somebody of another clinic needs a last day", async () => {
    const page = await show(<TeamsPage />, ["see teams", "change teams"], answers);
    const form = page.root.querySelector<HTMLInputElement>("[name=email]")?.form;
    expect(form?.textContent).toContain("Somebody of another clinic needs a last day");
  });

  it("changes nothing where this person may not", async () => {
    const teams = [{ ...TEAM, may_change: false }];
    const page = await show(<TeamsPage />, ["see teams"], { "GET /api/teams": { teams, by_team: [], next: null } });
    expect(page.root.querySelector("button, form")).toBeNull();
  });
});

it("a last day is over when it is over here", () => {
  expect(endOf("")).toBeNull();
  expect(new Date(endOf("2026-12-24") ?? "").getTime()).toBe(new Date(2026, 11, 25).getTime());
});

it("the pages have addresses", () => {
  for (const page of ["teams", "break-glass"]) expect(parseRoute(`#/${page}`)).toEqual({ page });
  expect(parseRoute("#/break-glass/opened")).toEqual({ page: "opened" });
});

describe("the way to a patient who is not on the wall", () => {
  const LINK = 'a[href="#/break-glass"]';
  it.each([
    ["is there where somebody may be hidden", true],
    ["is not where nobody is", false],
  ])("%s, by what the server says, also when there is no such home", async (_, hidden) => {
    const answers = { "GET /api/session": { ...ME(["break glass"]), hidden } };
    const wall = await show(<WallPage />, ["break glass"], answers);
    expect(wall.root.querySelector(LINK) !== null).toBe(hidden);
    const none = await show(<PatientPage id="u-9" />, ["break glass"], answers);
    expect(none.root.querySelector("[data-testid=not-yours]") !== null).toBe(hidden);
    expect(none.root.querySelector(".empty") === null).toBe(hidden);
  });

  it("is there where nobody can say, and not for who may not go it", async () => {
    expect((await show(<WallPage />, ["break glass"], {})).root.querySelector(LINK)).not.toBeNull();
    expect((await show(<WallPage />, ["see teams"], {})).root.querySelector(LINK)).toBeNull();
  });
});
