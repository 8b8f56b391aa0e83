// What is live runs while somebody is signed in who sees units; the next person begins with nothing of the one before.
import { effect } from "@preact/signals";
import type { App } from "../context";

interface Line {
  start(): void;
  stop(): void;
}

/** Returns what ends it. */
export function liveWhileSignedIn(app: App, socket: Line): () => void {
  const { session, store, pages, answering, acknowledging } = app;
  let running = false;
  return effect(() => {
    // Whoever sees no unit would be refused again and again.
    const wanted = session.standing.value === "signed-in" && session.may("see units");
    if (wanted === running) return;
    running = wanted;
    if (wanted) socket.start();
    else {
      socket.stop();
      store.clear();
      pages.clear();
      answering.clear();
      acknowledging.clear();
    }
  });
}
