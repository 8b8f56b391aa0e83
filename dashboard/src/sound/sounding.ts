// Whether this screen would be heard, and the sounds themselves. Off until a person turned it on and heard it.
import { computed, type Signal, signal } from "@preact/signals";
import type { AlertView, Priority, SoundState } from "../messages";
import { due, type Heard, NOTHING } from "./due";
import type { Player } from "./player";
import { lengthMs, PAUSE_S } from "./tones";

const KEY = "homehd.sound";

/** What the server is told, and here besides: with the line lost nothing new is heard, whatever the loudspeaker does. */
export type SoundHere = SoundState | "no line";

/** To the server: there, lost, or not there since the page began or somebody signed in. */
export type Line = "there" | "lost" | "never";

/** The sound of a lost line: once, since whoever hears it can see on the screen how long it lasts. */
const LOSS: Priority = "medium";

export class Sounding {
  /** The person's wish; it outlives a restart of the browser. */
  readonly wanted = signal(stored());
  /** The tones were played and nobody has said yet whether they were heard. */
  readonly testing = signal(false);
  readonly pausedUntilMs: Signal<number> = signal(0);
  /** Monotonic: the time of day may be set, and an alarm that waits for it to come round again is silent. */
  readonly nowMs = signal(0);
  readonly line: Signal<Line> = signal("never");
  /** The last sound made, for whoever cannot hear it; null: none yet. */
  readonly played: Signal<{ readonly priority: Priority; readonly count: number } | null> = signal(null);
  readonly state = computed<SoundState>(() => {
    if (!this.wanted.value || this.testing.value) return "off";
    if (!this.#runs.value) return "blocked";
    return this.pausedUntilMs.value > this.nowMs.value ? "paused" : "armed";
  });
  /** What the screen says of itself. */
  readonly here = computed<SoundHere>(() =>
    this.state.value === "armed" && this.line.value !== "there" ? "no line" : this.state.value,
  );

  readonly #runs = signal(false);
  #heard: Heard = NOTHING;
  #lossHeard = false;
  /** Until when the last burst lasts: a loss is not sounded over it, nor anything over that. */
  #busyUntilMs = Number.NEGATIVE_INFINITY;

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

  /** Every second, and with each new alert; `nowMs` is monotonic. */
  tick(alerts: Iterable<AlertView>, nowMs: number, line: Line): void {
    this.nowMs.value = nowMs;
    this.line.value = line;
    if (line !== "lost") this.#lossHeard = false;
    if (this.state.value !== "armed") return;
    const busy = nowMs < this.#busyUntilMs;
    if (this.#lossHeard && busy) return;
    const [priority, heard] = due(alerts, this.#heard, nowMs);
    this.#heard = heard;
    if (priority !== null) this.#play(priority, nowMs);
    else if (line === "lost" && !this.#lossHeard && !busy) {
      this.#lossHeard = true;
      this.#play(LOSS, nowMs);
    }
  }

  #play(priority: Priority, nowMs: number): void {
    this.player.play(priority);
    this.#busyUntilMs = nowMs + lengthMs(priority);
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
