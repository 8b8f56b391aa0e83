import { describe, expect, it } from "vitest";
import { Columns } from "../src/charts/columns";
import { Episodes } from "../src/charts/episodes";
import { paddedRange, Track } from "../src/charts/track";

const series = (values: (number | null)[]) => ({ mean: values, min: values, max: values });

describe("track", () => {
  it("keeps a gap as a gap", () => {
    const track = new Track();
    track.load([0, 60, 120, 180, 240], series([1, 2, null, null, 5]), 60);
    expect(track.mean).toEqual([1, 2, Number.NaN, 5]);
  });

  it("does not break the line over buckets shorter than the machine's pace", () => {
    const track = new Track();
    track.load([0, 1, 2, 3], series([1, null, null, 2]), 1);
    expect(track.mean).toEqual([1, 2]);
  });

  it("never joins over a gap, be it shorter than two buckets", () => {
    const track = new Track();
    // The first for two reasons, the last one within a bucket.
    const gaps = [
      { start: 5, end: 9 },
      { start: 9, end: 40 },
      { start: 124, end: 140 },
    ];
    track.load([0, 24, 48, 72, 96, 120, 144], series([1, 2, 3, 4, 5, 6, 7]), 24, gaps);
    expect(track.mean).toEqual([1, Number.NaN, 2, 3, 4, 5, 6, Number.NaN, 7]);
    expect(track.times).toEqual([...track.times].sort((left, right) => left - right));
  });

  it("a gap before the first point or behind the last breaks nothing", () => {
    const track = new Track();
    track.load([48, 72], series([1, 2]), 24, [
      { start: 0, end: 48 },
      { start: 96, end: 200 },
    ]);
    expect(track.mean).toEqual([1, 2]);
  });

  it("joins what a slow machine says at its own pace, stored and live", () => {
    const track = new Track();
    const times = Array.from({ length: 91 }, (_, index) => index);
    track.load(times, series(times.map((at) => (at % 30 === 0 ? at : null))), 1);
    track.append(120, 120);
    track.append(240, 240);
    expect(track.mean).toEqual([0, 30, 60, 90, 120, Number.NaN, 240]);
  });

  it("points without a neighbour are known, for they are no line", () => {
    const track = new Track();
    track.load([0, 60, 120, 180, 240], series([1, null, null, 4, 5]), 60);
    track.append(900, 6);
    const columns = new Columns();
    columns.gather(track, 0, 1000, 100);
    expect(columns.alone.map((index) => track.mean[index])).toEqual([1, 6]);
  });

  it("keeps the extremes of a bucket", () => {
    const track = new Track();
    track.load([0], { mean: [100], min: [40], max: [180] }, 60);
    expect(track.extent(0)).toEqual([40, 180]);
  });

  it("goes on live behind the history, and breaks when live values stay away", () => {
    const track = new Track();
    track.load([0], series([1]), 2);
    track.append(2, 2);
    track.append(2, 99);
    track.append(30, 3);
    expect(track.mean).toEqual([1, 2, Number.NaN, 3]);
  });

  it("trims what has left the window but lets the line run in", () => {
    const track = new Track();
    for (let t = 0; t < 10; t += 1) track.append(t, t);
    track.trim(5);
    expect(track.times[0]).toBe(4);
  });

  it("never shows noise as drama", () => {
    const [low = 0, high = 0] = paddedRange([99, 101], 60) ?? [];
    expect(high - low).toBeGreaterThan(60);
    expect(low).toBeLessThan(99);
    expect(paddedRange(null, 60)).toBeNull();
  });
});

describe("episodes", () => {
  it("a repeated blood pressure is one measurement", () => {
    const episodes = new Episodes();
    for (let t = 0; t < 60; t += 1) episodes.add(t, 120, 70);
    episodes.add(60, 118, 70);
    expect(episodes.list.map((episode) => episode.timeS)).toEqual([0, 60]);
  });

  it("an equal one after silence is a new measurement", () => {
    const episodes = new Episodes();
    episodes.add(0, 120, 70);
    episodes.add(1, undefined, undefined);
    episodes.add(900, 120, 70);
    expect(episodes.list).toHaveLength(2);
  });
});
