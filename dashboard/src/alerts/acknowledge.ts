// Acknowledging: asks the server, shows that it is being asked, and believes only the answer.
import { type Signal, signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import type { LiveStore } from "../live/store";

export type AckFailure = "failed" | "ended" | "forbidden";
export type AckProgress =
  | { readonly kind: "sending" }
  | { readonly kind: "failed"; readonly why: AckFailure }
  | { readonly kind: "second"; readonly first: string };

export class Acknowledging {
  /** What is under way or went wrong, by alert; an alert that is not in it is at rest. */
  readonly progress: Signal<ReadonlyMap<string, AckProgress>> = signal(new Map());

  constructor(
    readonly api: Api,
    readonly store: LiveStore,
  ) {}

  async acknowledge(id: string): Promise<void> {
    if (this.progress.value.get(id)?.kind === "sending") return;
    this.#set(id, { kind: "sending" });
    try {
      const { alert, by_you } = await this.api.acknowledge(id);
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
