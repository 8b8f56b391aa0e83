// The words about treatments that are over: the part of `words.ts` for those.
import type { MeasureKey } from "./charts/course";
import type { TreatmentView } from "./messages";

export const englishTreatments = {
  title: "Treatments",
  back: "Live",
  none: "No treatment of this patient has been seen on this unit yet.",
  others: (count: number) =>
    count === 1
      ? "1 treatment of somebody else on this unit is not shown."
      : `${count} treatments of others on this unit are not shown.`,
  beyond: "There are earlier treatments than these.",
  earlier: "Show earlier ones",
  courses: "From one treatment to the next",
  began: "Began",
  ended: "End",
  goesOn: "goes on",
  interruptions: (count: number) => (count === 1 ? "1 interruption" : `${count} interruptions`),
  unseen: (time: string) => `${time} h not seen`,
  notComputed: "not computed yet",
  notCurrent: "late readings have come: to be computed again",
  ends: {
    "said by the machine": "ended",
    derived: "ended (inferred)",
    "machine lost": "machine lost",
    "next treatment began": "the next one began",
    "clock limit": "nothing more came",
  } satisfies Record<NonNullable<TreatmentView["end_known"]>, string>,
  measures: {
    treated: "Treated",
    removed: "Removed",
    spktv: "Kt/V",
    blood_flow: "Blood flow",
    venous_pressure: "Venous pressure",
    arterial_pressure: "Arterial pressure",
    systolic: "Systolic",
    weight_before: "Weight before",
    weight_after: "Weight after",
  } satisfies Record<MeasureKey, string>,
};
