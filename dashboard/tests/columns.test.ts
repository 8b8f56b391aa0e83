import { describe, expect, it } from "vitest";
import { Columns } from "../src/charts/columns";
import { Track } from "../src/charts/track";

function track(values: readonly (number | null)[], more = 0, everyS = 1): Track {
  const made = new Track();
  const of = (by: number) => values.map((value) => (value === null ? null : value + by));
  const gaps = values.flatMap((value, at) => (value === null ? [{ start: at * everyS, end: (at + 1) * everyS }] : []));
  made.load(
    values.map((_, at) => at * everyS),
    { mean: of(0), min: of(-more), max: of(more) },
    everyS,
    gaps,
  );
  return made;
}

function gathered(of: Track, startS: number, endS: number, width: number): Columns {
  const columns = new Columns();
  columns.gather(of, startS, endS, width);
  return columns;
}

describe("columns", () => {
  it("have every second's spike in them, however many seconds are in one", () => {
    const values = Array.from({ length: 14_400 }, (_, second) => (second === 7210 ? 400 : 100));
    const { line } = gathered(track(values), 0, 14_400, 600);
    expect(line.high[300]).toBe(400);
    expect(line.high.filter((value) => value > 100)).toHaveLength(1);
    expect(line.low.every((value) => value === 100)).toBe(true);
  });

  it("join the points: a line is in each column between them, and what it reaches meets the next one's", () => {
    const { line } = gathered(track([0, 90], 0, 10), 0, 20, 20);
    // From the middle of one bucket to the middle of the next.
    expect([...line.low].slice(5, 16)).toEqual([0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90]);
    expect([...line.high].slice(5, 15)).toEqual([9, 18, 27, 36, 45, 54, 63, 72, 81, 90]);
    expect(line.low[4]).toBe(Infinity);
    expect(line.low[16]).toBe(Infinity);
  });

  it("run in from the left and out to the right of what is shown", () => {
    const { line } = gathered(track([0, 100], 0, 100), 60, 140, 8);
    expect(line.low[0]).toBeCloseTo(10);
    expect(line.high[7]).toBeCloseTo(90);
  });

  it("join nothing over a break, and know the point that has one on either side", () => {
    const { line, alone } = gathered(track([5, 5, null, 7, null, 9, 9]), 0, 7, 70);
    const empty = [...line.low].flatMap((value, column) => (value === Infinity ? [column] : []));
    expect(empty).toEqual(expect.arrayContaining([20, 30, 40, 50]));
    expect(empty).not.toContain(10);
    expect(alone).toHaveLength(1);
    expect(line.low[35]).toBe(7);
  });

  it("have the band of the extremes around the line, and none of live readings", () => {
    const { band, line } = gathered(track([10, 20], 5, 10), 0, 20, 20);
    expect([band.low[5], band.high[5]]).toEqual([5, 16]);
    expect(line.low[5]).toBe(10);
    const live = gathered(track([10, 20], 0, 10), 0, 20, 20).band;
    expect(live.high[10]).toBe(-Infinity);
  });

  it("are made anew for another width, and hold nothing of the drawing before", () => {
    const columns = new Columns();
    columns.gather(track([1, 1, 1]), 0, 3, 30);
    columns.gather(track([2]), 0, 3, 3);
    expect([...columns.line.low]).toEqual([2, Infinity, Infinity]);
    columns.gather(track([]), 0, 3, 3);
    expect([...columns.line.low]).toEqual([Infinity, Infinity, Infinity]);
  });
});
