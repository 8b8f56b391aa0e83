// The sounds follow what the screen knows, by the clock that nobody sets.
import { effect } from "@preact/signals";
import type { LiveStore } from "../live/store";
import type { Line, Sounding } from "./sounding";

/** Each tick of the store is one of the sounds; returns how to stop it. */
export function soundAlerts(sounding: Sounding, store: LiveStore, monotonicMs = () => performance.now()): () => void {
  return effect(() => {
    // Read for its changes alone: the server's time may be set back, and a sound that is due by it would wait for hours.
    store.now.value;
    sounding.tick(store.open.value, monotonicMs(), lineOf(store));
  });
}

function lineOf(store: LiveStore): Line {
  if (store.silenceMs.value === null) return "never";
  return store.connection.value === "lost" ? "lost" : "there";
}
