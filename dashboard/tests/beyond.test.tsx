// A list that is not all there is says so in a sentence, and how to get at the rest.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { NotesPanel } from "../src/components/notes-panel";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { Glasses, Installation, InstallationAnswer, Me, TreatmentView } from "../src/messages";
import { AlertsPage } from "../src/pages/alerts";
import { OpenedPage } from "../src/pages/opened";
import { TreatmentsPage } from "../src/pages/treatments";
import { UnitPage } from "../src/pages/unit";
import { countReviews, forgetReviews, moreReviews } from "../src/reviews";
import { Session } from "../src/session";
import { englishNotes } from "../src/words-notes";
import { englishTeams } from "../src/words-teams";
import { englishTreatments } from "../src/words-treatments";
import { englishUnits } from "../src/words-units";
import { testApp } from "./app";
import { iso, SERVER_MS, snapshot, unit } from "./samples";

const AT = iso(SERVER_MS);
let root: HTMLElement | null = null;
afterEach(() => {
  if (root !== null) render(null, root);
  root = null;
});

type Answers = Record<string, (path: string) => unknown>;

function asking(answers: Answers, asked: string[] = []): Api {
  return new Api(
    "/",
    () => undefined,
    (input) => {
      const path = String(input);
      asked.push(path);
      const answer = answers[path.split("?")[0] ?? ""];
      return Promise.resolve(answer === undefined ? new Response("{}", { status: 404 }) : Response.json(answer(path)));
    },
  );
}

async function show(page: preact.ComponentChild, answers: Answers, may: Me["may"] = [], asked: string[] = []) {
  const store = new LiveStore();
  store.receive(snapshot([unit("a")]), 0);
  const session = new Session();
  session.me.value = {
    user: { email: "d@example.org", name: "Dee", role: "nephrologist", clinic: "North", language: null },
    may,
    expires_at: AT,
    hidden: false,
    hospital_sign_out: null,
  };
  root = document.createElement("div");
  document.body.append(root);
  const host = root;
  const app = testApp(asking(answers, asked), store, session);
  await act(async () => render(<AppContext.Provider value={app}>{page}</AppContext.Provider>, host));
  await act(settled);
  return host;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function treatment(number: number): TreatmentView {
  return {
    treatment_id: String(number),
    unit: "a",
    patient: { patient_id: "1", name: "Patient a" },
    start: iso(SERVER_MS - number * 86_400_000),
    end: null,
    end_known: null,
    derived: false,
    unusual: 0,
    interruptions: [],
    revision: 1,
    changed_at: AT,
    summary: null,
  };
}

const INSTALLATION: Installation = {
  unit: "a",
  label: "Home a",
  clinic: "North",
  standing: "good",
  link: "online",
  link_since: AT,
  heard_at: AT,
  retired_at: null,
  agent_version: "0.1.0",
  machine: "connected",
  clock_offset_s: 0,
  synchronised: true,
  outbox_rows: 0,
  outbox_oldest_s: null,
  quarantined: 0,
  settings_trouble: "",
  settings_in_force: 0,
  settings_newest: 0,
  certificate_until: null,
  trouble: "",
  treating: false,
  bound: false,
  patient: null,
  tag: '"1"',
};

describe.each([true, false])("where there is more than is told: %s", (beyond) => {
  it("alerts that ended", async () => {
    const list = { server_time: AT, alerts: [], next: null, beyond };
    const host = await show(<AlertsPage selected={null} />, { "/api/alerts": () => list });
    const recent = host.querySelector("[data-testid=recent-alerts]")?.textContent ?? "";
    expect(recent.includes("on the time line of each patient’s page")).toBe(beyond);
  });

  it("access that was opened", async () => {
    const answer: Glasses = { server_time: AT, glasses: [], next: null, beyond };
    const host = await show(<OpenedPage />, { "/api/break-glass": () => answer });
    expect(host.textContent?.includes(englishTeams.reviews.beyond)).toBe(beyond);
  });

  it("notes of three days", async () => {
    const answer = { patient_id: "1", events: [], next: beyond ? "n" : null };
    const host = await show(<NotesPanel unit="a" />, { "/api/units/a/notes": () => answer }, ["see treatments"]);
    expect(host.textContent?.includes(englishNotes.beyond)).toBe(beyond);
  });

  it("whom a unit served, and who could be bound: by their number then", async () => {
    const answer: InstallationAnswer = {
      server_time: AT,
      unit: INSTALLATION,
      bindings: [],
      bindings_beyond: beyond,
      settings: [],
      free_patients: [{ patient_id: "7", name: "Lea" }],
      free_beyond: beyond,
      changeable: true,
    };
    const asked: string[] = [];
    const host = await show(<UnitPage unit="a" />, { "/api/administration/units/a": () => answer }, [], asked);
    expect(host.textContent?.includes(englishUnits.bindingsBeyond)).toBe(beyond);
    expect(host.textContent?.includes(englishUnits.freeBeyond)).toBe(beyond);
    const number = host.querySelector<HTMLInputElement>("[name=number]");
    expect(number !== null).toBe(beyond);
    if (number === null) return;
    await act(async () => {
      number.value = "3";
      number.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await act(async () => {
      number.form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    });
    expect(host.querySelector("[data-testid=sure]")?.textContent).toContain("patient number 3");
  });

  it("how many reviews wait", async () => {
    await countReviews(asking({ "/api/reviews/counts": () => ({ exceptional: 2, beyond }) }));
    expect(moreReviews.value).toBe(beyond);
    forgetReviews();
    expect(moreReviews.value).toBe(false);
  });
});

it("earlier treatments are shown at a press, until there are none", async () => {
  const parts = (path: string) =>
    path.includes("cursor=older")
      ? { server_time: AT, treatments: [treatment(2)], next: null }
      : { server_time: AT, treatments: [treatment(1)], next: "older" };
  const host = await show(<TreatmentsPage id="a" />, { "/api/units/a/treatments": parts });
  expect(host.textContent).toContain(englishTreatments.beyond);
  await act(async () => host.querySelector<HTMLButtonElement>("[data-action=earlier]")?.click());
  await act(settled);
  expect([...host.querySelectorAll("tbody tr")].map((row) => row.getAttribute("data-treatment"))).toEqual(["1", "2"]);
  expect(host.textContent).not.toContain(englishTreatments.beyond);
});

it.each([
  ["proposals", (api: Api) => api.proposals(), "/api/proposals"],
  ["glasses", (api: Api) => api.glasses(), "/api/break-glass"],
  ["teams", (api: Api) => api.teams(), "/api/teams"],
] as const)("%s come whole, however many parts they come in", async (list, ask, path) => {
  const whole = asking({
    [path]: (part) => ({
      [list]: [part.includes("cursor=b") ? 2 : 1],
      by_team: [],
      next: part.includes("cursor=b") ? null : "b",
    }),
  });
  expect((await ask(whole)) as unknown as Record<string, unknown>).toMatchObject({ [list]: [1, 2], next: null });
});
