// How many treatments wait for a person's eyes, and a reason in the reader's language.
import { signal } from "@preact/signals";
import type { Api } from "./api";
import type { ReasonView, ReviewView } from "./messages";
import { words } from "./words";

/** Exceptional ones; the badge of the navigation. */
export const waitingReviews = signal(0);
/** Whether there are more than were looked through for that. */
export const moreReviews = signal(false);

let session = 0;

export async function countReviews(api: Api): Promise<void> {
  const asked = session;
  try {
    const { exceptional, beyond } = await api.reviewCounts();
    // An answer that comes after the end of its session is of no concern to the next person.
    if (asked !== session) return;
    waitingReviews.value = exceptional;
    moreReviews.value = beyond;
  } catch {
    // The next time it is asked for; the page itself says what fails.
  }
}

/** At the end of a session: the next person may see other treatments, or none. */
export function forgetReviews(): void {
  session += 1;
  waitingReviews.value = 0;
  moreReviews.value = false;
}

export function isExceptional(review: ReviewView): boolean {
  return review.reasons.length > 0 || review.called !== null;
}

/** What a person has been shown: treatments, each with the tag of its state. */
export type Shown = ReadonlyMap<string, string>;

export function shownOf(reviews: readonly ReviewView[]): Shown {
  return new Map(reviews.map(({ treatment, etag }) => [treatment.treatment_id, etag]));
}

/** Those that stand as they were shown, and those that came or changed since: nobody signs these unseen. */
export function asShown(reviews: readonly ReviewView[], shown: Shown): [same: ReviewView[], since: ReviewView[]] {
  const isSame = ({ treatment, etag }: ReviewView) => shown.get(treatment.treatment_id) === etag;
  return [reviews.filter(isSame), reviews.filter((review) => !isSame(review))];
}

export function reasonText(reason: ReasonView): string {
  const t = words().reviews;
  if (reason.code !== "not judged") return t.sentences[reason.code](reason.inputs, reason.limits);
  return `${t.about[reason.about] ?? reason.about}: ${t.why[reason.why] ?? reason.why}`;
}
