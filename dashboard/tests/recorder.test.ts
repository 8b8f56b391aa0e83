import { expect, it } from "vitest";
import { Api } from "../src/api";
import { Recorder } from "../src/charts/recorder";
import { LiveStore } from "../src/live/store";
import { history, iso, reading, readings, SERVER_MS, snapshot, unit } from "./samples";

const NOW_S = SERVER_MS / 1000;

function begun() {
  const store = new LiveStore();
  store.setOpen(true, 0);
  store.receive(snapshot([unit("a")]), 0);
  let answer: (response: Response) => void = () => undefined;
  const api = new Api(
    "/",
    () => undefined,
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const recorder = new Recorder(api, store, "a");
  recorder.follow();
  const loaded = recorder.load(10);
  const live = (second: number) =>
    store.receive(readings(SERVER_MS, reading("a", { time: iso(SERVER_MS + second * 1000) })), 0);
  const means = () => recorder.tracks.get("venous_pressure")?.mean;
  return {
    recorder,
    loaded,
    live,
    means,
    answer: (body: unknown, status = 200) => answer(new Response(JSON.stringify(body), { status })),
  };
}

it("shows live readings at once while history is on its way, and behind it once it is there", async () => {
  const { recorder, loaded, live, means, answer } = begun();
  live(1);
  live(2);
  expect(means()).toEqual([142, 142]);
  answer(history(NOW_S - 3, 1, [140, 140, 140]));
  await loaded;
  live(3);
  expect(means()).toEqual([140, 140, 140, 142, 142, 142]);
  expect(recorder.failed.value).toBe(false);
});

it("goes on with what is live where there is no history to be had", async () => {
  const { recorder, loaded, live, means, answer } = begun();
  live(1);
  answer({ what: "", where: "", hint: "" }, 503);
  await loaded;
  live(2);
  expect(recorder.failed.value).toBe(true);
  expect(means()).toEqual([142, 142]);
});

it("a span that is held takes no live reading and knows no gap after it; live again it does", async () => {
  const { recorder, loaded, live, means, answer } = begun();
  answer(history(NOW_S - 3, 1, [140, 140, 140]));
  await loaded;
  const held = recorder.hold({ startS: NOW_S - 7200, endS: NOW_S - 7195 }, "b");
  live(1);
  expect(means()).toEqual([140, 140, 140]);
  answer(history(NOW_S - 7200, 1, [99, 99, 99, 99, 99]));
  await held;
  live(2);
  expect(means()).toEqual([99, 99, 99, 99, 99]);
  expect(recorder.gaps(NOW_S)).toEqual([]);
  const again = recorder.load(10);
  live(3);
  answer(history(NOW_S - 3, 1, [141, 141, 141]));
  await again;
  expect(means()).toEqual([141, 141, 141, 142]);
});
