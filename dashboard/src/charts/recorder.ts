// All tracks of one unit: loads the stored span, then follows the live readings.
import { type Signal, signal } from "@preact/signals";
import type { Api } from "../api";
import type { LiveStore } from "../live/store";
import type { History, ReadingView } from "../messages";
import { Coverage, concernsSignals, type Gap } from "./coverage";
import { Episodes } from "./episodes";
import { STRIP_SIGNALS } from "./strips";
import { Track } from "./track";
import type { Span } from "./zoom";

const BUCKETS = 600;
/** A gap that ended is asked about at once, and then not again for so long: its rows may not be stored yet. */
const ASK_AGAIN_S = 10;

export class Recorder {
  readonly tracks: ReadonlyMap<string, Track> = new Map(STRIP_SIGNALS.map((name) => [name, new Track()]));
  readonly bloodPressures = new Episodes();
  readonly coverage = new Coverage();
  readonly failed = signal(false);
  /** Goes up with each change: what draws, draws again. */
  readonly version: Signal<number> = signal(0);
  /** Readings that came while history was on its way: once more behind it, because it replaces everything. */
  #waiting: ReadingView[] | null = null;
  #request = 0;
  #minutes = 0;
  #askedS = 0;
  /** The end of a span that does not move on; null while what is live is shown. */
  #heldUntilS: number | null = null;

  constructor(
    readonly api: Api,
    readonly store: LiveStore,
    readonly unit: string,
  ) {}

  /** Begins to follow the unit; returns how to stop. */
  follow(): () => void {
    return this.store.onReading(this.unit, (reading) => this.#take(reading));
  }

  /**
   * Loads a span of this or another unit that does not move on: live readings are left out until `load`. What is shown
   * stays until it is there.
   */
  async hold(span: Span, unit = this.unit): Promise<void> {
    const request = ++this.#request;
    this.#heldUntilS ??= span.endS;
    this.#waiting = null;
    try {
      const times = { startMs: span.startS * 1000, endMs: span.endS * 1000 };
      const history = await this.api.history(unit, { signals: STRIP_SIGNALS, ...times, buckets: BUCKETS });
      if (request !== this.#request) return;
      this.#heldUntilS = span.endS;
      this.failed.value = false;
      this.#fill(history);
    } catch {
      if (request !== this.#request) return;
      this.failed.value = true;
    }
    this.version.value += 1;
  }

  /** Gaps at `endS`; of a span that is held none in what has not been asked for yet. */
  gaps(endS: number): readonly Gap[] {
    return this.coverage.gaps(this.#heldUntilS === null ? endS : Math.min(endS, this.#heldUntilS));
  }

  /** Loads the last `minutes`. A second call overtakes the first. */
  async load(minutes: number): Promise<void> {
    this.#heldUntilS = null;
    const endMs = this.store.now.value;
    this.#askedS = endMs / 1000;
    const request = ++this.#request;
    this.#minutes = minutes;
    this.#waiting = [];
    try {
      const query = { signals: STRIP_SIGNALS, startMs: endMs - minutes * 60_000, endMs, buckets: BUCKETS };
      const history = await this.api.history(this.unit, query);
      if (request !== this.#request) return;
      this.failed.value = false;
      this.#fill(history);
    } catch {
      if (request !== this.#request) return;
      this.failed.value = true;
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const reading of waiting) {
      this.#append(reading);
      this.coverage.take(Date.parse(reading.time) / 1000);
    }
    this.version.value += 1;
  }

  /** How many minutes back the oldest point is; null where there is none. */
  storedMinutes(): number | null {
    const oldest = [...this.tracks.values()].map((track) => track.times[0]).filter((at) => at !== undefined);
    return oldest.length === 0 ? null : Math.max(0, (this.store.now.value / 1000 - Math.min(...oldest)) / 60);
  }

  #fill(history: History): void {
    this.coverage.load(history);
    for (const [name, track] of this.tracks) {
      const series = history.series[name];
      const gaps = history.gaps.filter((gap) => concernsSignals(gap, [name]));
      if (series !== undefined) track.load(history.times, series, history.bucket_s, gaps, this.coverage.patienceS);
    }
    this.bloodPressures.clear();
    const { systolic, diastolic } = history.series;
    for (const [index, start] of history.times.entries()) {
      this.bloodPressures.add(start + history.bucket_s / 2, systolic?.max[index], diastolic?.max[index]);
    }
  }

  #take(reading: ReadingView): void {
    if (this.#heldUntilS !== null) return;
    // Shown at once, also while the store takes its time or does not answer at all.
    this.#waiting?.push(reading);
    this.#append(reading);
    this.#trim(this.store.now.value / 1000 - this.#minutes * 60);
    const ended = this.coverage.take(Date.parse(reading.time) / 1000);
    // By now the server knows why there was a gap.
    const due = this.#waiting === null && this.store.now.value / 1000 - this.#askedS >= ASK_AGAIN_S;
    if (ended && due) void this.load(this.#minutes);
    this.version.value += 1;
  }

  #append(reading: ReadingView): void {
    const timeS = Date.parse(reading.time) / 1000;
    for (const [name, track] of this.tracks) {
      const value = reading.values[name];
      if (value !== undefined) track.append(timeS, value);
    }
    this.bloodPressures.add(timeS, reading.values.systolic, reading.values.diastolic);
  }

  #trim(startS: number): void {
    for (const track of this.tracks.values()) track.trim(startS);
    this.bloodPressures.trim(startS);
  }
}
