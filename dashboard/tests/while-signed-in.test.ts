// The next person at a screen finds nothing that the one before had pressed, nor what they were told.
import { expect, it } from "vitest";
import { Api } from "../src/api";
import { LiveStore } from "../src/live/store";
import { liveWhileSignedIn } from "../src/live/while-signed-in";
import type { Me } from "../src/messages";
import { Session } from "../src/session";
import { testApp } from "./app";
import { alert, iso, page, SERVER_MS, snapshot, unit } from "./samples";

const ME: Me = {
  user: { email: "ana@north.test", name: "Ana", role: "nurse", clinic: "North", language: null },
  may: ["see units", "see alerts", "acknowledge", "answer notices"],
  expires_at: iso(SERVER_MS),
  hidden: false,
  hospital_sign_out: null,
};

it("clears all that was under way or told when a session ends, and starts anew with the next", async () => {
  const store = new LiveStore();
  const session = new Session();
  // Whatever is pressed is refused, and that stays on the screen of who pressed it.
  const api = new Api(
    "/",
    () => undefined,
    () => Promise.resolve(Response.json({ what: "not yours to see", hint: "" }, { status: 403 })),
  );
  const app = testApp(api, store, session);
  const said: string[] = [];
  const end = liveWhileSignedIn(app, { start: () => said.push("start"), stop: () => said.push("stop") });
  expect(said).toEqual([]);
  session.me.value = ME;
  session.standing.value = "signed-in";
  store.receive(snapshot([unit("a")], [alert("1", "a")]), 0);
  app.pages.receive(page("9"));
  await app.acknowledging.acknowledge("1");
  await app.answering.answer("7", "reject");
  const kept = () => [
    store.alerts.value.size,
    app.pages.open.value.length,
    app.acknowledging.progress.value.size,
    app.answering.doing.value.size,
  ];
  expect(kept()).toEqual([1, 1, 1, 1]);
  session.end();
  expect(kept()).toEqual([0, 0, 0, 0]);
  session.me.value = { ...ME, user: { ...ME.user, name: "Ben" } };
  session.standing.value = "signed-in";
  expect(said).toEqual(["start", "stop", "start"]);
  expect(kept()).toEqual([0, 0, 0, 0]);
  end();
});

it("starts nothing for who sees no unit", () => {
  const session = new Session();
  const said: string[] = [];
  const api = new Api("/", () => undefined);
  const end = liveWhileSignedIn(testApp(api, new LiveStore(), session), {
    start: () => said.push("start"),
    stop: () => said.push("stop"),
  });
  session.me.value = { ...ME, may: [] };
  session.standing.value = "signed-in";
  expect(said).toEqual([]);
  end();
});
