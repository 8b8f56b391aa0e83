import { describe, expect, it } from "vitest";
import { ServerClock } from "../src/live/server-clock";

describe("server clock", () => {
  it("knows nothing before the first message", () => {
    expect(new ServerClock().at(1000)).toBeNull();
  });

  it("goes on with the monotonic clock between messages", () => {
    const clock = new ServerClock();
    clock.hear(1_000_000, 50);
    expect(clock.at(2_050)).toBe(1_002_000);
  });

  it("is not set back by a message that was long on its way", () => {
    const clock = new ServerClock();
    clock.hear(1_000_000, 0);
    clock.hear(1_001_000, 21_000);
    expect(clock.at(21_000)).toBe(1_021_000);
  });

  it("follows a server whose clock was set back within two windows", () => {
    const clock = new ServerClock();
    clock.hear(1_000_000, 0);
    for (let second = 1; second <= 65; second += 1) clock.hear(900_000 + second * 1000, second * 1000);
    expect(clock.at(65_000)).toBe(965_000);
  });

  it("starts afresh at a snapshot", () => {
    const clock = new ServerClock();
    clock.hear(5_000_000, 0);
    clock.reset(1_000_000, 100);
    expect(clock.at(100)).toBe(1_000_000);
  });

  it("counts time the computer slept", () => {
    const clock = new ServerClock();
    clock.hear(1_000_000, 0);
    clock.skip(3_600_000);
    expect(clock.at(1000)).toBe(4_601_000);
  });
});
