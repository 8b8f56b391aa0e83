// The patient's page: what is asked for again and again, and what is said until it is heard.
import { describe, expect, it } from "vitest";
import { Api, ApiError } from "../src/api";
import { entryText } from "../src/format/symptoms";
import { Following, LOST_MS, type World } from "../src/home/following";
import { Sayings, type World as SayingWorld, TOO_OLD_MS } from "../src/home/sayings";
import { ATTENDED_MS, InViewReporter, type World as WatchWorld } from "../src/live/in-view";
import type { Home, InView } from "../src/messages";

const HOME = { connected: true } as Home;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Time that passes by hand. */
class Passing {
  now = 0;
  #due: { at: number; run: () => void; handle: number }[] = [];
  #handle = 0;
  nowMs = () => this.now;
  setTimeout = (run: () => void, ms: number) => {
    this.#handle += 1;
    this.#due.push({ at: this.now + ms, run, handle: this.#handle });
    return this.#handle;
  };
  clearTimeout = (handle: number) => {
    this.#due = this.#due.filter((one) => one.handle !== handle);
  };
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const next = this.#due.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.clearTimeout(next.handle);
      this.now = next.at;
      next.run();
      await settled();
    }
    this.now = end;
  }
}

class FollowingWorld extends Passing implements World {
  behind = false;
  hidden = () => this.behind;
}

describe("what the patient's page knows", () => {
  function following(answers: () => Promise<Home>) {
    const world = new FollowingWorld();
    let asked = 0;
    const api = new Api("/", () => undefined);
    api.home = () => {
      asked += 1;
      return answers();
    };
    return { world, asked: () => asked, page: new Following(api, world) };
  }

  it("is asked for every three seconds, and seldom in the background", async () => {
    const { world, asked, page } = following(async () => HOME);
    page.start();
    await settled();
    await world.pass(9_500);
    expect(asked()).toBe(4);
    world.behind = true;
    await world.pass(60_000);
    expect(asked()).toBeLessThan(10);
    page.stop();
    await world.pass(60_000);
    expect(asked()).toBeLessThan(10);
  });

  it("is nothing any more ten seconds after the last answer, and at once again with the next", async () => {
    let broken = false;
    const { world, page } = following(async () => {
      if (broken) throw new ApiError(0, "no answer");
      return HOME;
    });
    page.start();
    await world.pass(4_000);
    expect(page.lost.value).toBe(false);
    broken = true;
    await world.pass(LOST_MS + 2_000);
    expect(page.lost.value).toBe(true);
    expect(page.heard.value?.home).toBe(HOME);
    broken = false;
    await world.pass(4_000);
    expect(page.lost.value).toBe(false);
    page.stop();
  });

  it("is lost, too, where no answer ever came", async () => {
    const { world, page } = following(() => Promise.reject(new ApiError(503, "no database")));
    page.start();
    await world.pass(LOST_MS + 2_000);
    expect(page.lost.value).toBe(true);
    page.stop();
  });
});

class Kept extends Passing implements SayingWorld {
  text: string | null = null;
  #numbers = 0;
  number = () => `number-${++this.#numbers}`;
  read = () => this.text;
  write = (text: string) => {
    this.text = text;
  };
}

describe("what is said at home", () => {
  function saying(world: Kept, answer: (said: string) => Promise<void>, user = "ann@example.org") {
    const heard: string[] = [];
    const api = new Api("/", () => undefined);
    const take = async (what: string, said: string) => {
      await answer(said);
      heard.push(`${what} ${said}`);
    };
    api.askForHelp = (said) => take("help", said);
    api.endHelp = (said) => take("helped", said);
    api.handleAtHome = (alert, said) => take(`handling ${alert}`, said);
    api.tellSymptom = ({ what, said, at }) => take(`${what} at ${at}`, said);
    return { heard, sayings: new Sayings(api, user, () => undefined, world) };
  }

  it("is sent again, by the same number and in order, until somebody has heard it", async () => {
    const world = new Kept();
    let lost = 3;
    const { heard, sayings } = saying(world, async () => {
      lost -= 1;
      if (lost >= 0) throw new ApiError(0, "network");
    });
    sayings.start();
    sayings.say("help");
    sayings.say("handling", { alert: "7" });
    await settled();
    expect(sayings.isWaiting("help")).toBe(true);
    await world.pass(60_000);
    expect(heard).toEqual(["help number-1", "handling 7 number-2"]);
    expect(sayings.waiting.value).toEqual([]);
  });

  it("outlives the page, for the same person only, and with the time it was said", async () => {
    const world = new Kept();
    const first = saying(world, () => Promise.reject(new ApiError(503, "no database")));
    first.sayings.start();
    first.sayings.say("symptoms", { symptom: { what: "dizzy", words: "", at: null } });
    await settled();
    first.sayings.stop();
    const stranger = saying(world, async () => undefined, "bob@example.org");
    const text = world.text;
    stranger.sayings.start();
    await settled();
    expect(stranger.heard).toEqual([]);
    world.text = text;
    world.now = 60_000;
    const again = saying(world, async () => undefined);
    again.sayings.start();
    await settled();
    expect(again.heard).toEqual(["dizzy at 1970-01-01T00:00:00.000Z number-1"]);
  });

  it("is given up when it is half a day old, or refused, and then it says why", async () => {
    const world = new Kept();
    const old = saying(world, () => Promise.reject(new ApiError(0, "network")));
    old.sayings.say("help");
    await settled();
    old.sayings.stop();
    world.now = TOO_OLD_MS + 1;
    const later = saying(world, async () => undefined);
    later.sayings.start();
    await settled();
    expect(later.heard).toEqual([]);
    const refused = saying(world, () => Promise.reject(new ApiError(409, "this account belongs to no patient")));
    refused.sayings.say("help");
    await settled();
    expect(refused.sayings.waiting.value).toEqual([]);
    expect(refused.sayings.refused.value).not.toBe("");
  });
});

describe("which homes a screen says it shows", () => {
  class Painting extends Passing implements WatchWorld {
    seen: string[] = ["u-1"];
    front = true;
    inView = () => this.seen;
    painted = (run: () => void) => {
      if (this.front) run();
    };
  }

  it("are those in view on a page in front, and whether anybody sits there", async () => {
    const world = new Painting();
    const said: InView[] = [];
    const reporter = new InViewReporter((seen) => said.push(seen), world);
    reporter.start();
    await world.pass(3_500);
    expect(said).toEqual([{ in_view: ["u-1"], attended: true }]);
    world.front = false;
    await world.pass(ATTENDED_MS);
    expect(said).toHaveLength(1);
    world.front = true;
    await world.pass(3_000);
    expect(said.at(-1)).toEqual({ in_view: ["u-1"], attended: false });
    window.dispatchEvent(new Event("keydown"));
    world.seen = ["u-2"];
    await world.pass(3_000);
    expect(said.at(-1)).toEqual({ in_view: ["u-2"], attended: true });
    world.seen = [];
    const before = said.length;
    await world.pass(9_000);
    expect(said).toHaveLength(before);
    reporter.stop();
  });
});

describe("what a patient told of themselves", () => {
  it("has its word in the reader's language, and the rest as it was written", () => {
    const symptom = { kind: "symptom", author: null } as const;
    expect(entryText({ ...symptom, text: "chest pain: left: sharp" })).toBe("Chest pain: left: sharp");
    expect(entryText({ ...symptom, text: "tingling" })).toBe("tingling");
    expect(entryText({ kind: "note", author: "Nora", text: "cramps: no" })).toBe("cramps: no");
  });
});
