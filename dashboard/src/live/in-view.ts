// Tells the server which homes can be seen on this screen now, so that the patient's page can say who sees them. Only what
// was painted live, within the window, on a page in front: an open tab is no proof that anybody sees anything.
import type { InView } from "../messages";

const SAY_MS = 3_000;
/** Whoever has touched the screen so lately sits at it. */
export const ATTENDED_MS = 10 * 60_000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel"] as const;

export interface World {
  nowMs(): number;
  /** Ids of homes whose live values are within the window. */
  inView(): readonly string[];
  /** Runs when the browser next paints; never, while the page is behind another. */
  painted(run: () => void): void;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(handle: number): void;
}

export const browserWorld: World = {
  nowMs: () => performance.now(),
  inView: () => homesInView(),
  painted: (run) => void window.requestAnimationFrame(run),
  setTimeout: (run, ms) => window.setTimeout(run, ms),
  clearTimeout: (handle) => window.clearTimeout(handle),
};

export class InViewReporter {
  #touchedMs = -Infinity;
  #next: number | null = null;

  constructor(
    readonly say: (seen: InView) => void,
    readonly world: World = browserWorld,
  ) {}

  start(): void {
    this.#touchedMs = this.world.nowMs();
    for (const touch of TOUCHES) window.addEventListener(touch, this.#touched, { passive: true });
    this.#later();
  }

  stop(): void {
    for (const touch of TOUCHES) window.removeEventListener(touch, this.#touched);
    if (this.#next !== null) this.world.clearTimeout(this.#next);
    this.#next = null;
  }

  #later(): void {
    this.#next = this.world.setTimeout(() => {
      this.world.painted(() => this.#report());
      this.#later();
    }, SAY_MS);
  }

  #report(): void {
    if (this.#next === null) return;
    const homes = [...this.world.inView()];
    if (homes.length === 0) return;
    this.say({ in_view: homes, attended: this.world.nowMs() - this.#touchedMs <= ATTENDED_MS });
  }

  readonly #touched = (): void => {
    this.#touchedMs = this.world.nowMs();
  };
}

function homesInView(): string[] {
  const found: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>('[data-unit][data-freshness="live"]')) {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const within = bottom > 0 && top < window.innerHeight && right > 0 && left < window.innerWidth;
    if (within && element.dataset.unit) found.push(element.dataset.unit);
  }
  return found;
}
