// What a patient's page knows of alerts, machine alarms and notes: what the server tells of a span, and what has come
// over the socket since.
import { type Signal, signal } from "@preact/signals";
import { isOpen } from "../alerts/priority";
import type { Api } from "../api";
import type { AlertView, Timeline } from "../messages";

/** How soon a machine alarm or somebody else's note is here; alerts come over the socket at once. */
export const ASK_EVERY_MS = 5_000;

/** An alert, and when its cause went; null: it lasts. */
export interface Stood {
  readonly alert: AlertView;
  readonly untilS: number | null;
  /** It is another patient's by now: told is how it stood before, and nothing is asked by its number. */
  readonly before?: true;
}

export class Happenings {
  readonly told: Signal<Timeline | null> = signal(null);
  readonly failed = signal(false);
  #request = 0;

  constructor(
    readonly api: Api,
    readonly unit: string,
  ) {}

  /** Asks for a span, in seconds since 1970. A second call overtakes the first. */
  async load(startS: number, endS: number): Promise<void> {
    const request = ++this.#request;
    try {
      const told = await this.api.timeline(this.unit, startS * 1000, endS * 1000);
      if (request !== this.#request) return;
      this.told.value = told;
      this.failed.value = false;
    } catch {
      if (request === this.#request) this.failed.value = true;
    }
  }
}

/** Those that the server told of, and of the live ones those that it has not told of yet, as each stands now. */
export function stood(told: Timeline | null, live: Iterable<AlertView>): readonly Stood[] {
  const found = new Map<string, Stood>();
  const others: Stood[] = [];
  for (const { alert, until, before } of told?.alerts ?? []) {
    const untilS = until === null ? null : Date.parse(until) / 1000;
    // What is live of it is the other patient's.
    if (before) others.push({ alert, untilS, before });
    else found.set(alert.alert_id, { alert, untilS });
  }
  for (const alert of live) {
    const before = found.get(alert.alert_id);
    const lasts = alert.state.startsWith("active");
    const over = before?.untilS ?? Date.parse(alert.changed_at) / 1000;
    found.set(alert.alert_id, { alert, untilS: lasts ? null : over });
  }
  return [...others, ...found.values()];
}

/** Of one alert alone, without its timeline: until its last step where it is over. */
export function stoodAlone(alert: AlertView): Stood {
  return { alert, untilS: isOpen(alert) ? null : Date.parse(alert.changed_at) / 1000 };
}
