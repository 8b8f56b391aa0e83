// Spans of the time line that somebody chose by zooming and moving. Pure; seconds since 1970.
import type { TreatmentView } from "../messages";

export interface Span {
  readonly startS: number;
  readonly endS: number;
}

/** What is shown instead of what is live: a span, and the treatment it is of where an earlier one was opened. */
export interface Held {
  readonly span: Span;
  readonly treatment: TreatmentView | null;
}

export const SHORTEST_S = 60;
export const LONGEST_S = 24 * 3600;
/** Around an earlier treatment, so that its first and last values do not lie on the frame. */
const AROUND_S = 120;

/** Closer (factor below 1) or wider around a place, 0 at the left to 1 at the right, which stays where it is. */
export function zoomed(span: Span, factor: number, at: number, nowS: number): Span {
  const length = span.endS - span.startS;
  const wanted = Math.min(LONGEST_S, Math.max(SHORTEST_S, length * factor));
  const startS = span.startS + (length - wanted) * at;
  return notAhead({ startS, endS: startS + wanted }, nowS);
}

/** Earlier (share below 0) or later by a share of itself. */
export function panned(span: Span, share: number, nowS: number): Span {
  const by = (span.endS - span.startS) * share;
  return notAhead({ startS: span.startS + by, endS: span.endS + by }, nowS);
}

/** The whole of a treatment; of one that goes on until now. */
export function spanOf(treatment: Pick<TreatmentView, "start" | "end">, nowS: number): Span {
  const startS = Date.parse(treatment.start) / 1000 - AROUND_S;
  const endS = treatment.end === null ? nowS : Math.min(nowS, Date.parse(treatment.end) / 1000 + AROUND_S);
  return { startS: Math.max(startS, endS - LONGEST_S), endS };
}

/** Ended ones, newest first, whatever order they came in. */
export function earlier(treatments: readonly TreatmentView[]): readonly TreatmentView[] {
  return treatments
    .filter((treatment) => treatment.end !== null)
    .sort((one, other) => Date.parse(other.start) - Date.parse(one.start));
}

/** The one before and the one after what is shown; null where there is none, or after it is what is live. */
export function neighbours(
  ended: readonly TreatmentView[],
  shown: TreatmentView | null,
): { readonly before: TreatmentView | null; readonly after: TreatmentView | null } {
  if (shown === null) return { before: ended[0] ?? null, after: null };
  const place = ended.findIndex(({ treatment_id }) => treatment_id === shown.treatment_id);
  if (place < 0) return { before: ended[0] ?? null, after: null };
  return { before: ended[place + 1] ?? null, after: ended[place - 1] ?? null };
}

/** What is to come is not shown. */
function notAhead(span: Span, nowS: number): Span {
  const over = Math.max(0, span.endS - nowS);
  return { startS: span.startS - over, endS: span.endS - over };
}
