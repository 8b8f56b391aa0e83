// What holds for a patient, read again and again: never older than it says, and never put under the hands of somebody who
// is typing. What has changed meanwhile waits until they look at it.
import { signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import type { Prescription } from "../messages";
import type { Draft } from "./draft";

export interface Read {
  readonly prescription: Prescription;
  readonly tag: string;
}

export interface Meanwhile {
  readonly read: Read;
  /** Who changed it, and when; null where nothing says so. */
  readonly by: string | null;
  readonly at: string | null;
}

export const EVERY_MS = 15_000;
/** Two times it was not answered: what is shown may hold no more. */
export const OLD_MS = 40_000;

export class Reading {
  readonly held = signal<"loading" | "failed" | "nobody" | Read>("loading");
  /** By this browser's clock, when what is shown last was what holds. */
  readonly atMs = signal(0);
  /** The last question had no answer. */
  readonly unanswered = signal(false);
  readonly meanwhile = signal<Meanwhile | null>(null);
  readonly draft = signal<Draft>(new Map());
  #asked = 0;

  constructor(
    readonly api: Api,
    readonly unit: string,
    readonly clock: () => number = () => Date.now(),
  ) {}

  /** Asks what holds. `take`: it is shown whatever has been typed; what was typed stays. */
  async read(take = false): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const found = await this.api.prescription(this.unit);
      if (asked !== this.#asked) return; // a later question has been asked, and its answer counts
      this.unanswered.value = false;
      const held = this.held.value;
      if (take || typeof held === "string" || held.tag === found.tag || this.draft.value.size === 0) this.#take(found);
      else await this.#wait(held, found);
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof ApiError && error.status === 404) this.held.value = "nobody";
      else if (typeof this.held.value === "string") this.held.value = "failed";
      else this.unanswered.value = true;
    }
  }

  /** Nothing is typed any more: what waits is shown. */
  discard(): void {
    this.draft.value = new Map();
    if (this.meanwhile.value !== null) this.#take(this.meanwhile.value.read);
  }

  /** Milliseconds since what is shown last was what holds. */
  ageMs(): number {
    return Math.max(0, this.clock() - this.atMs.value);
  }

  /** Whether what is shown may hold no more, and nobody knows; that it does not is said by `meanwhile`. */
  get isOld(): boolean {
    return this.unanswered.value || (this.meanwhile.value === null && this.ageMs() > OLD_MS);
  }

  #take(found: Read): void {
    const held = this.held.value;
    // The unit serves somebody else now: what was typed was for another.
    if (typeof held !== "string" && held.prescription.patient_id !== found.prescription.patient_id) {
      this.draft.value = new Map();
    }
    this.held.value = found;
    this.meanwhile.value = null;
    this.atMs.value = this.clock();
  }

  async #wait(held: Read, found: Read): Promise<void> {
    if (this.meanwhile.value?.read.tag === found.tag) return;
    const { waiting, patient_id } = found.prescription;
    if (waiting !== null && waiting.proposal_id !== held.prescription.waiting?.proposal_id) {
      this.meanwhile.value = { read: found, by: waiting.proposed_by, at: waiting.proposed_at };
      return;
    }
    const newest = await this.api.prescriptionHistory(patient_id, null).then(
      ({ steps }) => steps[0],
      () => undefined,
    );
    this.meanwhile.value = { read: found, by: newest?.by ?? null, at: newest?.entered_at ?? null };
  }
}
