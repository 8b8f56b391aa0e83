// Readings come ten times a second; a page that is busy draws less often. What came since its last frame is taken in as
// one, so that it lags by a drawing or two and never by a queue of them. All else is taken in at once, and before it what
// waited, so that the order stays.
import { batch } from "@preact/signals";
import type { ServerMessage } from "../messages";
import type { LiveStore } from "./store";

/** Where no frame comes readings wait no longer than this. */
const LONGEST_WAIT_MS = 250;
/** Twenty seconds of a server's ten a second: a frame that is as late as that is not waited for. */
export const MOST_WAITING = 200;

/** `run` before the next time the page is painted, at the latest after a quarter of a second; returns how to call it off. */
export function beforeFrame(run: () => void): () => void {
  const callOff = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const once = () => {
    callOff();
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = window.setTimeout(once, LONGEST_WAIT_MS);
  return callOff;
}

export class Intake {
  #waiting: { readonly message: ServerMessage; readonly cameMs: number }[] = [];
  #callOff: () => void = () => undefined;

  /** `frame` is as `beforeFrame`; tests hand in their own. */
  constructor(
    readonly store: LiveStore,
    readonly frame: (run: () => void) => () => void,
  ) {}

  /** A message that came at `cameMs`, monotonic. */
  take(message: ServerMessage, cameMs: number): void {
    this.#waiting.push({ message, cameMs });
    // Nobody looks at a page in the background, and it has no frames.
    const waits = message.type === "readings" && document.visibilityState === "visible";
    if (!waits || this.#waiting.length >= MOST_WAITING) this.settle();
    else if (this.#waiting.length === 1) this.#callOff = this.frame(() => this.settle());
  }

  /** Takes in what waits. */
  settle(): void {
    const waiting = this.#waiting;
    this.clear();
    batch(() => {
      for (const { message, cameMs } of waiting) this.store.receive(message, cameMs);
    });
  }

  /** Forgets what waits. */
  clear(): void {
    this.#callOff();
    this.#waiting = [];
  }
}
