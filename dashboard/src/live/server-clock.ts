// What time it is at the server, told without the browser's wall clock: only the times in messages and a monotonic
// clock count, so a laptop whose clock is a minute wrong still shows the true age of a value.

const WINDOW_MS = 30_000;

export class ServerClock {
  // Server time minus monotonic time. Transit only ever makes it look smaller, so the largest recently heard is nearest
  // to the truth; two windows let it follow a server whose clock was set back.
  #current: number | null = null;
  #previous: number | null = null;
  #windowStart = 0;

  /** Takes note of a message: `serverMs` as it says, `monotonicMs` when it came in. */
  hear(serverMs: number, monotonicMs: number): void {
    if (monotonicMs - this.#windowStart > WINDOW_MS) {
      this.#previous = this.#current;
      this.#current = null;
      this.#windowStart = monotonicMs;
    }
    const offset = serverMs - monotonicMs;
    this.#current = this.#current === null ? offset : Math.max(this.#current, offset);
  }

  /** Starts afresh, as at a snapshot: what was heard before a lost connection no longer counts. */
  reset(serverMs: number, monotonicMs: number): void {
    this.#previous = null;
    this.#current = serverMs - monotonicMs;
    this.#windowStart = monotonicMs;
  }

  /** Time passed that the monotonic clock did not count: the computer slept. */
  skip(ms: number): void {
    if (this.#current !== null) this.#current += ms;
    if (this.#previous !== null) this.#previous += ms;
  }

  /** Server time in milliseconds since 1970, or null before the first message. */
  at(monotonicMs: number): number | null {
    const known = [this.#current, this.#previous].filter((offset) => offset !== null);
    return known.length === 0 ? null : Math.max(...known) + monotonicMs;
  }
}
