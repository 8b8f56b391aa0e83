// Puts the dashboard together in a browser.
import { effect } from "@preact/signals";
import { render } from "preact";
import { Acknowledging } from "./alerts/acknowledge";
import { Answering } from "./alerts/answering";
import { RuleBook } from "./alerts/rules";
import { Api } from "./api";
import { Root } from "./app";
import { AppContext } from "./context";
import { followLanguage, type Language, language } from "./language";
import { Pages } from "./live/pages";
import { LiveSocket } from "./live/socket";
import { LiveStore } from "./live/store";
import { WatchReporter } from "./live/watching";
import { followWorker, keepOfflinePage } from "./push/browser";
import { followAddress } from "./routes";
import { Session } from "./session";
import { soundAlerts } from "./sound/follow";
import { WebAudioPlayer } from "./sound/player";
import { Sounding } from "./sound/sounding";
import { followTheme } from "./theme";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/wall.css";
import "./styles/alerts.css";
import "./styles/answers.css";
import "./styles/notes.css";
import "./styles/patient.css";
import "./styles/duty.css";
import "./styles/reviews.css";
import "./styles/admin.css";
import "./styles/timeline.css";
import "./styles/treatments.css";
import "./styles/trends.css";
import "./styles/prescription.css";
import "./styles/devices.css";
import "./styles/teams.css";
import "./styles/home.css";

const ASK_AGAIN_MS = 3_000;

const base = new URL(".", document.baseURI);
const session = new Session();
const api = new Api(base.href, () => session.end());
const store = new LiveStore();
const pages: Pages = new Pages((receipt) => socket.say(receipt));
const answering = new Answering(api, store, (notice) => pages.answered(notice));
const rules = new RuleBook(api);
const sounding = new Sounding(new WebAudioPlayer());
const app = { api, sounding, store, session, pages, answering, rules, acknowledging: new Acknowledging(api, store) };

const socketUrl = new URL("ws", base);
socketUrl.protocol = base.protocol === "https:" ? "wss:" : "ws:";
const socket = new LiveSocket(store, socketUrl.href, () => void session.check(api));
const watching = new WatchReporter((seen) => session.may("see readings") && socket.tellWatching(seen));
socket.onPage = (page) => pages.receive(page);

followTheme();
followLanguage();
followAddress();
followWorker();
keepOfflinePage();

// The server keeps of each screen whether it would be heard.
effect(() => {
  const sound = sounding.state.value;
  if (store.connection.value !== "lost" && session.may("see alerts")) socket.tellSound(sound);
});
soundAlerts(sounding, store);

let running = false;
effect(() => {
  // Whoever sees no unit would be refused again and again.
  const wanted = session.standing.value === "signed-in" && session.may("see units");
  if (wanted === running) return;
  running = wanted;
  if (wanted) {
    socket.start();
    watching.start();
  } else {
    watching.stop();
    socket.stop();
    store.clear();
    pages.clear();
    app.answering.clear();
    app.acknowledging.clear();
  }
});

// An alert has its own words until these are here; they may be lacking in a night without a server.
effect(() => {
  const wanted = language.value;
  if (session.standing.value === "signed-in") void loadRules(wanted);
});

async function loadRules(wanted: Language): Promise<void> {
  if (await rules.load(wanted)) return;
  const still = () => language.peek() === wanted && session.standing.peek() === "signed-in";
  window.setTimeout(() => void (still() && loadRules(wanted)), ASK_AGAIN_MS);
}

// A wall that is switched on before its server waits for it instead of asking for a password.
async function begin(): Promise<void> {
  await session.check(api);
  if (session.standing.value === "unknown") window.setTimeout(() => void begin(), ASK_AGAIN_MS);
}
void begin();
void sounding.begin();

const root = document.getElementById("app");
if (root !== null) {
  render(
    <AppContext.Provider value={app}>
      <Root />
    </AppContext.Provider>,
    root,
  );
}
