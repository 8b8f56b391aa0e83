// An application for tests: everything real but the network.
import { Acknowledging } from "../src/alerts/acknowledge";
import { Answering } from "../src/alerts/answering";
import { RuleBook } from "../src/alerts/rules";
import type { Api } from "../src/api";
import type { App } from "../src/context";
import { Pages } from "../src/live/pages";
import type { LiveStore } from "../src/live/store";
import type { PageReceipt } from "../src/messages";
import type { Session } from "../src/session";
import type { Player } from "../src/sound/player";
import { Sounding } from "../src/sound/sounding";

const SILENT: Player = {
  runs: false,
  wake: () => Promise.resolve(false),
  play: () => undefined,
  onChange: () => undefined,
};

export function testApp(api: Api, store: LiveStore, session: Session, receipts: PageReceipt[] = []): App {
  const pages = new Pages((receipt) => receipts.push(receipt));
  const answering = new Answering(api, store, (notice) => pages.answered(notice));
  return {
    api,
    store,
    session,
    pages,
    answering,
    acknowledging: new Acknowledging(api, store),
    rules: new RuleBook(api),
    sounding: new Sounding(SILENT),
  };
}
