// How somebody moves the time line: the same way for everything that is measured, as spans or as what a hand does.
import { SPAN_S } from "./stored";

export type Move = "zoom" | "pan";
const SHORTEST_S = 600;
const PANNED_S = 3600;

/** Zooms from four hours to ten minutes and back twice, or moves an hour back and forth twice. `share`: 0 to 1. */
export function spanAt(move: Move, share: number, nowS: number): { readonly startS: number; readonly endS: number } {
  const swing = (1 - Math.cos(share * 4 * Math.PI)) / 2;
  const endS = move === "pan" ? nowS - PANNED_S * swing : nowS;
  const lengthS = move === "pan" ? SPAN_S : SPAN_S * (SHORTEST_S / SPAN_S) ** swing;
  return { startS: endS - lengthS, endS };
}

/** The same by events over the first plot of every time line: Ctrl with the wheel, or a drag. `from`, `to`: shares. */
export function byHand(move: Move, from: number, to: number): void {
  const [before, after] = [spanAt(move, from, 0), spanAt(move, to, 0)];
  if (move === "zoom") {
    const deltaY = Math.log((after.endS - after.startS) / (before.endS - before.startS)) / 0.004;
    for (const over of plots()) over.dispatchEvent(new WheelEvent("wheel", { ...at(over, 1), ctrlKey: true, deltaY }));
    return;
  }
  const first = plots()[0];
  if (first === undefined) return;
  const x = (share: number) => 0.1 - spanAt("pan", share, 0).endS / SPAN_S;
  // The window hears it, whichever plot it was over.
  first.dispatchEvent(new PointerEvent("pointermove", at(first, x(to))));
}

/** Takes hold of every time line, or lets go. */
export function hold(what: "pointerdown" | "pointerup"): void {
  for (const over of plots()) over.dispatchEvent(new PointerEvent(what, at(over, 0.1)));
}

/** A key on the controls of every time line. */
export function press(key: string): void {
  for (const button of document.querySelectorAll(".zoom-buttons button:first-child")) {
    button.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
}

function plots(): readonly Element[] {
  return [...document.querySelectorAll(".strips")].flatMap((strips) => strips.querySelector(".u-over") ?? []);
}

function at(over: Element, share: number): PointerEventInit {
  const { left, width, top, height } = over.getBoundingClientRect();
  const where = { clientX: left + width * share, clientY: top + height / 2 };
  return { ...where, button: 0, pointerId: 1, bubbles: true, cancelable: true };
}
