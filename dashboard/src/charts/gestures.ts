// Wheel, drag and pinch over the strips. A plain wheel still scrolls the page, and so does a finger moved up or down.

export interface Moves {
  /** Closer or wider around a place of the plot, 0 to 1. */
  readonly zoom: (factor: number, at: number) => void;
  /** Earlier or later by a share of what is shown. */
  readonly pan: (share: number) => void;
}

const WHEEL_ZOOM = 0.004;
/** So far somebody moves who only clicks. */
const STEADY_PX = 4;

interface Pointer {
  x: number;
  readonly startX: number;
}

/** Begins to listen; returns how to stop. Only what happens over a plot counts. */
export function listen(element: HTMLElement, moves: Moves): () => void {
  const pointers = new Map<number, Pointer>();
  const gone = new AbortController();
  const { signal } = gone;
  let over: DOMRect | null = null;

  const onWheel = (event: WheelEvent) => {
    const plot = plotOf(event.target);
    if (plot === null) return;
    const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
    if (event.ctrlKey) moves.zoom(Math.exp(event.deltaY * WHEEL_ZOOM), (event.clientX - plot.left) / plot.width);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) moves.pan(sideways / plot.width);
    else return;
    event.preventDefault();
  };
  const onDown = (event: PointerEvent) => {
    const plot = plotOf(event.target);
    if (plot === null || event.button !== 0) return;
    over = plot;
    pointers.set(event.pointerId, { x: event.clientX, startX: event.clientX });
  };
  const onMove = (event: PointerEvent) => {
    const moved = pointers.get(event.pointerId);
    if (moved === undefined || over === null) return;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
      const [before, after] = [Math.abs(moved.x - other.x), Math.abs(event.clientX - other.x)];
      if (before > 0 && after > 0) moves.zoom(before / after, ((event.clientX + other.x) / 2 - over.left) / over.width);
    } else if (Math.abs(event.clientX - moved.startX) > STEADY_PX) moves.pan((moved.x - event.clientX) / over.width);
    else return;
    moved.x = event.clientX;
  };
  const onUp = (event: PointerEvent) => pointers.delete(event.pointerId);

  // Not passive: what is taken for a zoom of the strips must not zoom the page as well.
  element.addEventListener("wheel", onWheel, { passive: false, signal });
  element.addEventListener("pointerdown", onDown, { signal });
  // Of the window: a pointer that leaves the plot while it drags is still dragging.
  window.addEventListener("pointermove", onMove, { signal });
  window.addEventListener("pointerup", onUp, { signal });
  window.addEventListener("pointercancel", onUp, { signal });
  return () => gone.abort();
}

function plotOf(target: EventTarget | null): DOMRect | null {
  return target instanceof Element ? (target.closest(".u-over")?.getBoundingClientRect() ?? null) : null;
}
