// An alert's priority as shape, word and colour; it flashes at the rates of IEC 60601-1-8 while nobody has answered.
import { useEffect, useRef } from "preact/hooks";
import type { Priority } from "../messages";
import { words } from "../words";
import { PriorityShape } from "./icons";

interface Props {
  readonly priority: Priority;
  readonly flashing: boolean;
}

export function AlertFlag({ priority, flashing }: Props) {
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (flashing) inStep(element.current);
  }, [flashing]);
  return (
    <span ref={element} class={`flag flag-${priority}`} data-flashing={flashing}>
      <PriorityShape priority={priority} />
      {words().priorities[priority]}
    </span>
  );
}

const waiting = new Set<HTMLElement>();

/**
 * Starts an element's animations on the page's common beat: a wall of flags out of step would be unreadable. For all
 * that were drawn together: asking each for its animations after the last one's were moved would work out the styles
 * of the whole page for every flag, sixteen seconds of a wall with five hundred.
 */
function inStep(element: HTMLElement | null): void {
  if (element === null) return;
  if (waiting.size === 0) queueMicrotask(startTogether);
  waiting.add(element);
}

function startTogether(): void {
  const animations = [...waiting].flatMap((element) => element.getAnimations?.() ?? []);
  waiting.clear();
  for (const animation of animations) animation.startTime = 0;
}
