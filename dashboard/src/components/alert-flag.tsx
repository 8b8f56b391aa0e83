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

/** Starts an element's animations on the page's common beat: a wall of flags out of step would be unreadable. */
function inStep(element: HTMLElement | null): void {
  for (const animation of element?.getAnimations?.() ?? []) animation.startTime = 0;
}
