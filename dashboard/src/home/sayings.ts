// What somebody at home has said and nobody may have heard yet: kept, also over a reload, and said again until it is.
// Each has a number of its own, so that it is done once however often it arrives.
import { type Signal, signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import { refusalNow } from "../format/refusals";
import type { TellSymptom } from "../messages";
import { words } from "../words";

export type What = "help" | "helped" | "handling" | "symptoms";

export interface Saying {
  readonly said: string;
  readonly what: What;
  /** Of handling: the alert. */
  readonly alert?: string;
  readonly symptom?: Omit<TellSymptom, "said">;
  /** When it was said, by the wall's clock. */
  readonly atMs: number;
}

const KEY = "homehd.said";
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000] as const;
/** A call for help or a word on how one feels that is as old as this is about something else than what is now. */
export const TOO_OLD_MS = 12 * 3_600_000;

export interface World {
  nowMs(): number;
  number(): string;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(handle: number): void;
  read(): string | null;
  write(text: string): void;
}

export const browserWorld: World = {
  nowMs: () => Date.now(),
  number: () => randomNumber(),
  setTimeout: (run, ms) => window.setTimeout(run, ms),
  clearTimeout: (handle) => window.clearTimeout(handle),
  read: () => {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null;
    }
  },
  write: (text) => {
    try {
      window.localStorage.setItem(KEY, text);
    } catch {
      // Storage may be forbidden: what was not heard is then forgotten with the page.
    }
  },
};

export class Sayings {
  /** In the order in which they were said. */
  readonly waiting: Signal<readonly Saying[]> = signal([]);
  /** Why the last was refused; empty: it was not. */
  readonly refused = signal("");
  #attempt = 0;
  #sending = false;
  #retry: number | null = null;

  constructor(
    readonly api: Api,
    readonly user: string,
    readonly heard: () => void,
    readonly world: World = browserWorld,
  ) {}

  /** Takes up what was said before the page was closed, by the same person. */
  start(): void {
    this.waiting.value = kept(this.world.read(), this.user).filter((one) => this.#fresh(one));
    void this.#send();
  }

  stop(): void {
    if (this.#retry !== null) this.world.clearTimeout(this.#retry);
    this.#retry = null;
  }

  say(what: What, more: Pick<Saying, "alert" | "symptom"> = {}): void {
    this.refused.value = "";
    const saying: Saying = { said: this.world.number(), what, ...more, atMs: this.world.nowMs() };
    this.#keep([...this.waiting.value, saying]);
    this.#attempt = 0;
    void this.#send();
  }

  isWaiting(what: What, alert?: string): boolean {
    return this.waiting.value.some((one) => one.what === what && one.alert === alert);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    this.stop();
    try {
      for (let next = this.waiting.value[0]; next !== undefined; next = this.waiting.value[0]) {
        if (this.#fresh(next)) await this.#one(next);
        const { said } = next;
        this.#keep(this.waiting.value.filter((one) => one.said !== said));
        this.#attempt = 0;
      }
    } catch {
      const pause = PAUSES_MS[Math.min(this.#attempt, PAUSES_MS.length - 1)] as number;
      this.#attempt += 1;
      this.#retry = this.world.setTimeout(() => void this.#send(), pause);
    } finally {
      this.#sending = false;
    }
  }

  /** Throws where nobody has heard it; what the server refuses is refused for good. */
  async #one(saying: Saying): Promise<void> {
    const at = new Date(saying.atMs).toISOString();
    const { said } = saying;
    try {
      if (saying.what === "handling") await this.api.handleAtHome(saying.alert ?? "", said);
      else if (saying.what === "symptoms" && saying.symptom !== undefined) {
        await this.api.tellSymptom({ ...saying.symptom, said, at });
      } else if (saying.what === "help") await this.api.askForHelp(said);
      else if (saying.what === "helped") await this.api.endHelp(said);
      this.heard();
    } catch (error) {
      if (!(error instanceof ApiError) || !forGood(error.status)) throw error;
      this.refused.value = refusalNow(error, words().home.refused);
    }
  }

  #fresh(one: Saying): boolean {
    return this.world.nowMs() - one.atMs < TOO_OLD_MS;
  }

  #keep(all: readonly Saying[]): void {
    this.waiting.value = all;
    this.world.write(JSON.stringify({ user: this.user, sayings: all }));
  }
}

/** Signed out, or too often, or a server that cannot: all of that passes. */
function forGood(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 429].includes(status);
}

function kept(text: string | null, user: string): readonly Saying[] {
  try {
    const found = JSON.parse(text ?? "null") as { user?: unknown; sayings?: unknown } | null;
    return found?.user === user && Array.isArray(found.sayings) ? (found.sayings as Saying[]) : [];
  } catch {
    return [];
  }
}

/** A UUID (RFC 9562, version 4); where a page came without encryption the browser has none of its own making. */
function randomNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
