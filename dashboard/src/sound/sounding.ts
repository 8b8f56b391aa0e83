// Whether this screen would be heard, and the sounds themselves. Off until a person turned it on and heard it.
import { computed, type Signal, signal } from "@preact/signals";
import type { AlertView, Priority, SoundState } from "../messages";
import { due, type Heard, NOTHING } from "./due";
import type { Player } from "./player";
import { PAUSE_S } from "./tones";

const KEY = "homehd.sound";

export class Sounding {
  /** The person's wish; it outlives a restart of the browser. */
  readonly wanted = signal(stored());
  /** The tones were played and nobody has said yet whether they were heard. */
  readonly testing = signal(false);
  readonly pausedUntilMs: Signal<number> = signal(0);
  readonly nowMs = signal(0);
  /** The last sound made, for whoever cannot hear it; null: none yet. */
  readonly played: Signal<{ readonly priority: Priority; readonly count: number } | null> = signal(null);
  readonly state = computed<SoundState>(() => {
    if (!this.wanted.value || this.testing.value) return "off";
    if (!this.#runs.value) return "blocked";
    return this.pausedUntilMs.value > this.nowMs.value ? "paused" : "armed";
  });

  readonly #runs = signal(false);
  #heard: Heard = NOTHING;

  constructor(readonly player: Player) {
    player.onChange = () => {
      this.#runs.value = player.runs;
    };
  }

  /** After a start: a browser that allows it goes on as before, any other waits for a press. */
  async begin(): Promise<void> {
    if (this.wanted.value) this.#runs.value = await this.player.wake();
  }

  /** A press: the browser is asked, the tones are played, and the person is asked whether they were heard. */
  async test(): Promise<void> {
    this.#runs.value = await this.player.wake();
    this.player.play("high");
    this.testing.value = true;
  }

  answer(heard: boolean): void {
    this.testing.value = false;
    this.#want(heard && this.player.runs);
  }

  turnOff(): void {
    this.testing.value = false;
    this.#want(false);
  }

  pause(): void {
    this.pausedUntilMs.value = this.nowMs.value + PAUSE_S * 1000;
  }

  resume(): void {
    this.pausedUntilMs.value = 0;
  }

  /** Every second, and with each new alert. */
  tick(alerts: Iterable<AlertView>, nowMs: number): void {
    this.nowMs.value = nowMs;
    if (this.state.value !== "armed") return;
    const [priority, heard] = due(alerts, this.#heard, nowMs);
    this.#heard = heard;
    if (priority === null) return;
    this.player.play(priority);
    this.played.value = { priority, count: (this.played.value?.count ?? 0) + 1 };
  }

  #want(on: boolean): void {
    this.wanted.value = on;
    try {
      window.localStorage.setItem(KEY, on ? "on" : "off");
    } catch {
      // Storage may be forbidden: the wish then lasts until the page is closed.
    }
  }
}

function stored(): boolean {
  try {
    return window.localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}
