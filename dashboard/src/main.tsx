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
import { InViewReporter } from "./live/in-view";
import { Pages } from "./live/pages";
import { LiveSocket } from "./live/socket";
import { LiveStore } from "./live/store";
import { watched } from "./live/watched";
import { liveWhileSignedIn } from "./live/while-signed-in";
import { narrow } from "./narrow";
import { followWorker, keepOfflinePage } from "./push/browser";
import { followAddress, route } from "./routes";
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
const inView = new InViewReporter((seen) => session.may("see readings") && socket.tellInView(seen));
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

const line = {
  start: () => {
    socket.start();
    inView.start();
  },
  stop: () => {
    inView.stop();
    socket.stop();
  },
};
liveWhileSignedIn(app, line);
effect(() => socket.watch(watched(route.value, narrow.value)));

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
