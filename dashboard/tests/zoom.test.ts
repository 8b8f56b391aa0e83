import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { TimeView } from "../src/charts/time-view";
import { earlier, type Held, LONGEST_S, neighbours, panned, SHORTEST_S, spanOf, zoomed } from "../src/charts/zoom";
import { LiveStore } from "../src/live/store";
import type { TreatmentView } from "../src/messages";
import { iso, SERVER_MS, snapshot, unit } from "./samples";

const NOW = 100_000;

function treatment(id: string, startMs: number, hours: number | null): TreatmentView {
  return {
    treatment_id: id,
    unit: "a",
    patient: null,
    start: iso(startMs),
    end: hours === null ? null : iso(startMs + hours * 3_600_000),
    end_known: null,
    derived: false,
    unusual: 0,
    interruptions: [],
    revision: 1,
    changed_at: iso(startMs),
    summary: null,
  };
}

describe("a span", () => {
  it("is zoomed around a place that stays where it is", () => {
    expect(zoomed({ startS: 1000, endS: 2000 }, 0.5, 0.25, NOW)).toEqual({ startS: 1125, endS: 1625 });
    expect(zoomed({ startS: 1000, endS: 2000 }, 2, 0.5, NOW)).toEqual({ startS: 500, endS: 2500 });
  });

  it("has a shortest and a longest length, and never reaches into what is to come", () => {
    const short = zoomed({ startS: 1000, endS: 1070 }, 0.1, 0.5, NOW);
    expect(short.endS - short.startS).toBe(SHORTEST_S);
    const long = zoomed({ startS: 1000, endS: 90_000 }, 9, 0.5, NOW);
    expect(long.endS - long.startS).toBe(LONGEST_S);
    expect(zoomed({ startS: NOW - 100, endS: NOW }, 2, 0.5, NOW)).toEqual({ startS: NOW - 200, endS: NOW });
    expect(panned({ startS: NOW - 100, endS: NOW - 10 }, 1, NOW)).toEqual({ startS: NOW - 90, endS: NOW });
    expect(panned({ startS: 1000, endS: 1100 }, -0.25, NOW)).toEqual({ startS: 975, endS: 1075 });
  });
});

describe("earlier treatments", () => {
  const [old, last, open] = [treatment("1", 0, 4), treatment("2", 86_400_000, 4), treatment("3", 2 * 86_400_000, null)];

  it("are those that are over, newest first, each with its neighbours", () => {
    const ended = earlier([old, open, last]);
    expect(ended).toEqual([last, old]);
    expect(neighbours(ended, null)).toEqual({ before: last, after: null });
    expect(neighbours(ended, last)).toEqual({ before: old, after: null });
    expect(neighbours(ended, old)).toEqual({ before: null, after: last });
    expect(neighbours([], null)).toEqual({ before: null, after: null });
  });

  it("are shown whole with a little around them, at most a day", () => {
    expect(spanOf(old, 1e9)).toEqual({ startS: -120, endS: 4 * 3600 + 120 });
    expect(spanOf(open, 3 * 86_400)).toEqual({ startS: 2 * 86_400, endS: 3 * 86_400 });
  });
});

it("what somebody zooms stays where it is until it is live again", () => {
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")]), 0);
  const view = new TimeView(store, signal<Held | null>(null), { current: 600 });
  const endS = SERVER_MS / 1000;
  expect(view.span).toEqual({ startS: endS - 600, endS });
  view.zoom(0.5);
  expect(view.span).toEqual({ startS: endS - 300, endS });
  view.pan(-0.25);
  store.now.value += 60_000;
  expect(view.span).toEqual({ startS: endS - 375, endS: endS - 75 });
  view.open(treatment("1", SERVER_MS - 86_400_000, 4));
  view.zoom(0.5);
  expect(view.held.value?.treatment?.treatment_id).toBe("1");
  view.live();
  expect(view.span.endS).toBe(endS + 60);
});
