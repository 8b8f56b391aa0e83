// What was delivered stands beside what is prescribed; where nothing is, the page says that it is the machine's setting.
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, it } from "vitest";
import { Api } from "../src/api";
import type { Wanted } from "../src/charts/delivered";
import { DeliveredLine } from "../src/components/delivered-line";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import { unitFromView } from "../src/live/unit";
import { Session } from "../src/session";
import { testApp } from "./app";
import { reading, SERVER_MS, snapshot, unit } from "./samples";

const VALUES = {
  ultrafiltration_volume: 600,
  ultrafiltration_target: 2000,
  treatment_elapsed: 60,
  treatment_remaining: 180,
  blood_processed: 17.4,
  blood_flow_setting: 300,
};

function shown(wanted: Wanted): string[] {
  const view = unit("a", { reading: reading("a", { values: VALUES }) });
  const store = new LiveStore();
  store.receive(snapshot([view]), 0);
  const api = new Api(
    "/",
    () => undefined,
    () => Promise.reject(new TypeError("nothing is to be asked")),
  );
  const host = document.createElement("div");
  act(() =>
    render(
      <AppContext.Provider value={testApp(api, store, new Session())}>
        <DeliveredLine unit={unitFromView(view, SERVER_MS)} treatment={null} wanted={wanted} />
      </AppContext.Provider>,
      host,
    ),
  );
  return [...host.querySelectorAll(".of")].slice(0, 3).map((one) => one.textContent ?? "");
}

it("by the machine alone where nothing is prescribed", () => {
  expect(shown({ flowMlMin: null, volumeMl: null, runMin: null })).toEqual([
    "of 2000 set at the machine",
    "of 4:00 set at the machine",
    "of 300 set at the machine",
  ]);
});

it("by the prescription, and by the machine besides where that is something else", () => {
  expect(shown({ flowMlMin: 350, volumeMl: 0, runMin: 240 })).toEqual([
    "of 0 prescribed, 2000 set at the machine",
    "of 4:00 prescribed",
    "of 350 prescribed, 300 set at the machine",
  ]);
});
