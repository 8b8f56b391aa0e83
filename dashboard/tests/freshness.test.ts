import { describe, expect, it } from "vitest";
import { ageMs, freshness, hasOwnAge, trouble, unheardMs } from "../src/live/freshness";
import { unitFromView, withReading } from "../src/live/unit";
import { reading, SERVER_MS, status, unit } from "./samples";

describe("freshness", () => {
  const fresh = unitFromView(unit("a"), SERVER_MS);

  it("is live up to ten seconds and stale beyond", () => {
    expect(freshness(fresh, SERVER_MS + 10_000, true)).toEqual({ kind: "live", ageMs: 10_000 });
    expect(freshness(fresh, SERVER_MS + 10_001, true)).toEqual({ kind: "stale", ageMs: 10_001 });
  });

  it("is never live without a connection", () => {
    expect(freshness(fresh, SERVER_MS + 1_000, false).kind).toBe("stale");
  });

  it("is none where nothing was ever received", () => {
    expect(freshness(unitFromView(unit("a", { reading: null }), SERVER_MS), SERVER_MS, true)).toEqual({ kind: "none" });
  });

  it("believes the age the server gives, not the time a device stamped on it", () => {
    const future = reading("a", { time: new Date(SERVER_MS + 86_400_000).toISOString(), age_s: 30 });
    expect(freshness(unitFromView(unit("a", { reading: future }), SERVER_MS), SERVER_MS, true)).toEqual({
      kind: "stale",
      ageMs: 30_000,
    });
  });

  it("never takes a negative age for youth to come", () => {
    const early = unitFromView(unit("a", { reading: reading("a", { age_s: -60 }) }), SERVER_MS);
    expect(freshness(early, SERVER_MS + 11_000, true).kind).toBe("stale");
  });
});

describe("a value's own age", () => {
  it("is that of the reading that brought it", () => {
    const first = reading("a", { values: { systolic: 120, diastolic: 70, blood_flow: 300 } });
    const known = unitFromView(unit("a", { reading: first }), SERVER_MS);
    const later = withReading(known, reading("a", { values: { blood_flow: 301 } }), SERVER_MS + 720_000);
    const systolic = later.values.get("systolic");
    const flow = later.values.get("blood_flow");
    expect(systolic && hasOwnAge(systolic, later.readingAt)).toBe(true);
    expect(systolic && ageMs(systolic.at, SERVER_MS + 721_000)).toBe(721_000);
    expect(flow && hasOwnAge(flow, later.readingAt)).toBe(false);
  });

  it("goes on growing while a machine repeats the same blood pressure", () => {
    const values = { systolic: 120, diastolic: 70, blood_flow: 300 };
    let known = unitFromView(unit("a", { reading: reading("a", { values }) }), SERVER_MS);
    for (let s = 1; s <= 60; s += 1) known = withReading(known, reading("a", { values }), SERVER_MS + s * 1000);
    expect(known.values.get("systolic")?.at).toBe(SERVER_MS);
    known = withReading(known, reading("a", { values: { ...values, diastolic: 71 } }), SERVER_MS + 61_000);
    expect(known.values.get("systolic")?.at).toBe(SERVER_MS + 61_000);
  });

  it("of a blood pressure that was there before the screen is told as a least age", () => {
    const values = { systolic: 120, diastolic: 70, blood_flow: 300 };
    const first = unitFromView(unit("a", { reading: reading("a", { values }) }), SERVER_MS);
    expect(first.values.get("systolic")?.orEarlier).toBe(true);
    expect(first.values.get("blood_flow")?.orEarlier).toBe(false);
    const again = { ...values, systolic: 118 };
    const second = withReading(first, reading("a", { values: again }), SERVER_MS + 1000);
    expect(second.values.get("systolic")?.orEarlier).toBe(false);
  });

  it("does not outlive an implausible reading", () => {
    const known = unitFromView(unit("a"), SERVER_MS);
    const later = withReading(known, reading("a", { values: {}, invalid: ["venous_pressure"] }), SERVER_MS + 1000);
    expect(later.values.has("venous_pressure")).toBe(false);
    expect(later.invalid.has("venous_pressure")).toBe(true);
  });

  it("is not touched by what arrives late", () => {
    const known = unitFromView(unit("a"), SERVER_MS);
    const late = reading("a", { flags: ["late"], age_s: 3600, values: { blood_flow: 1 } });
    expect(withReading(known, late, SERVER_MS)).toBe(known);
  });
});

describe("trouble", () => {
  const of = (change: Parameters<typeof unit>[1]) =>
    trouble(unitFromView(unit("a", change), SERVER_MS), SERVER_MS, true);

  it("tells box, machine and never-seen apart", () => {
    expect(of({})).toBeNull();
    expect(of({ status: status("a", { online: false }) })).toBe("box-offline");
    expect(of({ status: status("a", { machine: "disconnected" }) })).toBe("machine-disconnected");
    expect(of({ status: status("a", { machine: "silent" }) })).toBe("machine-silent");
    expect(of({ status: status("a", { machine: "garbled" }) })).toBe("machine-garbled");
    expect(of({ status: null, reading: null })).toBe("box-never-seen");
  });

  it("does not believe a box that has said nothing for 90 seconds", () => {
    const silent = unitFromView(unit("a", { reading: null }), SERVER_MS);
    expect(trouble(silent, SERVER_MS + 90_000, true)).toBeNull();
    expect(trouble(silent, SERVER_MS + 90_001, true)).toBe("box-not-heard");
    expect(unheardMs(silent, SERVER_MS + 180_000)).toBe(180_000);
    expect(of({ reading: null, status: status("a", { heard_at: null }) })).toBe("box-not-heard");
  });

  it("takes a reading for a word of the box", () => {
    const talking = withReading(unitFromView(unit("a"), SERVER_MS), reading("a"), SERVER_MS + 100_000);
    expect(trouble(talking, SERVER_MS + 101_000, true)).toBeNull();
  });

  it("blames no box while our own connection is lost", () => {
    const silent = unitFromView(unit("a", { reading: null }), SERVER_MS);
    expect(trouble(silent, SERVER_MS + 600_000, false)).toBeNull();
  });
});
