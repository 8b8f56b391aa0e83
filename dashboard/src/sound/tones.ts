// The sounds of the three priorities: bursts of pulses after the patterns of IEC 60601-1-8, made here, no recordings.
import type { Priority } from "../messages";

export interface Pulse {
  /** Seconds from the start of the burst. */
  readonly at: number;
  readonly seconds: number;
  readonly hz: number;
}

/** Each with harmonics, so that it is heard on any loudspeaker, by ears of any age, and where it comes from. */
export const HARMONICS: readonly number[] = [1, 0.7, 0.5, 0.35, 0.2];
/** Of a pulse, to rise and to fall: a hard edge would click. */
export const EDGE_S = 0.02;

/** Seconds from one burst to the next while nobody has answered; low is heard once. */
export const REPEAT_S: Readonly<Record<Priority, number | null>> = { high: 10, medium: 20, low: null };
/** The longest a person may silence a screen with one press: then it is heard again by itself. */
export const PAUSE_S = 120;

const C = 523.25;
const E = 659.25;
const G = 783.99;
const UP = 880;

/** High: ten fast pulses as 3 + 2, twice. Medium: three slow ones. Low: two, slower. */
export function burst(priority: Priority): readonly Pulse[] {
  switch (priority) {
    case "high": {
      const five = [C, E, G, G, UP].map((hz, index) => ({ at: [0, 0.25, 0.5, 0.95, 1.2][index] ?? 0, hz }));
      return [...five, ...five.map(({ at, hz }) => ({ at: at + 2, hz }))].map((one) => ({ ...one, seconds: 0.15 }));
    }
    case "medium":
      return [C, E, C].map((hz, index) => ({ at: index * 0.4, seconds: 0.2, hz }));
    case "low":
      return [E, C].map((hz, index) => ({ at: index * 0.45, seconds: 0.22, hz }));
  }
}

/** From the start of a burst to the end of its last pulse. */
export function lengthMs(priority: Priority): number {
  return Math.max(...burst(priority).map(({ at, seconds }) => at + seconds)) * 1000;
}
