// What came of a day, as a shape: told apart without colour. Decoration for a word beside it, so hidden from screen readers.
import type { TrendDay } from "../messages";

const SHAPES: Readonly<Record<TrendDay["state"], preact.JSX.Element | null>> = {
  treated: <circle class="day-full" cx="8" cy="8" r="5.5" />,
  "treated short": (
    <>
      <circle class="day-line" cx="8" cy="8" r="5.5" />
      <path class="day-full" d="M8 2.5a5.5 5.5 0 0 0 0 11Z" />
    </>
  ),
  "length unknown": (
    <>
      <circle class="day-line" cx="8" cy="8" r="5.5" />
      <path class="day-line" d="M6.2 6.6a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.6-.8 1.2M8 11v.6" />
    </>
  ),
  "under way": (
    <>
      <circle class="day-line" cx="8" cy="8" r="5.5" />
      <path class="day-full" d="M6.5 5.2 11 8l-4.5 2.8Z" />
    </>
  ),
  moved: <path class="day-line" d="M2.5 8h10M9 4.5 12.5 8 9 11.5" />,
  missed: (
    <>
      <rect class="day-full" x="1" y="1" width="14" height="14" rx="2" />
      <path class="day-cross" d="m4.5 4.5 7 7M11.5 4.5l-7 7" />
    </>
  ),
  planned: <circle class="day-line day-open" cx="8" cy="8" r="5.5" />,
  "not planned": null,
  unknown: <path class="day-line" d="M5 5.6a3 3 0 1 1 4.2 2.8C8.2 8.9 8 9.4 8 10.4M8 12.6v.9" />,
};

export function DayMark({ state }: { readonly state: TrendDay["state"] }) {
  return (
    <svg class="day-mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}
