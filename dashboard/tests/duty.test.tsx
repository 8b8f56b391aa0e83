import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { DutyLine, selftestWords } from "../src/components/duty-line";
import { Header } from "../src/components/header";
import { AppContext } from "../src/context";
import { localMoment, localStretch } from "../src/format/local";
import { LOST_AFTER_SILENCE_MS } from "../src/live/connection";
import { OVERDUE_MS } from "../src/live/duty";
import { LiveStore } from "../src/live/store";
import type { Duty, FiguresView, HandoverAnswer, LoadAnswer, Me, RotaView, ShiftView } from "../src/messages";
import { HandoverPage } from "../src/pages/handover";
import { LoadPage } from "../src/pages/load";
import { RotaPage } from "../src/pages/rota";
import { Session } from "../src/session";
import { testApp } from "./app";
import { coverage, duty, iso, SERVER_MS, snapshot, UP, unit } from "./samples";

const CHIEF: Me["may"] = ["accept shifts", "change rota", "see load", "see load of others", "see patients"];

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(() => {
  act(() => render(null, host));
  host.remove();
});

const find = (selector: string) => host.querySelector<HTMLElement>(selector);
const text = (selector: string) => find(selector)?.textContent?.replace(/\s+/g, " ").trim();
const settled = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

function bench(told: Duty, role: Me["user"]["role"] = "nurse", replies: Record<string, () => Response> = {}) {
  const asked: [string, unknown][] = [];
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = `${init?.method} ${String(input).split("?")[0]}`;
    asked.push([request, init?.body === undefined ? null : JSON.parse(String(init.body))]);
    return replies[request]?.() ?? json({ what: "no such thing", where: "", hint: "" }, 404);
  };
  const session = new Session();
  session.me.value = {
    user: { email: "a@b.c", name: "A", role, clinic: "North", language: null },
    may:
      role === "patient" ? [] : ["see coverage", "see rota", "see alerts", ...(role === "nephrologist" ? CHIEF : [])],
    expires_at: iso(SERVER_MS),
    hidden: false,
    hospital_sign_out: null,
  };
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")], [], { duty: told }), 0);
  const app = testApp(new Api("/", () => session.end(), fetcher), store, session);
  const show = (children: ComponentChildren) =>
    act(() => render(<AppContext.Provider value={app}>{children}</AppContext.Provider>, host));
  const tell = (next: Duty | null) =>
    act(() =>
      store.receive(
        {
          type: "status",
          server_time: iso(SERVER_MS),
          statuses: [],
          not_evaluated: {},
          ingest: UP,
          live_feed: UP,
          alert_feed: UP,
          duty: next,
        },
        0,
      ),
    );
  return { app, asked, session, store, show, tell };
}

const UNCOVERED = coverage(
  { state: "not covered" },
  {
    person: null,
    until: null,
    why_not: "nobody is named",
    next_hole: { start: iso(SERVER_MS), end: "2026-02-01T08:00:00+01:00", reason: "nobody is named", person: null },
  },
);

describe("the line on every page", () => {
  it("says covered, until when by the clinic's clock, by whom and who is second, in no alert's colour", () => {
    bench(duty()).show(<DutyLine />);
    expect(text('[data-testid="duty-coverage"]')).toMatch(
      /^Covered until Sun 1 Feb, 08:00( \(\+01:00\))?: Dr Weber \(backup Li\)$/,
    );
    expect(find('[data-testid="duty-coverage"] .flag')).toBeNull();
    expect(text('[data-testid="selftest"]')).toMatch(/^Told by test \d\d:\d\d, all 7 channels$/);
  });

  it("says NOT COVERED by word, shape and colour, why, and until when", () => {
    bench(duty({}, UNCOVERED)).show(<DutyLine />);
    const flag = find('[data-state="not covered"] .flag-medium');
    expect(flag?.textContent).toBe("NOT COVERED");
    expect(flag?.getAttribute("role")).toBe("alert");
    expect(flag?.dataset.flashing).toBeUndefined();
    expect(flag?.querySelector("svg")).not.toBeNull();
    expect(text('[data-testid="duty-coverage"]')).toMatch(
      /^NOT COVERED nobody is named until Sun 1 Feb, 08:00( \(\+01:00\))? \(backup Li\)$/,
    );
  });

  it.each([
    ["untested", "no tested channel"],
    ["not accepted", "not accepted"],
  ] as const)("says a doubt: %s", (state, words) => {
    bench(duty({}, coverage({ state, backup: null }))).show(<DutyLine />);
    expect(find(".flag")?.dataset.flashing).toBe("false");
    expect(text(".flag")).toBe(words);
    expect(text(".duty-aside")).toBe("(no backup)");
  });

  it("follows what the server tells, and keeps it where nothing has changed", () => {
    const { tell, show } = bench(duty());
    show(<DutyLine />);
    tell(null);
    expect(find('[data-testid="duty-coverage"]')?.dataset.state).toBe("covered");
    tell(duty({}, UNCOVERED));
    expect(find('[data-testid="duty-coverage"]')?.dataset.state).toBe("not covered");
  });

  it("is unknown without a connection, when the server does not know, and when a hand-over was not told of", () => {
    const { store, tell, show } = bench(duty());
    const state = () => find('[data-testid="duty-coverage"]')?.dataset.state;
    show(<DutyLine />);
    act(() => store.tick(LOST_AFTER_SILENCE_MS + 1));
    expect(state()).toBe("unknown");
    expect(find('[data-testid="selftest"]')).toBeNull();
    tell(null);
    expect(state()).toBe("covered");
    const later = bench(duty());
    later.show(<DutyLine />);
    later.tell(duty({ known: false, clinics: [], selftest: null }));
    expect(state()).toBe("unknown");
    later.tell(duty({}, coverage({}, { until: iso(SERVER_MS - OVERDUE_MS + 500) })));
    expect(state()).toBe("covered");
    act(() => later.store.tick(1_000));
    expect(state()).toBe("unknown");
  });

  it("is a technician's own line of duty, or the clinicians' where there is none", () => {
    const technical = coverage({ audience: "technical" }, { person: "Tec Thorn" });
    bench(duty({}, coverage(), technical), "technician").show(<DutyLine />);
    expect(text('[data-testid="duty-coverage"]')).toContain("technical: Tec Thorn");
    bench(duty(), "technician").show(<DutyLine />);
    expect(text(".duty-person")).toBe("Dr Weber");
  });

  it("shows of many clinics each that is in doubt, worst first, and counts the others", () => {
    const clinics = [
      { clinic: "North", revision: 1, coverage: [coverage()] },
      { clinic: "South", revision: 1, coverage: [coverage({ state: "untested" })] },
      { clinic: "West", revision: 1, coverage: [UNCOVERED] },
      { clinic: "Empty", revision: 1, coverage: [] },
    ];
    bench(duty({ clinics }), "administrator").show(<DutyLine />);
    expect([...host.querySelectorAll<HTMLElement>("[data-clinic]")].map((one) => one.dataset.clinic)).toEqual([
      "West",
      "South",
    ]);
    expect(text('[data-testid="covered-others"]')).toBe("1 more clinic is covered");
  });

  it("is not for a patient, and the menu offers what a role may see", () => {
    bench(duty(), "patient").show(<DutyLine />);
    expect(find('[data-testid="duty"]')).toBeNull();
    const links = () => [...host.querySelectorAll(".nav a")].map((link) => link.textContent);
    bench(duty()).show(<Header />);
    expect(links()).toEqual(["Wall", "Alerts", "Rota"]);
    bench(duty(), "nephrologist").show(<Header />);
    expect(links()).toEqual(["Wall", "Alerts", "Rota", "Hand-over", "Load"]);
  });
});

describe("the self-test in a line", () => {
  const at = iso(SERVER_MS);
  it.each([
    [{ state: "passed", at, broken: "", taken: 3, channels: 4 }, /^Told by test \d\d:\d\d, 3 of 4 channels$/],
    [{ state: "passed", at, broken: "", taken: 0, channels: 0 }, /^Told by test \d\d:\d\d$/],
    [{ state: "failed", at, broken: "ingest", taken: 0, channels: 0 }, /^Self-test failed \d\d:\d\d: ingest$/],
    [
      { state: "failed", at, broken: "channels", taken: 6, channels: 7 },
      /^Self-test failed \d\d:\d\d: channels \(6 of 7 here took it\)$/,
    ],
    [
      { state: "overdue", at: iso(SERVER_MS - 2 * 86_400_000), broken: "", taken: 1, channels: 1 },
      /^No self-test since .*29 Jan/,
    ],
    [{ state: "never", at: null, broken: "", taken: 0, channels: 0 }, /^Never tested$/],
    [{ state: "running", at, broken: "", taken: 0, channels: 0 }, /^Self-test running since/],
  ] as const)("%j", (line, expected) => {
    expect(selftestWords(line, SERVER_MS)).toMatch(expected);
  });
});

describe("times of a rota", () => {
  it("are by the clinic's clock, whatever zone this screen is in", () => {
    expect(localMoment("2026-01-31T23:30:00+01:00", SERVER_MS, 60)).toBe("23:30");
    expect(localMoment("2026-02-01T00:30:00+01:00", SERVER_MS, 60)).toBe("Sun 1 Feb, 00:30");
    expect(localMoment("2026-02-01T07:00:00+11:00", SERVER_MS, 60)).toBe("07:00 (+11:00)");
    expect(localMoment("2026-01-31T12:00:00-08:30", SERVER_MS, -510)).toBe("12:00");
  });

  it("tell an hour that comes twice by its offset", () => {
    expect(localStretch("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")).toBe(
      "Sun 25 Oct, 02:30 (+02:00) – 02:30 (+01:00)",
    );
    expect(localStretch("2026-10-19T08:00:00+02:00", "2026-10-19T20:00:00+02:00")).toBe("Mon 19 Oct, 08:00 – 20:00");
    expect(localStretch(null, "2026-10-19T20:00:00Z")).toBe("since ever – Mon 19 Oct, 20:00");
    expect(localStretch("2026-10-19T20:00:00.123456Z", null)).toBe("Mon 19 Oct, 20:00 – until further notice");
  });
});

function shift(id: string, change: Partial<ShiftView> = {}): ShiftView {
  return {
    shift_id: id,
    start: "2026-01-26T08:00:00+01:00",
    end: "2026-02-02T08:00:00+01:00",
    person: "Ann",
    yours: false,
    source: "rotation",
    covered: true,
    why_not: "",
    accepted: false,
    waits: false,
    may: [],
    ...change,
  };
}

function rota(...shifts: ShiftView[]): { server_time: string; start: string; end: string; rotas: RotaView[] } {
  const one: RotaView = {
    rota_id: "1",
    clinic: "North",
    audience: "clinical",
    line: "primary",
    zone: "Europe/Berlin",
    trouble: "",
    shifts,
    overrides: [],
    people: [{ person_id: "7", name: "Chief" }],
  };
  return { server_time: iso(SERVER_MS), start: iso(SERVER_MS), end: iso(SERVER_MS), rotas: [one] };
}

const OWN = shift("1-1-2-3", { yours: true, waits: true, may: ["accept", "decline"] });

describe("the rota page", () => {
  it("marks holes, the shift that runs, and offers what one may do", async () => {
    const hole = shift("h", { person: null, covered: false, why_not: "nobody is named" });
    const { show } = bench(duty(), "nurse", { "GET /api/rota": () => json(rota(OWN, hole)) });
    show(<RotaPage />);
    await settled();
    expect(text('[data-shift="h"] .flag')).toBe("NOT COVERED");
    expect(find('[data-shift="1-1-2-3"]')?.getAttribute("aria-current")).toBe("time");
    expect(text('[data-shift="1-1-2-3"] .flag')).toBe("not accepted yet");
    expect([...host.querySelectorAll<HTMLElement>("[data-action]")].map((one) => one.dataset.action)).toEqual([
      "accept-shift",
      "decline-ask",
    ]);
  });

  it("accepts once, and shows what the server says then", async () => {
    let accepted = false;
    const { show, asked } = bench(duty(), "nurse", {
      "GET /api/rota": () => json(rota({ ...OWN, accepted, waits: !accepted, may: accepted ? ["decline"] : OWN.may })),
      "POST /api/rota/shifts/1-1-2-3/accept": () => {
        accepted = true;
        return json({ rota: rota(OWN).rotas[0] });
      },
    });
    show(<RotaPage />);
    await settled();
    const button = find('[data-action="accept-shift"]');
    await act(async () => {
      button?.click();
      button?.click();
    });
    await settled();
    expect(asked.filter(([request]) => request.startsWith("POST"))).toHaveLength(1);
    expect(find('[data-shift="1-1-2-3"]')?.dataset.accepted).toBe("true");
    expect(find('[data-action="accept-shift"]')).toBeNull();
  });

  it("tells who was second who has the shift now, and asks for the rota anew", async () => {
    const { show, asked } = bench(duty(), "nurse", {
      "GET /api/rota": () => json(rota(OWN)),
      "POST /api/rota/shifts/1-1-2-3/accept": () =>
        json({ what: "this shift was changed meanwhile", where: "", hint: "Bob has it" }, 409),
    });
    show(<RotaPage />);
    await settled();
    const before = asked.filter(([request]) => request === "GET /api/rota").length;
    await act(async () => find('[data-action="accept-shift"]')?.click());
    await settled();
    expect(text('[data-testid="refusal"]')).toBe("This shift was changed meanwhile: Bob has it.");
    expect(asked.filter(([request]) => request === "GET /api/rota").length).toBeGreaterThan(before);
  });

  it("asks anew when anybody has changed anything", async () => {
    const { show, asked, tell } = bench(duty(), "nurse", { "GET /api/rota": () => json(rota(OWN)) });
    show(<RotaPage />);
    await settled();
    tell(null);
    await settled();
    const times = () => asked.filter(([request]) => request === "GET /api/rota").length;
    expect(times()).toBe(1);
    tell(duty({ clinics: [{ clinic: "North", revision: 2, coverage: [coverage()] }] }));
    await settled();
    expect(times()).toBe(2);
  });

  it("names another only with a reason, and a person or nobody", async () => {
    const given = shift("g", { may: ["override", "swap"] });
    const { show, asked } = bench(duty(), "nephrologist", {
      "GET /api/rota": () => json(rota(given, shift("o", { person: "Bob", may: ["override", "swap"] }))),
      "POST /api/rota/shifts/g/override": () => json({ rota: rota(given).rotas[0] }),
    });
    show(<RotaPage />);
    await settled();
    await act(async () => find('[data-shift="g"] [data-action="override-ask"]')?.click());
    const submit = () => act(async () => void find("form")?.dispatchEvent(new Event("submit", { cancelable: true })));
    const write = (what: string) =>
      act(async () => {
        const reason = find('input[name="reason"]') as HTMLInputElement;
        reason.value = what;
        reason.dispatchEvent(new Event("input", { bubbles: true }));
      });
    const person = find('select[name="person"]') as HTMLSelectElement;
    expect([...person.options].map((option) => option.textContent)).toEqual(["Choose…", "Chief", "nobody, on purpose"]);
    await write(" course ");
    await submit();
    expect(asked.filter(([request]) => request.startsWith("POST"))).toEqual([]);
    await act(async () => {
      person.value = "7";
      person.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await write("  ");
    await submit();
    expect(asked.filter(([request]) => request.startsWith("POST"))).toEqual([]);
    await write(" course ");
    await submit();
    await settled();
    expect(asked.filter(([request]) => request.startsWith("POST"))).toEqual([
      ["POST /api/rota/shifts/g/override", { person_id: "7", reason: "course" }],
    ]);
    expect(find("form")).toBeNull();
  });

  it("says that there is no rota, and that it could not be loaded", async () => {
    const { show } = bench(duty(), "nurse", { "GET /api/rota": () => json({ ...rota(), rotas: [] }) });
    show(<RotaPage />);
    await settled();
    expect(text(".empty")).toContain("There is no rota.");
    act(() => render(null, host));
    bench(duty(), "nurse").show(<RotaPage />);
    await settled();
    expect(text(".failure")).toBe("The rota could not be loaded.");
  });
});

const FIGURES: FiguresView = {
  count: 12,
  per_10_min: 0.02,
  peak_minute: 3,
  peak_10_min: 11,
  peak_hour: 12,
  floods: [{ begins: iso(SERVER_MS - 3_600_000), ends: iso(SERVER_MS - 3_000_000), count: 12, peak: 11 }],
  mix: { high: 0.1, medium: 0.2, low: 0.7 },
  chattering: 0,
  stale: 0,
  top_ten: 1,
  actionable: 0.5,
};
const RULE = {
  rule: "R13",
  title: "Venous pressure high",
  home: null,
  figures: FIGURES,
  nuisance: 0.75,
  word: "noisy",
} as const;
const LOAD: LoadAnswer = {
  server_time: iso(SERVER_MS),
  start: iso(SERVER_MS - 86_400_000),
  end: iso(SERVER_MS),
  all: FIGURES,
  people: [
    {
      person: "Ann",
      yours: true,
      figures: { ...FIGURES, floods: [] },
      pages: 9,
      most_high_in_shift: 0,
      most_pages_in_shift: 9,
      beyond: ["9 pages in a shift, 6 at most"],
    },
  ],
  rules: [RULE],
  homes: [{ ...RULE, home: "Home 7" }],
  more_homes: 3,
};

describe("the load page", () => {
  it("shows people, what is beyond the aims, noisy rules by word, homes and floods", async () => {
    const { show, asked } = bench(duty(), "nephrologist", { "GET /api/load": () => json(LOAD) });
    show(<LoadPage />);
    await settled();
    expect(text('[data-person="Ann"]')).toContain("9 pages in a shift, 6 at most");
    expect(text('[data-rule="R13"] strong')).toBe("NOISY");
    expect(text("#load-homes ~ .table tbody")).toContain("Home 7");
    expect(text('[data-testid="flood"]')).toContain("All alerts: 12, 11 of them within ten minutes");
    expect(host.textContent).toContain("3 more, less frequent");
    expect(asked).toHaveLength(1);
  });

  it("says to who sees only the own that others are not shown", async () => {
    const { show } = bench(duty(), "nurse", { "GET /api/load": () => json({ ...LOAD, people: [] }) });
    show(<LoadPage />);
    await settled();
    expect(host.textContent).toContain("Others by name are shown to whoever makes the rota");
  });
});

const HANDOVER: HandoverAnswer = {
  server_time: iso(SERVER_MS),
  start: iso(SERVER_MS - 43_200_000),
  end: iso(SERVER_MS),
  clinic: "North",
  open: [
    {
      notice_id: "3",
      home: "Home 7",
      patient: null,
      priority: "high",
      cause: "venous access",
      subject: "",
      rules: ["R10"],
      state: "unanswered",
      holder: null,
      until: null,
      since: iso(SERVER_MS - 60_000),
      reason: "everybody was asked",
    },
  ],
  more_open: 0,
  on_work_list: 4,
  set_aside: [
    {
      home: "Home 8",
      patient: null,
      rule: "R13",
      kind: "one-shot",
      until: iso(SERVER_MS + 60_000),
      by: "Ann",
      reason: "known",
    },
  ],
  out_of_service: [],
  answers: [{ priority: "high", count: 3, called: 3, answered: 2, median_s: 40, worst_s: 300 }],
  noisy: [RULE],
  next: [
    { rota: "North, clinical, primary", at: iso(SERVER_MS), person: null, covered: false, why_not: "nobody is named" },
  ],
};

describe("the hand-over page", () => {
  it("says what is open and that nobody has it, what is set aside, noisy, and who is next", async () => {
    const { show } = bench(duty(), "nephrologist", { "GET /api/handover": () => json(HANDOVER) });
    show(<HandoverPage />);
    await settled();
    expect(text('[data-testid="handover-open"]')).toContain("Home 7 venous access: R10 – NOBODY: everybody was asked");
    expect(host.textContent).toContain("or it is over, by Ann: known");
    expect(host.textContent).toContain("12 alerts, 75 % for nothing");
    expect(host.textContent).toContain("3 asked about, 2 answered, median 40 s, worst 5 min");
    expect(text('[data-testid="handover-next"] .flag')).toBe("NOT COVERED");
    expect(host.textContent).toContain("4 more are for the list");
  });

  it("asks for names, and for the shift before, only when told to", async () => {
    const urls: string[] = [];
    const { app } = bench(duty(), "nephrologist");
    const api = new Api(
      "/",
      () => undefined,
      async (input) => {
        urls.push(String(input));
        return json(HANDOVER);
      },
    );
    act(() =>
      render(
        <AppContext.Provider value={{ ...app, api }}>
          <HandoverPage />
        </AppContext.Provider>,
        host,
      ),
    );
    await settled();
    await act(async () => (find('input[name="names"]') as HTMLInputElement).click());
    await act(async () => (find('input[value="last"]') as HTMLInputElement).click());
    await settled();
    expect(urls).toEqual([
      "/api/handover?shift=now&names=false",
      "/api/handover?shift=now&names=true",
      "/api/handover?shift=last&names=true",
    ]);
  });
});
