// What holds for the patient whom a unit serves, read again and again: a signature somewhere else changes it.
import { type Signal, signal } from "@preact/signals";
import type { Api } from "../api";
import type { LiveStore } from "../live/store";
import type { StripLine } from "../messages";
import { NOTHING_PRESCRIBED, type Wanted, wantedNow } from "./delivered";

/** How soon a newly signed prescription is on the strips. */
export const READ_EVERY_MS = 10_000;

export class LimitBook {
  /** By signal; null: never read. */
  readonly lines: Signal<ReadonlyMap<string, readonly StripLine[]> | null> = signal(null);
  /** What is to be delivered by it. */
  readonly wanted: Signal<Wanted> = signal(NOTHING_PRESCRIBED);
  readonly failed = signal(false);
  /** When they were read last, by the server's clock. */
  readonly readAtMs: Signal<number | null> = signal(null);
  #tag = "";

  constructor(
    readonly api: Pick<Api, "prescription">,
    readonly store: Pick<LiveStore, "now">,
    readonly unit: string,
  ) {}

  async read(): Promise<void> {
    try {
      const { prescription, tag } = await this.api.prescription(this.unit);
      this.failed.value = false;
      this.readAtMs.value = this.store.now.peek();
      if (this.lines.value !== null && tag !== "" && tag === this.#tag) return;
      this.#tag = tag;
      const bySignal = new Map<string, StripLine[]>();
      for (const line of prescription.lines) bySignal.set(line.signal, [...(bySignal.get(line.signal) ?? []), line]);
      this.lines.value = bySignal;
      this.wanted.value = wantedNow(prescription);
    } catch {
      // What was read last stays, and the page says how old it is.
      this.failed.value = true;
    }
  }
}
