// Many low alerts acknowledged with one press: in parts, each alert with its own outcome, and none believed before that.
import { type Signal, signal } from "@preact/signals";
import type { Api } from "../api";
import type { OneOfMany } from "../messages";

/** Of the hundred the server takes in one request: each is a transaction, and a person wants to see it go on. */
export const AT_ONCE = 50;

export interface Told {
  readonly sending: boolean;
  readonly asked: number;
  readonly done: number;
  /** Those that are not acknowledged now, each with why. */
  readonly not: readonly OneOfMany[];
}

export class Bulk {
  readonly ticked: Signal<ReadonlySet<string>> = signal(new Set());
  /** Of the last press; null: there was none. */
  readonly told: Signal<Told | null> = signal(null);

  constructor(readonly api: Api) {}

  tick(ids: readonly string[], on: boolean): void {
    const next = new Set(this.ticked.value);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    this.ticked.value = next;
  }

  /** What was not recorded stays ticked, so that the same press tries again. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    if (ids.length === 0 || this.told.value?.sending === true) return;
    let told: Told = { sending: true, asked: ids.length, done: 0, not: [] };
    this.told.value = told;
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const some = ids.slice(start, start + AT_ONCE);
      const outcomes = await this.#some(some);
      const not = outcomes.filter(({ outcome }) => outcome !== "acknowledged" && outcome !== "already acknowledged");
      told = { ...told, done: told.done + outcomes.length - not.length, not: [...told.not, ...not] };
      this.told.value = told;
      this.tick(
        outcomes.filter(({ outcome }) => outcome !== "not recorded").map(({ alert_id }) => alert_id),
        false,
      );
    }
    this.told.value = { ...told, sending: false };
  }

  async #some(ids: readonly string[]): Promise<readonly OneOfMany[]> {
    try {
      return (await this.api.acknowledgeLow(ids)).outcomes;
    } catch {
      return ids.map((alert_id) => ({ alert_id, outcome: "not recorded" as const }));
    }
  }
}
