// WebAudio, as little of it as is needed.
import type { Priority } from "../messages";
import { burst, EDGE_S, HARMONICS } from "./tones";

const LOUDNESS = 0.5;

export interface Player {
  /** Whether the browser lets this page be heard now. */
  readonly runs: boolean;
  /** Asks the browser for it; without a press it may refuse, and says nothing. */
  wake(): Promise<boolean>;
  play(priority: Priority): void;
  onChange: () => void;
}

export class WebAudioPlayer implements Player {
  onChange: () => void = () => undefined;
  #context: AudioContext | null = null;
  #wave: PeriodicWave | null = null;

  get runs(): boolean {
    return this.#context?.state === "running";
  }

  async wake(): Promise<boolean> {
    if (this.#context === null) {
      if (typeof AudioContext === "undefined") return false;
      const context = new AudioContext();
      this.#context = context;
      this.#wave = context.createPeriodicWave(
        new Float32Array([0, ...HARMONICS.map(() => 0)]),
        new Float32Array([0, ...HARMONICS]),
      );
      context.onstatechange = () => this.onChange();
    }
    // Where the browser wants a press first, this waits for one for ever.
    void this.#context.resume().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return this.runs;
  }

  play(priority: Priority): void {
    const context = this.#context;
    if (context === null || this.#wave === null || !this.runs) return;
    const start = context.currentTime + 0.05;
    for (const { at, seconds, hz } of burst(priority)) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.setPeriodicWave(this.#wave);
      tone.frequency.value = hz;
      const from = start + at;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(LOUDNESS, from + EDGE_S);
      volume.gain.setValueAtTime(LOUDNESS, from + seconds - EDGE_S);
      volume.gain.linearRampToValueAtTime(0, from + seconds);
      tone.connect(volume).connect(context.destination);
      tone.start(from);
      tone.stop(from + seconds);
    }
  }
}
