// The first hundred of a list, and the others at a press: nobody reads ten thousand, and a browser is slow to draw them.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { words } from "../words";

export const AT_ONCE = 100;

interface Props<Item> {
  readonly of: readonly Item[];
  /** At least so many, so that what a link leads to is among them. */
  readonly atLeast?: number;
  /** Drawn in front of the list: with those that are drawn, for what is done with all a person can see. */
  readonly head?: (drawn: readonly Item[]) => ComponentChildren;
  readonly children: (item: Item) => ComponentChildren;
}

export function FirstOfMany<Item>({ of, atLeast = 0, head, children }: Props<Item>) {
  const wanted = useSignal(AT_ONCE);
  const shown = Math.max(wanted.value, atLeast);
  const left = of.length - shown;
  const drawn = of.slice(0, shown);
  return (
    <>
      {head?.(drawn)}
      {drawn.map(children)}
      {left > 0 && (
        <button
          type="button"
          class="button"
          data-testid="more"
          onClick={() => {
            wanted.value = shown + AT_ONCE;
          }}
        >
          {words().alerts.showMore(Math.min(left, AT_ONCE), left)}
        </button>
      )}
    </>
  );
}
