// @vitest-environment happy-dom
// The sounds: their patterns, when they are due, and that a screen never says it would be heard when it would not.
import { beforeEach, describe, expect, it } from "vitest";
import { LiveStore } from "../src/live/store";
import type { Priority, ServerMessage } from "../src/messages";
import { due, NOTHING } from "../src/sound/due";
import { soundAlerts } from "../src/sound/follow";
import type { Player } from "../src/sound/player";
import { Sounding } from "../src/sound/sounding";
import { burst, HARMONICS, PAUSE_S, REPEAT_S } from "../src/sound/tones";
import { englishInbox } from "../src/words-inbox";
import { chineseInbox } from "../src/words-inbox-zh";
import { alert, iso, SERVER_MS, snapshot } from "./samples";

class Heard implements Player {
  runs = false;
  allowed = true;
  played: Priority[] = [];
  onChange: () => void = () => undefined;
  async wake() {
    this.runs = this.allowed;
    return this.runs;
  }
  play(priority: Priority) {
    this.played.push(priority);
  }
}

const high = alert("1", "a");
const low = alert("2", "a", { priority: "low" });

describe("the patterns", () => {
  it("are those of IEC 60601-1-8: ten, three and two pulses, in its ranges of length and pitch", () => {
    expect([burst("high"), burst("medium"), burst("low")].map((one) => one.length)).toEqual([10, 3, 2]);
    for (const priority of ["high", "medium", "low"] as const) {
      const [shortest, longest] = priority === "high" ? [0.075, 0.2] : [0.125, 0.25];
      for (const { seconds, hz } of burst(priority)) {
        expect(seconds).toBeGreaterThanOrEqual(shortest);
        expect(seconds).toBeLessThanOrEqual(longest);
        expect(hz).toBeGreaterThan(150);
        expect(hz).toBeLessThan(1000);
      }
    }
    expect(HARMONICS.length).toBeGreaterThanOrEqual(5);
    const ends = burst("high").map(({ at, seconds }) => at + seconds);
    expect(burst("high").every(({ at }, index) => index === 0 || at > (ends[index - 1] ?? 0))).toBe(true);
    expect(REPEAT_S.high ?? 0).toBeLessThan(REPEAT_S.medium ?? 0);
  });
});

describe("when a sound is due", () => {
  it("is at once for what is new and again while nobody answers, the worst alone", () => {
    const [first, heard] = due([high, low], NOTHING, 0);
    expect(first).toBe("high");
    expect(due([high, low], heard, 9_999)[0]).toBeNull();
    expect(due([high, low], heard, 10_000)[0]).toBe("high");
    expect(due([alert("3", "b"), high], heard, 1_000)[0]).toBe("high");
  });

  it("is never for what was answered, set aside or is over, and once for what is low", () => {
    const answered = { ...high, state: "active, acknowledged", acknowledged_at: iso(SERVER_MS) } as const;
    expect(due([answered], NOTHING, 0)[0]).toBeNull();
    const [first, heard] = due([low], NOTHING, 0);
    expect(first).toBe("low");
    expect(due([low], heard, 3_600_000)[0]).toBeNull();
    // It rose: that is news.
    expect(due([{ ...low, priority: "medium" }], heard, 1_000)[0]).toBe("medium");
  });
});

describe("whether this screen would be heard", () => {
  beforeEach(() => window.localStorage.clear());

  it("is off until a person has pressed and heard it", async () => {
    const player = new Heard();
    const sounding = new Sounding(player);
    sounding.tick([high], 0, "there");
    expect([sounding.state.value, player.played]).toEqual(["off", []]);
    await sounding.test();
    expect([sounding.state.value, player.played]).toEqual(["off", ["high"]]);
    sounding.answer(false);
    expect(sounding.state.value).toBe("off");
    await sounding.test();
    sounding.answer(true);
    expect(sounding.state.value).toBe("armed");
    sounding.tick([high], 1_000, "there");
    expect(player.played).toEqual(["high", "high", "high"]);
  });

  it("is remembered, and blocked where the browser wants a press after its start", async () => {
    window.localStorage.setItem("homehd.sound", "on");
    const player = new Heard();
    player.allowed = false;
    const sounding = new Sounding(player);
    await sounding.begin();
    expect(sounding.state.value).toBe("blocked");
    player.allowed = true;
    await sounding.begin();
    expect(sounding.state.value).toBe("armed");
    player.runs = false;
    player.onChange();
    expect(sounding.state.value).toBe("blocked");
  });

  it("can be paused for two minutes, and comes back by time alone", async () => {
    window.localStorage.setItem("homehd.sound", "on");
    const player = new Heard();
    const sounding = new Sounding(player);
    await sounding.begin();
    sounding.tick([], 1_000, "there");
    sounding.pause();
    sounding.tick([high], 2_000, "there");
    expect([sounding.state.value, player.played]).toEqual(["paused", []]);
    sounding.tick([high], 1_000 + PAUSE_S * 1000, "there");
    expect([sounding.state.value, player.played]).toEqual(["armed", ["high"]]);
  });

  it("says that the line is lost, sounds it once, and never over another sound", async () => {
    window.localStorage.setItem("homehd.sound", "on");
    const player = new Heard();
    const sounding = new Sounding(player);
    await sounding.begin();
    sounding.tick([], 0, "never");
    expect([sounding.here.value, player.played]).toEqual(["no line", []]);
    sounding.tick([low], 1_000, "there");
    expect([sounding.here.value, player.played]).toEqual(["armed", ["low"]]);
    sounding.tick([low], 1_100, "lost");
    expect([sounding.here.value, player.played]).toEqual(["no line", ["low"]]);
    for (const ms of [2_000, 3_000, 600_000]) sounding.tick([low], ms, "lost");
    expect(player.played).toEqual(["low", "medium"]);
    // What the server is told stays what the loudspeaker would do.
    expect(sounding.state.value).toBe("armed");
    sounding.tick([low], 601_000, "there");
    expect(sounding.here.value).toBe("armed");
    sounding.tick([low], 602_000, "lost");
    sounding.tick([low, high], 602_500, "lost");
    expect(player.played).toEqual(["low", "medium", "medium"]);
    sounding.tick([low, high], 604_000, "lost");
    expect(player.played).toEqual(["low", "medium", "medium", "high"]);
  });

  it("says nothing of a lost line while it is off", async () => {
    const sounding = new Sounding(new Heard());
    sounding.tick([], 0, "lost");
    expect(sounding.here.value).toBe("off");
  });
});

describe("the clock of the sounds", () => {
  beforeEach(() => window.localStorage.clear());

  async function armed() {
    window.localStorage.setItem("homehd.sound", "on");
    const player = new Heard();
    const sounding = new Sounding(player);
    await sounding.begin();
    const store = new LiveStore();
    let ms = 1_000;
    const stop = soundAlerts(sounding, store, () => ms);
    const at = (next: number, message?: ServerMessage) => {
      ms = next;
      if (message === undefined) store.tick(ms);
      else store.receive(message, ms);
    };
    store.setOpen(true, ms);
    at(ms, snapshot([], [high]));
    return { player, sounding, store, at, stop };
  }

  it("is not the server's, which may be set back by an hour while a high alert stands", async () => {
    const { player, sounding, at, stop } = await armed();
    expect(player.played).toEqual(["high"]);
    at(2_000, snapshot([], [high], { server_time: iso(SERVER_MS - 3_600_000) }));
    expect(player.played).toEqual(["high"]);
    at(11_000, snapshot([], [high], { server_time: iso(SERVER_MS - 3_591_000) }));
    expect(player.played).toEqual(["high", "high"]);
    sounding.pause();
    at(20_000, snapshot([], [high], { server_time: iso(SERVER_MS - 7_200_000) }));
    expect(sounding.state.value).toBe("paused");
    at(11_000 + PAUSE_S * 1000, snapshot([], [high], { server_time: iso(SERVER_MS - 7_100_000) }));
    expect(player.played).toEqual(["high", "high", "high"]);
    stop();
  });

  it("goes on when the line is lost, which the screen says; the end of a session is no loss", async () => {
    const { sounding, store, at, stop } = await armed();
    expect(sounding.here.value).toBe("armed");
    at(9_900);
    expect(sounding.line.value).toBe("lost");
    expect(sounding.here.value).toBe("no line");
    at(10_000, snapshot([], []));
    expect(sounding.here.value).toBe("armed");
    const before = sounding.played.value?.count;
    store.clear();
    at(30_000);
    expect([sounding.line.value, sounding.played.value?.count]).toEqual(["never", before]);
    stop();
  });
});

describe("the test", () => {
  it("says of the tones how many it plays", () => {
    expect(burst("high")).toHaveLength(10);
    expect(englishInbox.sound.test).toContain("ten quick tones");
    expect(chineseInbox.sound.test).toContain("十个");
  });
});
