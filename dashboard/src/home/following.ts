// What the patient's page knows, asked for every few seconds: over a line that comes and goes each answer is whole.
import { computed, type Signal, signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import type { Home } from "../messages";

const ASK_MS = 3_000;
/** In the background a phone asks seldom; it asks at once when it is looked at again. */
const HIDDEN_MS = 15_000;
const TICK_MS = 1_000;
/** So long without an answer, and the page says that it knows nothing any more. */
export const LOST_MS = 10_000;

export interface Heard {
  readonly home: Home;
  /** By the monotonic clock. */
  readonly atMs: number;
}

export interface World {
  nowMs(): number;
  hidden(): boolean;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(handle: number): void;
}

export const browserWorld: World = {
  nowMs: () => performance.now(),
  hidden: () => document.visibilityState === "hidden",
  setTimeout: (run, ms) => window.setTimeout(run, ms),
  clearTimeout: (handle) => window.clearTimeout(handle),
};

export class Following {
  readonly heard: Signal<Heard | null> = signal(null);
  readonly nowMs = signal(0);
  /** Null: nothing has come yet. */
  readonly silentMs = computed(() => (this.heard.value === null ? null : this.nowMs.value - this.heard.value.atMs));
  readonly lost = computed(() => this.nowMs.value - (this.heard.value?.atMs ?? this.#beganMs) > LOST_MS);
  #beganMs = 0;
  #asking = false;
  #next: number | null = null;
  #ticker: number | null = null;

  constructor(
    readonly api: Api,
    readonly world: World = browserWorld,
  ) {}

  start(): void {
    this.#beganMs = this.world.nowMs();
    this.#tick();
    void this.ask();
    document.addEventListener("visibilitychange", this.#seen);
    window.addEventListener("online", this.#seen);
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#seen);
    window.removeEventListener("online", this.#seen);
    for (const handle of [this.#next, this.#ticker]) if (handle !== null) this.world.clearTimeout(handle);
    this.#next = null;
    this.#ticker = null;
  }

  /** Now, and then again in a while. */
  async ask(): Promise<void> {
    if (this.#asking || this.#ticker === null) return;
    this.#asking = true;
    if (this.#next !== null) this.world.clearTimeout(this.#next);
    try {
      const home = await this.api.home();
      if (this.#ticker === null) return;
      this.heard.value = { home, atMs: this.world.nowMs() };
      this.nowMs.value = this.world.nowMs();
    } catch (error) {
      // Silence grows by itself, and says so.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#asking = false;
      if (this.#ticker !== null) {
        this.#next = this.world.setTimeout(() => void this.ask(), this.world.hidden() ? HIDDEN_MS : ASK_MS);
      }
    }
  }

  #tick(): void {
    this.#ticker = this.world.setTimeout(() => this.#tick(), TICK_MS);
    this.nowMs.value = this.world.nowMs();
  }

  readonly #seen = (): void => {
    this.nowMs.value = this.world.nowMs();
    if (!this.world.hidden()) void this.ask();
  };
}
