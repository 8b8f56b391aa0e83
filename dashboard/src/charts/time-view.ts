// What of a patient's course is on the screen: the last minutes, which move on, or a span that somebody holds.
import { computed, type ReadonlySignal, type Signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { LiveStore } from "../live/store";
import type { TreatmentView } from "../messages";
import { type Held, panned, type Span, spanOf, zoomed } from "./zoom";

/** What one press of a button or a key does. */
export const STEP = { closer: 0.5, wider: 2, back: -0.25, forth: 0.25 } as const;

/** What changes with every move of a hand is `held`; whoever needs less reads less, and is not rendered for each of them. */
export class TimeView {
  readonly heldSpan: ReadonlySignal<Span | null> = computed(() => this.held.value?.span ?? null);
  readonly isHeld: ReadonlySignal<boolean> = computed(() => this.held.value !== null);
  /** The earlier one that was opened. */
  readonly treatment: ReadonlySignal<TreatmentView | null> = computed(() => this.held.value?.treatment ?? null);

  constructor(
    readonly store: LiveStore,
    readonly held: Signal<Held | null>,
    /** Length of what is live, seconds. */
    readonly liveS: { current: number },
  ) {}

  get span(): Span {
    const endS = this.store.now.peek() / 1000;
    return this.held.peek()?.span ?? { startS: endS - this.liveS.current, endS };
  }

  /** Around the middle unless said otherwise; around now where that is what is looked at. */
  zoom(factor: number, at = this.held.peek() === null ? 1 : 0.5): void {
    this.#hold(zoomed(this.span, factor, at, this.store.now.peek() / 1000));
  }

  pan(share: number): void {
    this.#hold(panned(this.span, share, this.store.now.peek() / 1000));
  }

  open(treatment: TreatmentView): void {
    this.held.value = { span: spanOf(treatment, this.store.now.peek() / 1000), treatment };
  }

  live(): void {
    this.held.value = null;
  }

  #hold(span: Span): void {
    this.held.value = { span, treatment: this.held.peek()?.treatment ?? null };
  }
}

export function useTimeView(store: LiveStore): TimeView {
  const held = useSignal<Held | null>(null);
  return useMemo(() => new TimeView(store, held, { current: 600 }), [store, held]);
}
