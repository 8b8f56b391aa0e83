// Shapes that carry meaning without colour. All are decoration for a word beside them, so hidden from screen readers.
import type { Priority } from "../messages";

const SHAPES: Readonly<Record<Priority, { readonly outline: string; readonly marks: readonly number[] }>> = {
  high: { outline: "M10 1.5 19 18H1Z", marks: [7, 10, 13] },
  medium: { outline: "M10 .8 19.2 10 10 19.2.8 10Z", marks: [8.3, 11.7] },
  low: { outline: "M10 1a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z", marks: [10] },
};

/** Triangle, diamond, circle; with three, two, one exclamation marks as IEC 60601-1-8 draws them. */
export function PriorityShape({ priority }: { readonly priority: Priority }) {
  const { outline, marks } = SHAPES[priority];
  const [top, dot] = priority === "high" ? [10.4, 16] : [6, 14];
  return (
    <svg class="shape" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path class="shape-body" d={outline} />
      {marks.map((x) => (
        <g key={x} class="shape-mark">
          <path d={`M${x} ${top}V${dot - 2.4}`} />
          <circle cx={x} cy={dot - 0.6} r="0.8" />
        </g>
      ))}
    </svg>
  );
}

export function BarredIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M4 12 12 4" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}

export function UnsavedIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d="M2.5 4.5v7c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2v-7M13.5 4.5c0 1.1-2.5 2-5.5 2s-5.5-.9-5.5-2 2.5-2 5.5-2 5.5.9 5.5 2Z"
        fill="none"
        stroke="currentColor"
        stroke-width="1.4"
      />
      <path d="M2 14.5 14 1.5" stroke="currentColor" stroke-width="1.6" />
    </svg>
  );
}

export function CheckIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d="m3 8.5 3.2 3.2L13 4.8" fill="none" stroke="currentColor" stroke-width="1.8" />
    </svg>
  );
}

/** A call going out. */
export function AskingIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle cx="4" cy="8" r="1.6" fill="currentColor" />
      <path
        d="M7.2 4.6a4.8 4.8 0 0 1 0 6.8M10 2.2a8.2 8.2 0 0 1 0 11.6"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
      />
    </svg>
  );
}

/** A place that nobody has taken. */
export function UnansweredIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 1.6" />
      <path d="M8 4.4v4.4" fill="none" stroke="currentColor" stroke-width="1.8" />
      <circle cx="8" cy="11.2" r="1" fill="currentColor" />
    </svg>
  );
}

export function ShelfIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d="M1.5 13h13M4 13V7.5h8V13M8 1.5v3.6M5.8 3.4 8 5.6l2.2-2.2"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
      />
    </svg>
  );
}

export function BellIcon({ silent = false }: { readonly silent?: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d="M3 11.5h10l-1.3-2V6.7a3.7 3.7 0 0 0-7.4 0v2.8ZM6.7 13.8h2.6"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
      />
      {silent && <path d="M2 14 14 2" stroke="currentColor" stroke-width="1.5" />}
    </svg>
  );
}

/** Something that somebody wrote or said. */
export function NoteIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d="M2.5 3h11v8H8l-3.2 2.6V11H2.5ZM5 5.8h6M5 8.2h4"
        fill="none"
        stroke="currentColor"
        stroke-width="1.4"
        stroke-linejoin="round"
      />
    </svg>
  );
}

export function SpeakerIcon({ silent = false }: { readonly silent?: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d="M2 6h2.6L8 3v10L4.6 10H2Z"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
      />
      {silent ? (
        <path d="m10.5 6 4 4m0-4-4 4" stroke="currentColor" stroke-width="1.5" />
      ) : (
        <path
          d="M10.5 5.5a3.6 3.6 0 0 1 0 5M12.6 3.4a6.6 6.6 0 0 1 0 9.2"
          fill="none"
          stroke="currentColor"
          stroke-width="1.5"
        />
      )}
    </svg>
  );
}

export function BackIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d="M10 3 5 8l5 5" fill="none" stroke="currentColor" stroke-width="1.8" />
    </svg>
  );
}

/** The product's mark: one drop, one line that goes on. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M12 2.5c3.6 4.6 6.3 7.9 6.3 11.7a6.3 6.3 0 0 1-12.6 0c0-3.8 2.7-7.1 6.3-11.7Z" />
      <path class="mark-line" d="M2 14.5h6l1.6-3.4 2.6 6.4 2-3h7.8" />
    </svg>
  );
}
