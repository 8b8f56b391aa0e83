// Acknowledging: asks the server, shows that it is being asked, and believes only the answer.
import { type Signal, signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import type { LiveStore } from "../live/store";
import { type Clock, untilAnswered } from "./trying";

export type AckFailure = "failed" | "ended" | "forbidden";
export type AckProgress =
  | { readonly kind: "sending" }
  | { readonly kind: "unheard"; readonly stop: () => void }
  | { readonly kind: "failed"; readonly why: AckFailure }
  | { readonly kind: "second"; readonly first: string };

export class Acknowledging {
  /** What is under way or went wrong, by alert; an alert that is not in it is at rest. */
  readonly progress: Signal<ReadonlyMap<string, AckProgress>> = signal(new Map());

  constructor(
    readonly api: Api,
    readonly store: LiveStore,
    readonly clock?: Clock,
  ) {}

  /** Whoever signs in next has pressed nothing. */
  clear(): void {
    for (const progress of this.progress.value.values()) if (progress.kind === "unheard") progress.stop();
    this.progress.value = new Map();
  }

  async acknowledge(id: string): Promise<void> {
    const before = this.progress.value.get(id)?.kind;
    if (before === "sending" || before === "unheard") return;
    this.#set(id, { kind: "sending" });
    let wanted = true;
    const stop = () => {
      wanted = false;
    };
    const waits = () => {
      if (wanted && this.progress.value.get(id)?.kind !== "unheard") this.#set(id, { kind: "unheard", stop });
      return wanted;
    };
    try {
      const { alert, by_you } = await untilAnswered(() => this.api.acknowledge(id), waits, this.clock);
      this.store.putAlert(alert);
      this.#set(id, by_you ? null : { kind: "second", first: alert.acknowledged_by ?? "" });
    } catch (error) {
      this.#set(id, { kind: "failed", why: reason(error) });
    }
  }

  #set(id: string, progress: AckProgress | null): void {
    const next = new Map(this.progress.value);
    if (progress === null) next.delete(id);
    else next.set(id, progress);
    this.progress.value = next;
  }
}

function reason(error: unknown): AckFailure {
  if (!(error instanceof ApiError)) return "failed";
  if (error.status === 403) return "forbidden";
  return error.status === 404 || error.status === 409 ? "ended" : "failed";
}
