// Which span the strips show: what the person chose, else the shortest that has all of this treatment in it.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../context";
import type { Unit } from "../live/unit";
import type { Recorder } from "./recorder";

/** Minutes, as the keys of their words. */
export const WINDOWS = ["10", "60", "240"] as const;
export type Window = (typeof WINDOWS)[number];
export const WIDEST: Window = "240";

/** The person's choice: it holds for every patient until the page is closed. */
export const chosenWindow = signal<Window | null>(null);

/** The shortest window that has in it what is stored of the treatment so far. Either may not be known. */
export function fittingWindow(treatmentMinutes: number | undefined, storedMinutes: number | null): Window {
  const wanted = Math.min(treatmentMinutes ?? Infinity, storedMinutes ?? 0);
  return WINDOWS.find((window) => Number(window) >= wanted) ?? WIDEST;
}

/** The window that fits what there is of this treatment when the page is opened; null until that is known. */
export function useFittingWindow(recorder: Recorder, unit: Unit): Window | null {
  const fitting = useSignal<Window | null>(null);
  const reached = useApp().store.connection.value !== "lost";
  const latest = useRef(unit);
  latest.current = unit;
  useEffect(() => {
    if (!reached || fitting.value !== null || chosenWindow.value !== null) return;
    void recorder.load(Number(WIDEST)).then(() => {
      const elapsed = latest.current.values.get("treatment_elapsed")?.value;
      fitting.value = fittingWindow(elapsed, recorder.storedMinutes());
    });
  }, [recorder, fitting, reached]);
  return fitting.value;
}
