import { expect, it } from "vitest";
import { Api } from "../src/api";
import { Recorder } from "../src/charts/recorder";
import { fittingWindow } from "../src/charts/window";
import { LiveStore } from "../src/live/store";
import { history, SERVER_MS, snapshot, unit } from "./samples";

it.each([
  [undefined, null, "10"], // nothing there yet
  [90, null, "10"],
  [3, 3, "10"],
  [10, 240, "10"],
  [11, 240, "60"],
  [95, 240, "240"],
  [95, 4, "10"], // a demonstration that begins in the middle of a treatment
  [500, 240, "240"],
  [undefined, 45, "60"], // no treatment, or a machine that does not count it
  [undefined, 240, "240"],
])("of %s minutes of treatment and %s stored ones %s min are shown", (treatment, stored, window) => {
  expect(fittingWindow(treatment, stored)).toBe(window);
});

it("the recorder knows how far back its points go", async () => {
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")]), 0);
  const start = SERVER_MS / 1000 - 240 * 60;
  const stored = history(
    start,
    60,
    Array.from({ length: 240 }, (_, minute) => (minute < 210 ? null : 140)),
  );
  const api = new Api(
    "/",
    () => undefined,
    () => Promise.resolve(new Response(JSON.stringify(stored))),
  );
  const recorder = new Recorder(api, store, "a");
  expect(recorder.storedMinutes()).toBeNull();
  await recorder.load(240);
  expect(recorder.storedMinutes()).toBeCloseTo(29.5);
});
