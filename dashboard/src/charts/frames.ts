// One request for a frame for everything that draws: whatever asks, and however often, is done once before the next frame
// is painted, all strips of a page together.

type Work = () => void;

const waiting = new Set<Work>();
let asked = false;

/**
 * Does `work` before the next frame, once however often it is asked for. What it asks for in turn is done before the same
 * frame: what a hand has moved is drawn where the hand is. A page that nobody sees waits until it is seen.
 */
export function inNextFrame(work: Work): void {
  waiting.add(work);
  if (asked) return;
  asked = true;
  requestAnimationFrame(doAll);
}

/** No longer: what would be drawn is gone. */
export function notInNextFrame(work: Work): void {
  waiting.delete(work);
}

function doAll(): void {
  const done = new Set<Work>();
  try {
    for (const work of waiting) {
      // Added again by what came behind it: not in this frame.
      if (done.has(work)) break;
      waiting.delete(work);
      done.add(work);
      work();
    }
  } finally {
    asked = false;
    const [next] = waiting;
    if (next !== undefined) inNextFrame(next);
  }
}
