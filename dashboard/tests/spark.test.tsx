import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { SparkLine } from "../src/components/spark";
import { AppContext } from "../src/context";
import { extent, NO_SPARK, runs, type Spark, sparkAt, sparkFromView, withSpark } from "../src/live/spark";
import { LiveStore } from "../src/live/store";
import { Session } from "../src/session";
import { testApp } from "./app";
import { iso, reading, SERVER_MS } from "./samples";

const STEP = Math.floor(SERVER_MS / 10_000);

function put(spark: Spark, seconds: number, value: number): Spark {
  const at = STEP * 10_000 + seconds * 1000;
  return withSpark(spark, reading("a", { values: { venous_pressure: value } }), at);
}

describe("the last ten minutes", () => {
  it("have the least and greatest of each step, and gaps where nothing came", () => {
    const spark = [
      [0, 120],
      [3, 80],
      [7, 150],
      [31, 121],
    ].reduce((so, [s, v]) => put(so, s ?? 0, v ?? 0), NO_SPARK);
    expect(spark.low.slice(-4)).toEqual([80, null, null, 121]);
    expect(spark.high.slice(-4)).toEqual([150, null, null, 121]);
    expect(spark.low).toHaveLength(60);
    expect(extent(spark)).toEqual([80, 150]);
    expect(runs(spark)).toEqual([
      [56, 56],
      [59, 59],
    ]);
  });

  it("go on from what the server knew, in the same steps", () => {
    const column = Array.from({ length: 60 }, (_, index) => 100 + index);
    const view = { signal: "venous_pressure", end: iso(STEP * 10_000), step_s: 10, low: column, high: column };
    const next = put(sparkFromView(view), 2, 90);
    expect(next.low.slice(0, 2)).toEqual([101, 102]);
    expect(next.low.slice(-2)).toEqual([159, 90]);
    expect(put(next, 5, 95).high.at(-1)).toBe(95);
    expect(put(next, -10, 40).low.at(-2)).toBe(40);
    expect(put(next, -600, 40)).toBe(next);
  });

  it("take nothing from what is missing or not believed", () => {
    expect(withSpark(NO_SPARK, reading("a", { values: {} }), SERVER_MS)).toBe(NO_SPARK);
    expect(withSpark(NO_SPARK, reading("a", { invalid: ["venous_pressure"] }), SERVER_MS)).toBe(NO_SPARK);
  });

  it("pass though nothing comes", () => {
    const spark = put(NO_SPARK, 0, 120);
    expect(sparkAt(spark, STEP * 10_000 + 25_000).low.slice(-3)).toEqual([120, null, null]);
    expect(extent(sparkAt(spark, STEP * 10_000 + 600_000))).toBeNull();
    expect(sparkAt(spark, 0)).toBe(spark);
  });
});

describe("its line", () => {
  function draw(spark: Spark): HTMLElement {
    const host = document.createElement("div");
    const app = testApp(new Api("/", () => undefined), new LiveStore(), new Session());
    app.store.now.value = STEP * 10_000;
    act(() =>
      render(
        <AppContext.Provider value={app}>
          <SparkLine spark={spark} />
        </AppContext.Provider>,
        host,
      ),
    );
    return host;
  }

  it("says its range in words, and draws each run", () => {
    const host = draw(
      [
        [0, 120],
        [5, 80],
        [31, 140],
      ].reduce((so, [s, v]) => put(so, s ?? 0, v ?? 0), NO_SPARK),
    );
    expect(host.textContent).toBe("Venous pressure, last 10 minutes: 10 min 80–140 mmHg");
    expect(host.querySelector("path")?.getAttribute("d")?.match(/M/g)).toHaveLength(2);
  });

  it("does not blow noise up to its full height", () => {
    const d = draw(
      [
        [0, 120],
        [5, 122],
      ].reduce((so, [s, v]) => put(so, s ?? 0, v ?? 0), NO_SPARK),
    )
      .querySelector("path")
      ?.getAttribute("d");
    expect(d).toBe("M59 11.6L60 11.6L60 12.4L59 12.4Z");
  });

  it("is not there without a value", () => {
    expect(draw(NO_SPARK).textContent).toBe("");
  });
});
