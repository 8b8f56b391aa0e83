// @vitest-environment happy-dom
// The sounds: their patterns, when they are due, and that a screen never says it would be heard when it would not.
import { beforeEach, describe, expect, it } from "vitest";
import type { Priority } from "../src/messages";
import { due, NOTHING } from "../src/sound/due";
import type { Player } from "../src/sound/player";
import { Sounding } from "../src/sound/sounding";
import { burst, HARMONICS, PAUSE_S, REPEAT_S } from "../src/sound/tones";
import { alert, iso, SERVER_MS } from "./samples";

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
    sounding.tick([high], 0);
    expect([sounding.state.value, player.played]).toEqual(["off", []]);
    await sounding.test();
    expect([sounding.state.value, player.played]).toEqual(["off", ["high"]]);
    sounding.answer(false);
    expect(sounding.state.value).toBe("off");
    await sounding.test();
    sounding.answer(true);
    expect(sounding.state.value).toBe("armed");
    sounding.tick([high], 1_000);
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
    sounding.tick([], 1_000);
    sounding.pause();
    sounding.tick([high], 2_000);
    expect([sounding.state.value, player.played]).toEqual(["paused", []]);
    sounding.tick([high], 1_000 + PAUSE_S * 1000);
    expect([sounding.state.value, player.played]).toEqual(["armed", ["high"]]);
  });
});
