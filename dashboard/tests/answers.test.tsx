import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { pageTitle } from "../src/app";
import { AlertBar } from "../src/components/alert-bar";
import { AlertCard } from "../src/components/alert-card";
import { PageBanners } from "../src/components/page-banner";
import { Tile } from "../src/components/tile";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { AlertView, Me, PageReceipt } from "../src/messages";
import { DeliveryPage } from "../src/pages/delivery";
import { NoticesPage } from "../src/pages/notices";
import { Session } from "../src/session";
import { testApp } from "./app";
import { alert, answer, DOWN, detail, iso, notice, page, SERVER_MS, snapshot, unit } from "./samples";

const NURSE: Me = {
  user: { email: "ana@north.test", name: "Ana Prado", role: "nurse", clinic: "North", language: null },
  may: ["acknowledge", "answer notices", "see alerts", "see notices", "see readings", "see units", "shelve"],
  expires_at: iso(SERVER_MS),
  hidden: false,
  hospital_sign_out: null,
};

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
});
afterEach(() => {
  act(() => render(null, host));
  host.remove();
});

type Replies = Record<string, () => Response>;
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const refused = (status: number, what: string, hint: string) => json({ what, where: "", hint }, status);

/** A page before a server that answers by `METHOD path`; anything else it does not know. */
function bench(alerts: AlertView[], replies: Replies = {}, may: Me["may"] = NURSE.may, links = {}) {
  const asked: [string, unknown][] = [];
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = `${init?.method} ${input}`;
    asked.push([request, init?.body === undefined ? null : JSON.parse(String(init.body))]);
    return replies[request]?.() ?? refused(404, "no such notice", "");
  };
  const session = new Session();
  session.me.value = { ...NURSE, may };
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")], alerts, links), 0);
  const receipts: PageReceipt[] = [];
  const app = testApp(new Api("/", () => session.end(), fetcher), store, session, receipts);
  const show = (children: ComponentChildren) =>
    act(() => render(<AppContext.Provider value={app}>{children}</AppContext.Provider>, host));
  const Card = () => <AlertCard alert={store.alerts.value.get("1") as AlertView} />;
  return { app, store, asked, receipts, show, showCard: () => show(<Card />) };
}

const find = (selector: string) => host.querySelector<HTMLElement>(selector);
const actions = () => [...host.querySelectorAll<HTMLElement>("[data-action]")].map((button) => button.dataset.action);
const settled = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));

async function press(action: string): Promise<void> {
  await act(async () => find(`[data-action="${action}"]`)?.click());
  await settled();
}

const BY_BRANDT = { state: "accepted", accepted_by: "Dr. Brandt", accepted_until: iso(SERVER_MS + 900_000) } as const;
const clock = (ms: number) =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(ms));

describe("who is answerable", () => {
  it.each([
    [null, "Nobody is asked yet."],
    [answer({ state: "nobody", reason: "low priority" }), "Nobody is asked: low priority."],
    [
      answer({ state: "nobody", reason: "", told: "found in late readings" }),
      "Nobody is asked: found in late readings.",
    ],
    [answer(), "Being asked: nobody has accepted yet."],
    [answer({ round: 3 }), "Being asked, round 3: nobody has accepted yet."],
    [answer({ state: "unanswered" }), "Nobody has accepted: everybody was asked."],
    [answer({ ...BY_BRANDT }), `Accepted by Dr. Brandt until ${clock(SERVER_MS + 900_000)}`],
  ])("is said in words on the card", (told, sentence) => {
    bench([alert("1", "a", { answer: told })]).showCard();
    expect(host.textContent).toContain(sentence);
  });

  it("says what was said of this very alert where that is something else", () => {
    bench([alert("1", "a", { answer: answer({ told: "found in late readings" }) })]).showCard();
    expect(find(".told")?.textContent).toBe("Of this alert: found in late readings.");
    bench([alert("1", "a", { answer: answer() })]).showCard();
    expect(find(".told")).toBeNull();
  });

  it.each([
    [{ answer: answer() }, "being asked"],
    [{ answer: answer({ state: "unanswered" }) }, "unanswered"],
    [{ answer: answer({ ...BY_BRANDT }) }, "Dr. Brandt"],
    [{ answer: answer(), shelved_until: iso(SERVER_MS + 60_000) }, `set aside until ${clock(SERVER_MS + 60_000)}`],
    [{ acknowledged_by: "Ana Prado", acknowledged_at: iso(SERVER_MS) }, "Ana Prado"],
  ])("is a few words on the wall", (change, text) => {
    const { show } = bench([alert("1", "a", change as Partial<AlertView>)]);
    show(<Tile id="a" />);
    expect(find(".tile-answer-text")?.textContent).toBe(text);
    expect(find(".tile-answer svg")).not.toBeNull();
    expect(find('[data-signal="venous_pressure"]')?.textContent).toBe("142");
  });

  it("writes names and reasons as text", () => {
    const bad = "<img src=x onerror=alert(1)>";
    bench([alert("1", "a", { answer: answer({ ...BY_BRANDT, accepted_by: bad, told: bad }) })]).showCard();
    expect(find("img")).toBeNull();
    expect(find('[data-testid="answer-line"]')?.textContent).toContain(bad);
  });
});

describe("answering", () => {
  it("offers what the state allows, and nothing to a role that may not", () => {
    bench([alert("1", "a", { answer: answer() })]).showCard();
    expect(actions()).toEqual(["accept", "reject", "acknowledge", "shelve"]);
    expect(host.textContent).toContain("Acknowledging accepts it, too");
    bench([alert("1", "a", { answer: answer({ ...BY_BRANDT, accepted_by: "Ana Prado" }) })]).showCard();
    expect(actions()).toEqual(["release", "acknowledge", "shelve"]);
    bench([alert("1", "a", { answer: answer() })], {}, ["see alerts"]).showCard();
    expect(actions()).toEqual([]);
  });

  it("accepts, and shows who has it before any message says so", async () => {
    const mine = notice("7", { ...BY_BRANDT, accepted_by: "Ana Prado", yours: true });
    const replies = { "POST /api/notices/7/accept": () => json({ outcome: "done", notice: mine }) };
    const { showCard, asked } = bench([alert("1", "a", { answer: answer() })], replies);
    showCard();
    await press("accept");
    expect(asked).toEqual([["POST /api/notices/7/accept", { note: null }]]);
    expect(find('[data-testid="answer-line"]')?.textContent).toContain("Accepted by Ana Prado");
    expect(actions()).toContain("release");
  });

  it("tells the loser of a race who has it, in the server's words", async () => {
    const replies = {
      "POST /api/notices/7/accept": () => refused(409, "somebody else has accepted", "accepted by Dr. Brandt"),
    };
    const { showCard } = bench([alert("1", "a", { answer: answer() })], replies);
    showCard();
    await press("accept");
    expect(find('[data-testid="refusal"]')?.textContent).toBe("Somebody else has accepted: accepted by Dr. Brandt.");
  });

  it("says that nothing was recorded when the server did not take it", async () => {
    const { showCard } = bench([alert("1", "a", { answer: answer() })], {
      "POST /api/notices/7/reject": () => refused(503, "not available now", ""),
    });
    showCard();
    await press("reject");
    expect(find('[data-testid="refusal"]')?.textContent).toContain("Not recorded");
    expect(actions()).toContain("reject");
  });

  it("takes over from another only when asked a second time", async () => {
    const mine = notice("7", { ...BY_BRANDT, accepted_by: "Ana Prado", yours: true });
    const replies = { "POST /api/notices/7/take-over": () => json({ outcome: "done", notice: mine }) };
    const { showCard, asked } = bench([alert("1", "a", { answer: answer({ ...BY_BRANDT }) })], replies);
    document.body.append(host);
    showCard();
    await press("take-over-ask");
    expect((document.activeElement as HTMLElement).dataset.action).toBe("take-over");
    expect(asked).toEqual([]);
    expect(find(".answer-confirm legend")?.textContent).toBe("Take over from Dr. Brandt?");
    await press("take-over");
    expect(asked[0]?.[0]).toBe("POST /api/notices/7/take-over");
    expect(host.textContent).toContain("Accepted by Ana Prado");
  });

  it("is not possible, and says so, while the database is away", () => {
    const ingest = { ...DOWN, reason: "unsaved" };
    bench([alert("1", "a", { answer: answer() })], {}, NURSE.may, { ingest }).showCard();
    expect(actions()).toEqual(["acknowledge"]);
    expect(find('[data-action="acknowledge"]')?.hasAttribute("disabled")).toBe(true);
    expect(host.textContent).toContain("Nothing can be recorded until the database answers.");
    const acknowledged_at = iso(SERVER_MS);
    bench([alert("1", "a", { answer: answer({ ...BY_BRANDT }), acknowledged_at })], {}, NURSE.may, {
      ingest,
    }).showCard();
    expect(actions()).toEqual([]);
    expect(find('[data-testid="answer-impossible"]')).not.toBeNull();
  });
});

describe("setting aside", () => {
  const form = () => find(".shelf-form") as HTMLFormElement;
  const choices = () => [...host.querySelectorAll(".shelf-form .segments span")].map((label) => label.textContent);

  async function send(long: string, reason: string): Promise<void> {
    await act(async () => {
      const choice = find(`input[value="${long}"]`) as HTMLInputElement;
      choice.checked = true;
      (find('input[name="reason"]') as HTMLInputElement).value = reason;
      form().dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    });
    await settled();
  }

  it("offers no end-less one for a high priority", async () => {
    bench([alert("1", "a", { answer: answer() })]).showCard();
    await press("shelve");
    expect(choices()).toEqual(["5 min", "10 min", "15 min"]);
    expect(find('input[name="reason"]')?.hasAttribute("required")).toBe(true);
    bench([alert("1", "a", { priority: "medium" })]).showCard();
    await press("shelve");
    expect(choices()).toEqual(["15 min", "30 min", "1 h", "2 h", "until it is over"]);
  });

  it("sends minutes or until it is over, with the reason, and shows what the server says", async () => {
    const shelved = alert("1", "a", {
      priority: "medium",
      shelved_until: iso(SERVER_MS + 60_000),
      shelved_by: "Ana Prado",
      shelved_reason: "cuff is being changed",
    });
    const replies = { "POST /api/alerts/1/shelve": () => json({ alert: shelved }) };
    const { showCard, asked, store } = bench([alert("1", "a", { priority: "medium" })], replies);
    showCard();
    await press("shelve");
    await send("30", " cuff is being changed ");
    expect(asked[0]).toEqual([
      "POST /api/alerts/1/shelve",
      { kind: "timed", minutes: 30, reason: "cuff is being changed" },
    ]);
    expect(find('[data-testid="shelf-line"]')?.textContent).toContain("Set aside by Ana Prado until");
    expect(find(".flag")?.dataset.flashing).toBe("false");
    expect(actions()).toContain("bring-back");
    // By time alone it counts again.
    act(() => store.tick(61_000));
    expect(find('[data-testid="shelf-line"]')).toBeNull();
    expect(find(".flag")?.dataset.flashing).toBe("true");
  });

  it("shows the server's words when it refuses, and keeps what was written", async () => {
    const { showCard } = bench([alert("1", "a", { priority: "low" })], {
      "POST /api/alerts/1/shelve": () => refused(422, "not set aside", "at most 720 for low priority"),
    });
    showCard();
    await press("shelve");
    await send("over", "known");
    expect(find('[data-testid="refusal"]')?.textContent).toBe("Not set aside: at most 720 for low priority.");
    expect((find('input[name="reason"]') as HTMLInputElement).value).toBe("known");
  });

  it("brings back", async () => {
    const shelved = alert("1", "a", { shelved_until: iso(SERVER_MS + 60_000), shelved_by: "B", shelved_reason: "c" });
    const { showCard, asked } = bench([shelved], {
      "DELETE /api/alerts/1/shelve": () => new Response(null, { status: 204 }),
      "GET /api/alerts/1": () => json({ alert: alert("1", "a"), events: [] }),
    });
    showCard();
    await press("bring-back");
    expect(asked.map(([request]) => request)).toEqual(["DELETE /api/alerts/1/shelve", "GET /api/alerts/1"]);
    expect(find('[data-testid="shelf-line"]')).toBeNull();
  });
});

describe("page to a person", () => {
  const asking = () => ({ "GET /api/notices/7": () => json(detail(notice("7"))) });

  it("says by shape and word who is asked about what, and that it is shown and opened", async () => {
    const { app, show, receipts } = bench([alert("1", "a", { answer: answer() })], asking());
    act(() => app.pages.receive(page("12")));
    show(<PageBanners />);
    await settled();
    expect(find('[data-testid="page-banner"] .flag')?.textContent).toBe("HIGH");
    expect(find('[data-testid="page-banner"] [role="alert"]')?.textContent).toBe("Somebody needs an answer");
    expect(find(".page-banner-about")?.textContent).toBe("Patient a · Needle dislodgement");
    expect(receipts).toEqual([{ receipt: "12", state: "delivered" }]);
    expect(actions()).toEqual(["accept", "reject", "open-page"]);
    await press("open-page");
    expect(receipts.at(-1)).toEqual({ receipt: "12", state: "read" });
  });

  it("goes when it is answered here", async () => {
    const replies = {
      ...asking(),
      "POST /api/notices/7/reject": () => json({ outcome: "done", notice: notice("7") }),
    };
    const { app, show } = bench([], replies);
    act(() => app.pages.receive(page("12")));
    show(<PageBanners />);
    await settled();
    await press("reject");
    expect(find('[data-testid="page-banner"]')).toBeNull();
  });

  it("goes when another has accepted, as soon as an alert tells of it", async () => {
    let now = notice("7");
    const { app, store, show } = bench([alert("1", "a", { answer: answer() })], {
      "GET /api/notices/7": () => json(detail(now)),
    });
    act(() => app.pages.receive(page("12")));
    show(<PageBanners />);
    await settled();
    expect(find('[data-testid="page-banner"]')).not.toBeNull();
    now = notice("7", { ...BY_BRANDT });
    act(() => store.putAlert(alert("1", "a", { answer: answer({ ...BY_BRANDT }) })));
    await settled();
    expect(find('[data-testid="page-banner"]')).toBeNull();
  });

  it("of who came second stays until it is closed, and says who has it", async () => {
    let now = notice("7");
    const { app, store, show } = bench([alert("1", "a", { answer: answer() })], {
      "GET /api/notices/7": () => json(detail(now)),
      "POST /api/notices/7/accept": () => {
        // Another was first: the alert's message is here before the answer to this one.
        now = notice("7", { ...BY_BRANDT });
        store.putAlert(alert("1", "a", { answer: answer({ ...BY_BRANDT }) }));
        return refused(409, "somebody else has accepted", "accepted by Dr. Brandt");
      },
    });
    act(() => app.pages.receive(page("12")));
    show(<PageBanners />);
    await settled();
    await press("accept");
    await settled();
    expect(find('[data-testid="page-banner"]')?.textContent).toContain("Answered by another");
    expect(find('[data-testid="refusal"]')?.textContent).toContain("accepted by Dr. Brandt");
    expect(actions()).toEqual(["take-over-ask", "close-page"]);
    await press("close-page");
    expect(find('[data-testid="page-banner"]')).toBeNull();
  });

  it("stands alone: the bar of the most urgent alert does not say the same", async () => {
    const { app, store, show } = bench([alert("1", "a", { answer: answer() })], asking());
    show(<AlertBar />);
    expect(find('[data-testid="alert-bar"]')).not.toBeNull();
    act(() => app.pages.receive(page("12")));
    expect(find('[data-testid="alert-bar"]')).toBeNull();
    act(() => store.putAlert(alert("2", "a", { priority: "low" })));
    expect(find('[data-testid="alert-bar"]')).toBeNull();
    act(() => store.putAlert(alert("3", "a", { priority: "medium" })));
    expect(find('[data-testid="alert-bar"]')?.dataset.alertPriority).toBe("medium");
  });

  it("shows a few and counts the others", async () => {
    const { app, show } = bench([]);
    act(() => {
      for (const id of ["1", "2", "3", "4"]) app.pages.receive(page(id, { notice_id: id }));
    });
    show(<PageBanners />);
    await settled();
    expect(host.querySelectorAll('[data-testid="page-banner"]')).toHaveLength(2);
    expect(find(".page-banner-more")?.textContent).toBe("2 more need an answer");
    expect(find('[data-testid="page-banner"]')?.textContent).toContain("You may not see it here");
  });

  it("is not called delivered by a tab in the background, which has shown it to nobody", async () => {
    const see = async (state: string) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      await act(async () => void document.dispatchEvent(new Event("visibilitychange")));
    };
    const { app, show, receipts } = bench([], asking());
    await see("hidden");
    act(() => app.pages.receive(page("12")));
    show(<PageBanners />);
    await settled();
    expect(receipts).toEqual([]);
    await see("visible");
    expect(receipts).toEqual([{ receipt: "12", state: "delivered" }]);
  });

  it("asks the server nothing that this person's role may not see", async () => {
    const { app, show, asked } = bench([], {}, ["see units"]);
    act(() => app.pages.receive(page("12")));
    show(<PageBanners />);
    await settled();
    expect(asked).toEqual([]);
    expect(find('[data-testid="page-banner"]')?.textContent).toContain("Somebody needs an answer");
    await act(async () => find('[data-testid="page-banner"] button')?.click());
    expect(find('[data-testid="page-banner"]')).toBeNull();
  });

  it("shows in the title of a tab in the background", () => {
    expect(pageTitle(3, "high")).toBe("HIGH: answer needed – homehd");
    expect(pageTitle(3, undefined)).toBe("(3) homehd");
    expect(pageTitle(0, undefined)).toBe("homehd");
  });
});

const RECORD = {
  history: [
    { move: "ask", actor: null, reason: "somebody has to know now" },
    { move: "reject", actor: "Ana Prado", reason: "in surgery" },
    { move: "", actor: null, reason: "backup: 1 asked" },
  ].map((event, index) => ({
    event_id: index,
    at: iso(SERVER_MS),
    state: "asking" as const,
    priority: "high" as const,
    round: 1,
    alert_id: null,
    stage: "",
    ...event,
  })),
  steps: [
    { round: 1, number: 1, kind: "first", due_at: iso(SERVER_MS), done_at: iso(SERVER_MS), outcome: "first: 1 asked" },
    { round: 1, number: 2, kind: "pathway", due_at: iso(SERVER_MS + 360_000), done_at: null, outcome: "" },
  ],
  deliveries: [
    {
      delivery_id: "12",
      round: 1,
      step: 1,
      to: "Ana Prado",
      kind: "apprise",
      label: "pager",
      state: "failed",
      attempts: 3,
      queued_at: iso(SERVER_MS),
      changed_at: iso(SERVER_MS),
      detail: "no such number",
    },
  ],
} as const;

describe("why was I (not) told", () => {
  it("tells the time line, the plan and how far each message came, in words", async () => {
    const { show, asked } = bench([], { "GET /api/notices/7": () => json(detail(notice("7"), RECORD)) });
    show(<NoticesPage selected="7" />);
    await settled();
    expect(asked[0]?.[0]).toBe("GET /api/notices/7");
    const text = (name: string) => find(`[data-testid="notice-${name}"]`)?.textContent;
    expect(text("history")).toContain("People are asked");
    expect(text("history")).toContain("Ana Prado rejected itin surgery");
    expect(text("history")).toContain("backup: 1 asked");
    expect(text("steps")).toMatch(/Who is on call firstfirst: 1 asked.*The documented pathway.*to come/);
    expect(text("deliveries")).toMatch(/Ana Prado by message \(pager\)did not arrive .*, 3 tries: no such number/);
  });

  it("is asked for on a card only when it is opened", async () => {
    const { showCard, asked } = bench([alert("1", "a", { answer: answer() })], {
      "GET /api/notices/7": () => json(detail(notice("7"), RECORD)),
    });
    showCard();
    await settled();
    expect(asked).toEqual([]);
    await act(async () => {
      const details = find('[data-testid="why-told"]') as HTMLDetailsElement;
      details.open = true;
      details.dispatchEvent(new Event("toggle"));
    });
    await settled();
    expect(find('[data-testid="notice-deliveries"]')).not.toBeNull();
  });
});

describe("work list", () => {
  it("has what nobody has accepted first, unanswered before asked, then what somebody has, then the list", async () => {
    const notices = [
      notice("1", { state: "nobody", priority: "low", reason: "low priority" }),
      notice("2", { ...BY_BRANDT }),
      notice("3"),
      notice("4", { state: "unanswered", unit: null, cause: "rota", alerts: [], reason: "nobody has the night" }),
    ];
    const { show } = bench([], {
      "GET /api/notices?state=open": () => json({ server_time: iso(SERVER_MS), notices }),
    });
    show(<NoticesPage selected={null} />);
    await settled();
    const cards = [...host.querySelectorAll<HTMLElement>('[data-testid="notice"]')];
    expect(cards.map((card) => card.dataset.notice)).toEqual(["4", "3", "2", "1"]);
    expect(cards[0]?.textContent).toContain("nobody has the night");
    expect(cards[3]?.textContent).toContain("Nobody is asked: low priority.");
  });

  it("says when there is nothing, and not that all is well", async () => {
    const { show } = bench([], {
      "GET /api/notices?state=open": () => json({ server_time: iso(SERVER_MS), notices: [] }),
    });
    show(<NoticesPage selected={null} />);
    await settled();
    expect(find(".empty")?.textContent).toContain("Nothing is on the work list.");
  });
});

describe("the link in a message", () => {
  it("leads to its notice, and says that it was read", async () => {
    const { show, receipts } = bench([], { "GET /api/deliveries/12": () => json(detail(notice("7"))) });
    show(<DeliveryPage delivery="12" />);
    await settled();
    expect(find('[data-testid="notice"]')?.dataset.notice).toBe("7");
    expect(receipts).toEqual([{ receipt: "12", state: "read" }]);
  });

  it("says so where there is none to be seen", async () => {
    const { show } = bench([]);
    show(<DeliveryPage delivery="13" />);
    await settled();
    expect(host.textContent).toContain("There is no such notice");
  });
});
