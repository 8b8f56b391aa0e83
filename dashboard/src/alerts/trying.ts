// An answer that a bad network swallowed is sent again while the page is open, and the person reads that nobody knows of
// it yet. Only for what may be said twice: the server tells whoever says the same again that it is so (docs/websocket.md).
import { ApiError } from "../api";

/** Pauses between tries; the last one for every further. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000] as const;
/** An answer that is older was given to something else than what is there now. */
export const GIVE_UP_MS = 300_000;

export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

const browserClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The answer to `send`, however often it takes; `waits` hears of each try that nobody answered, and says whether to go on. */
export async function untilAnswered<Answer>(
  send: () => Promise<Answer>,
  waits: () => boolean,
  clock: Clock = browserClock,
): Promise<Answer> {
  const beganMs = clock.nowMs();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!unheard(error) || clock.nowMs() - beganMs > GIVE_UP_MS || !waits()) throw error;
      await clock.sleep(PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] as number);
      if (!waits()) throw error;
    }
  }
}

/** No answer at all, or one of something on the way instead of the server's. */
function unheard(error: unknown): boolean {
  return error instanceof ApiError && [0, 502, 504].includes(error.status);
}
