import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { Coverage, gapAt, longestWithin } from "../src/charts/coverage";
import { CoverageLane } from "../src/charts/coverage-lane";
import { patienceS } from "../src/charts/pace";
import { Recorder } from "../src/charts/recorder";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { GapView, History, MarkView } from "../src/messages";
import { Session } from "../src/session";
import { testApp } from "./app";
import { history, iso, reading, readings, SERVER_MS, snapshot, unit } from "./samples";

const NOW_S = SERVER_MS / 1000;

const gap = (start: number, end: number, change: Partial<GapView> = {}): GapView => ({
  start: NOW_S + start,
  end: NOW_S + end,
  reason: "link down",
  signal: null,
  detail: "",
  ...change,
});

const mark = (start: number, end: number, change: Partial<MarkView> = {}): MarkView => ({
  start: NOW_S + start,
  end: NOW_S + end,
  kind: "backfilled",
  rows: 60,
  detail: "",
  ...change,
});

/** The last ten minutes, in buckets of a minute. */
const lastTen = (change: Partial<History> = {}) => history(NOW_S - 600, 60, Array(10).fill(140), change);

describe("what is missing", () => {
  it("is what the server says, until nothing more comes", () => {
    const coverage = new Coverage();
    coverage.load(lastTen({ gaps: [gap(-300, -240)] }));
    expect(coverage.gaps(NOW_S + 10)).toHaveLength(1);
    const [, pending] = coverage.gaps(NOW_S + 11);
    expect(pending).toMatchObject({ start: NOW_S, end: NOW_S + 11, reason: "pending" });
  });

  it("a reading moves on what counts as silence, and says when it ends a gap", () => {
    const coverage = new Coverage();
    coverage.load(lastTen());
    expect(coverage.take(NOW_S + 5)).toBe(false);
    expect(coverage.take(NOW_S + 4)).toBe(false);
    expect(coverage.gaps(NOW_S + 15)).toEqual([]);
    expect(coverage.take(NOW_S + 16)).toBe(true);
  });

  it("a gap in which the stored span ends goes on, with its reason", () => {
    const coverage = new Coverage();
    coverage.load(lastTen({ gaps: [gap(-60, -1, { reason: "box offline" })] }));
    expect(coverage.gaps(NOW_S + 100)).toEqual([gap(-60, 100, { reason: "box offline" })]);
    expect(coverage.take(NOW_S + 100)).toBe(true);
    expect(coverage.gaps(NOW_S + 101)).toEqual([gap(-60, -1, { reason: "box offline" })]);
  });

  it("a machine that speaks every minute is not missed after ten seconds", () => {
    const coverage = new Coverage();
    coverage.load(lastTen({ readings: Array(10).fill(1) }));
    expect(coverage.gaps(NOW_S + 150)).toEqual([]);
    expect(coverage.gaps(NOW_S + 151)).toHaveLength(1);
    expect([patienceS([]), patienceS([1, 1, 900]), patienceS([900])]).toEqual([10, 10, 300]);
  });

  it("is known at a time, for the signals it is about", () => {
    const gaps = [gap(-100, -50), gap(-40, -20, { signal: "venous_pressure", reason: "rejected" })];
    expect(gapAt(gaps, NOW_S - 70, ["blood_flow"])?.reason).toBe("link down");
    expect(gapAt(gaps, NOW_S - 30, ["blood_flow"])).toBeNull();
    expect(gapAt(gaps, NOW_S - 30, ["venous_pressure"])?.reason).toBe("rejected");
    expect(gapAt(gaps, NOW_S, ["venous_pressure"])).toBeNull();
  });

  it("of too many the longest are told", () => {
    const spans = [gap(-50, -49), gap(-40, -30), gap(-20, -19), gap(-10, 0)];
    expect(longestWithin(spans, NOW_S - 600, NOW_S, 2)).toEqual([spans[1], spans[3]]);
    expect(longestWithin(spans, NOW_S - 15, NOW_S, 9)).toEqual([spans[3]]);
  });
});

async function lane(stored: History, answers: History[] = []) {
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")]), 0);
  const left = [stored, ...answers];
  const asked: string[] = [];
  const api = new Api(
    "/",
    () => undefined,
    (input) => {
      asked.push(String(input));
      return Promise.resolve(new Response(JSON.stringify(left.length > 1 ? left.shift() : left[0])));
    },
  );
  const recorder = new Recorder(api, store, "a");
  recorder.follow();
  await recorder.load(10);
  const host = document.createElement("div");
  const app = testApp(api, store, new Session());
  const LastTen = () => {
    const endS = store.now.value / 1000;
    return <CoverageLane recorder={recorder} startS={endS - 600} endS={endS} />;
  };
  act(() =>
    render(
      <AppContext.Provider value={app}>
        <LastTen />
      </AppContext.Provider>,
      host,
    ),
  );
  const all = (selector: string) => [...host.querySelectorAll<HTMLElement>(selector)];
  return { host, store, asked, recorder, all };
}

describe("the lane of gaps and marks", () => {
  it("is not there where nothing is missing and nothing is marked", async () => {
    expect((await lane(lastTen())).host.textContent).toBe("");
  });

  it("shows each as a piece with pattern and word, and in a list", async () => {
    const { all } = await lane(
      lastTen({
        gaps: [gap(-300, -240), gap(-200, -190, { reason: "rejected", signal: "venous_pressure" })],
        marks: [mark(-600, -480), mark(-120, -60, { kind: "thinned", rows: 40, detail: "every fourth kept" })],
      }),
    );
    expect(all(".coverage-row").map((row) => row.dataset.pattern)).toEqual(["gap", "backfilled", "thinned"]);
    expect(all(".segment").map((piece) => piece.textContent)).toEqual(["link down", "", ""]);
    expect(all(".segment")[0]?.style).toMatchObject({ left: "50%", width: "10%" });
    const sentences = all("li").map((line) => line.textContent?.replace(/\d\d:(\d\d:\d\d)/g, "$1"));
    expect(sentences).toEqual([
      "50:00–52:00 (2 min) 60 readings came late: no rule saw them live",
      "55:00–56:00 (60 s) no readings: the link between box and machine was down",
      "56:40–56:50 (10 s) Venous pressure: sent, and not believed",
      "58:00–59:00 (60 s) 40 readings are missing; least and greatest values stayed (every fourth kept)",
    ]);
  });

  it("says a piece's sentence while it has the pointer or the focus", async () => {
    const { all } = await lane(lastTen({ gaps: [gap(-300, -240)] }));
    const [piece] = all(".segment");
    const summary = () => all("summary")[0]?.textContent;
    expect(summary()).toBe("1 gap or mark, in words");
    act(() => void piece?.dispatchEvent(new FocusEvent("focus")));
    expect(summary()).toContain("the link between box and machine was down");
    expect(piece?.getAttribute("aria-label")).toBe(`link down, ${summary()}`);
    act(() => void piece?.dispatchEvent(new FocusEvent("blur")));
    expect(summary()).toBe("1 gap or mark, in words");
  });

  it("asks for the reason once a gap has ended", async () => {
    const rows = Array(599)
      .fill(140)
      .map((value, second) => (second > 560 && second < 599 ? null : value));
    const later = history(NOW_S - 560, 1, [...rows, 140], { gaps: [gap(0, 39, { reason: "machine off" })] });
    const { store, asked, recorder, all } = await lane(lastTen(), [later]);
    expect(asked).toHaveLength(1);
    await act(async () => {
      store.tick(40_000);
      store.receive(readings(SERVER_MS + 40_000, reading("a", { time: iso(SERVER_MS + 40_000) })), 40_000);
      await new Promise((resolve) => setTimeout(resolve));
    });
    expect(asked).toHaveLength(2);
    expect(recorder.coverage.gaps(NOW_S + 41)).toEqual(later.gaps);
    expect(all(".segment")[0]?.textContent).toBe("machine off");
  });
});
