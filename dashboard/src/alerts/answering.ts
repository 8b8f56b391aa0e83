// What people do about notices and shelves: asks the server, shows that it is being asked, and believes only the answer.

import { type Signal, signal } from "@preact/signals";
import { type Answer, type Api, ApiError } from "../api";
import { refusalNow } from "../format/refusals";
import type { LiveStore } from "../live/store";
import type { Shelve } from "../messages";
import { type Clock, untilAnswered } from "./trying";

/** Under way, not heard and tried again, or refused: in the server's words where it gave any, so that whoever was second
 * reads who has it. */
export type Doing =
  | { readonly kind: "sending"; readonly what: string }
  | { readonly kind: "unheard"; readonly what: string; readonly stop: () => void }
  | { readonly kind: "refused"; readonly words: string }
  | { readonly kind: "failed" };

export class Answering {
  /** By notice, alert or shift (`noticeKey`, `alertKey`, `shiftKey`); what is not in it is at rest. */
  readonly doing: Signal<ReadonlyMap<string, Doing>> = signal(new Map());

  /** `onAnswered` hears of each notice that this person has answered. */
  constructor(
    readonly api: Api,
    readonly store: LiveStore,
    readonly onAnswered: (notice: string) => void = () => undefined,
    readonly clock?: Clock,
  ) {}

  /** Whoever signs in next has pressed nothing. */
  clear(): void {
    for (const doing of this.doing.value.values()) if (doing.kind === "unheard") doing.stop();
    this.doing.value = new Map();
  }

  async answer(notice: string, answer: Answer): Promise<boolean> {
    const key = noticeKey(notice);
    return this.attempt(key, answer, async () => {
      const ask = () => this.api.answer(notice, answer);
      // The others may not be said twice: what they end may have begun anew meanwhile, with somebody else.
      const answered =
        answer === "accept" ? await untilAnswered(ask, this.#unheard(key, answer), this.clock) : await ask();
      this.store.putNotice(answered.notice);
      this.onAnswered(notice);
    });
  }

  async shelve(alert: string, shelf: Shelve): Promise<boolean> {
    return this.attempt(alertKey(alert), "shelve", async () => {
      this.store.putAlert((await this.api.shelve(alert, shelf)).alert);
    });
  }

  async bringBack(alert: string): Promise<boolean> {
    return this.attempt(alertKey(alert), "bring back", async () => {
      await this.api.bringBack(alert);
      this.store.putAlert((await this.api.alert(alert)).alert);
    });
  }

  /** Once at a time for each notice, alert or shift; whether it was done. */
  async attempt(key: string, what: string, work: () => Promise<void>): Promise<boolean> {
    if (isUnderWay(this.doing.value.get(key))) return false;
    this.#set(key, { kind: "sending", what });
    try {
      await work();
      this.#set(key, null);
      return true;
    } catch (error) {
      this.#set(key, refusal(error));
      return false;
    }
  }

  /** Says that nobody has heard of it; whether the person still wants it to be heard. */
  #unheard(key: string, what: string): () => boolean {
    let wanted = true;
    const stop = () => {
      wanted = false;
    };
    return () => {
      if (wanted && this.doing.value.get(key)?.kind !== "unheard") this.#set(key, { kind: "unheard", what, stop });
      return wanted;
    };
  }

  #set(key: string, doing: Doing | null): void {
    const next = new Map(this.doing.value);
    if (doing === null) next.delete(key);
    else next.set(key, doing);
    this.doing.value = next;
  }
}

export function isUnderWay(doing: Doing | undefined): boolean {
  return doing?.kind === "sending" || doing?.kind === "unheard";
}

export const noticeKey = (notice: string) => `notice ${notice}`;
export const alertKey = (alert: string) => `alert ${alert}`;
export const shiftKey = (shift: string) => `shift ${shift}`;

function refusal(error: unknown): Doing {
  if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) return { kind: "failed" };
  return { kind: "refused", words: refusalNow(error, "") };
}
