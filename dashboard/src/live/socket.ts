// The shell round the socket: opens it, keeps it open, notices silence, sleep and a network that went away.
import type { ClientMessage, InView, PageMessage, PageReceipt, ServerMessage, SoundState } from "../messages";
import { LOST_AFTER_SILENCE_MS } from "./connection";
import { beforeFrame, Intake } from "./intake";
import type { LiveStore } from "./store";

const TICK_MS = 1_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;
/** The wall clock ran this much ahead of the monotonic one between two ticks: the computer slept. */
const SLEPT_MS = 5_000;

/** What the shell needs of the world; tests hand in their own. */
export interface World {
  open(url: string): WebSocket;
  monotonicMs(): number;
  wallMs(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(handle: number): void;
  beforeFrame(run: () => void): () => void;
}

export const browserWorld: World = {
  open: (url) => new WebSocket(url),
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (run, ms) => window.setTimeout(run, ms),
  clearTimeout: (handle) => window.clearTimeout(handle),
  beforeFrame,
};

/** Doubling with a bound; a spread of a quarter keeps three hundred screens from coming back in the same instant. */
export function retryDelayMs(attempt: number, random: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.75 + random / 2);
}

export class LiveSocket {
  #socket: WebSocket | null = null;
  #attempt = 0;
  #openedMs = 0;
  #watched: "all" | readonly string[] = "all";
  #soundTold: { readonly socket: WebSocket; readonly sound: SoundState } | null = null;
  #retry: number | null = null;
  #ticker: number | null = null;
  #lastTick = { monotonicMs: 0, wallMs: 0 };
  readonly #intake: Intake;

  /** Called with each page to this person. */
  onPage: (page: PageMessage) => void = () => undefined;

  /** `onRefused` is called when the server closed or refused: it asks whether the session still stands. */
  constructor(
    readonly store: LiveStore,
    readonly url: string,
    readonly onRefused: () => void,
    readonly world: World = browserWorld,
  ) {
    this.#intake = new Intake(store, world.beforeFrame);
  }

  start(): void {
    this.#lastTick = { monotonicMs: this.world.monotonicMs(), wallMs: this.world.wallMs() };
    this.#tick();
    this.#connect();
    window.addEventListener("online", this.#probe);
    window.addEventListener("offline", this.#probe);
    document.addEventListener("visibilitychange", this.#seen);
  }

  stop(): void {
    window.removeEventListener("online", this.#probe);
    window.removeEventListener("offline", this.#probe);
    document.removeEventListener("visibilitychange", this.#seen);
    if (this.#ticker !== null) this.world.clearTimeout(this.#ticker);
    if (this.#retry !== null) this.world.clearTimeout(this.#retry);
    this.#ticker = null;
    this.#retry = null;
    this.#intake.clear();
    this.#drop();
  }

  /** Says that a page is here or was opened; nothing, while there is no connection: the server brings it again. */
  say(receipt: PageReceipt): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(receipt satisfies ClientMessage));
  }

  /** Which homes can be seen here now; nothing, while there is no connection. */
  tellInView(seen: InView): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(seen satisfies ClientMessage));
  }

  /** Whose values are shown from now on: others are not told. Alerts and statuses come of all. */
  watch(units: "all" | readonly string[]): void {
    if (JSON.stringify(units) === JSON.stringify(this.#watched)) return;
    this.#watched = units;
    this.#tellWatched();
  }

  #tellWatched(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ watch: this.#watched } satisfies ClientMessage));
  }

  /** Whether this screen would be heard; once for each connection and change. */
  tellSound(sound: SoundState): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (this.#soundTold?.socket === this.#socket && this.#soundTold.sound === sound) return;
    this.#soundTold = { socket: this.#socket, sound };
    this.#socket.send(JSON.stringify({ sound } satisfies ClientMessage));
  }

  #connect(): void {
    this.#retry = null;
    const socket = this.world.open(this.url);
    this.#socket = socket;
    this.#openedMs = this.world.monotonicMs();
    socket.onopen = () => {
      const subscription: ClientMessage = { subscribe: { units: "all" } };
      socket.send(JSON.stringify(subscription));
      if (this.#watched !== "all") this.#tellWatched();
      this.store.setOpen(true, this.world.monotonicMs());
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.#attempt = 0;
      const message = JSON.parse(event.data) as ServerMessage;
      this.#intake.take(message, this.world.monotonicMs());
      if (message.type === "page") this.onPage(message);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.store.setOpen(false, this.world.monotonicMs());
      this.onRefused();
      this.#retryLater();
    };
  }

  #retryLater(): void {
    if (this.#retry !== null || this.#ticker === null) return;
    this.#retry = this.world.setTimeout(() => this.#connect(), retryDelayMs(this.#attempt, this.world.random()));
    this.#attempt += 1;
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    // Its close may be told minutes later when the network is gone: it no longer concerns us.
    if (socket !== null) socket.close();
    this.store.setOpen(false, this.world.monotonicMs());
  }

  /** Starts over at once: the old socket is not to be trusted. */
  #reconnect(): void {
    this.#drop();
    if (this.#retry !== null) this.world.clearTimeout(this.#retry);
    this.#attempt = 0;
    this.#connect();
  }

  // The browser's word on the network is a hint, never proof: try, and let the answer decide.
  readonly #probe = (): void => this.#reconnect();

  readonly #seen = (): void => {
    if (document.visibilityState !== "visible") return;
    this.#passTime();
    if (this.#socket === null) this.#reconnect();
  };

  #tick(): void {
    this.#ticker = this.world.setTimeout(() => this.#tick(), TICK_MS);
    this.#passTime();
  }

  #passTime(): void {
    this.#intake.settle();
    const now = { monotonicMs: this.world.monotonicMs(), wallMs: this.world.wallMs() };
    const slept = now.wallMs - this.#lastTick.wallMs - (now.monotonicMs - this.#lastTick.monotonicMs);
    this.#lastTick = now;
    if (slept > SLEPT_MS) {
      this.store.skip(slept, now.monotonicMs);
      this.#reconnect();
      return;
    }
    this.store.tick(now.monotonicMs);
    const silence = Math.min(this.store.silenceMs.value ?? Infinity, now.monotonicMs - this.#openedMs);
    if (this.#socket !== null && silence > LOST_AFTER_SILENCE_MS) this.#reconnect();
  }
}
