// The words about a patient's treatments as a whole: the part of `words.ts` for those.
import type { ChartKey, SeriesKey } from "./charts/trends";
import type { TrendDay, TrendTreatment } from "./messages";

type State = TrendDay["state"];
type Why = NonNullable<TrendDay["why"]>;

export const englishTrends = {
  title: "Trends",
  back: "Live",
  failed: "The trends did not come.",
  asOf: (time: string) => `As of ${time}`,
  span: "Time shown",
  spans: { 91: "3 months", 182: "6 months", 364: "12 months" },
  noTreatments: "No treatment is on record in this time.",
  charts: "From one treatment to the next",
  keys: "Arrow keys go from one treatment to the next, Enter opens its report.",
  names: {
    venous: "Venous pressure at the usual blood flow",
    arterial: "Arterial pressure at the usual blood flow",
    ratio: "Venous access pressure ratio",
    dose: "Dose (single-pool Kt/V)",
    weight: "Weight",
    pressure: "Systolic blood pressure",
    diastolic: "Diastolic blood pressure, median",
    pulse: "Pulse rate, median",
    time: "Treatment time",
    fluid: "Ultrafiltration",
  } satisfies Record<ChartKey, string>,
  series: {
    measured: "measured",
    delivered: "delivered",
    before: "before",
    after: "after",
    lowest: "lowest",
  } satisfies Record<SeriesKey, string>,
  prescribed: {
    dose: "prescribed",
    weight: "target",
    time: "prescribed",
    fluid: "prescribed, or set on the machine",
  } as Partial<Record<ChartKey, string>>,
  /** Of the goal of one treatment. */
  goalOf: { prescribed: "prescribed", set: "set on the machine" },
  limit: "limit of R30",
  none: "not measured in this time",
  noValue: "not measured",
  missing: {
    dose: "No prescribed dose is on record.",
    weight: "No target weight is on record.",
    time: "No prescribed time is on record.",
    fluid: "Nothing is prescribed, and the machine told no goal.",
  } as Partial<Record<ChartKey, string>>,
  ratioMissing: "Not known: it needs a vascular access with a calibrated needle, and a blood pressure.",
  chosen: "Treatment",
  report: "Report of this treatment",
  previous: "Earlier",
  next: "Later",
  course: {
    treated: "as long as prescribed",
    "treated short": "shortened",
    "length unknown": "whether it was long enough is not known",
    "under way": "goes on",
  } satisfies Record<TrendTreatment["course"], string>,
  signed: "signed",
  notSigned: "not signed as it stands",
  unseen: (minutes: string) => `${minutes} min of it not seen`,
  recent: {
    title: "The last four weeks",
    since: (day: string) => `Since ${day}`,
    missed: (missed: number, planned: number) =>
      planned === 0
        ? "No planned treatment has come yet."
        : `${missed} of ${planned} planned ${planned === 1 ? "treatment" : "treatments"} missed.`,
    unknown: (count: number) =>
      count === 1
        ? "Of 1 it is not known: nothing could have been seen."
        : `Of ${count} it is not known: nothing could have been seen.`,
    short: (short: number, treated: number) =>
      treated === 0
        ? "No treatment is on record."
        : `${short} of ${treated} ${treated === 1 ? "treatment" : "treatments"} shortened.`,
    unmeasured: (count: number) =>
      count === 1 ? "Of 1 the length is not known." : `Of ${count} the length is not known.`,
    noSchedule: "No schedule is on record: whether treatments were missed is not known.",
  },
  calendar: "Calendar",
  zone: (zone: string) => `Days by the clock of ${zone}.`,
  week: "Week of",
  today: "today",
  states: {
    treated: "treated as long as prescribed",
    "treated short": "treated, shortened",
    "length unknown": "treated, length not known",
    "under way": "treatment goes on",
    moved: "planned, treated on another day",
    missed: "missed: planned, and no treatment was seen",
    planned: "planned",
    "not planned": "nothing planned",
    unknown: "not known",
  } satisfies Record<State, string>,
  why: {
    "no schedule": "no schedule on record",
    "time zone not known": "the schedule's time zone is not known here",
    "limits cannot be": "the patient's own limits of the rule cannot be",
    "no unit": "no unit served the patient",
    "box silent": "the box was silent: a treatment may have gone on unseen",
    "readings outstanding": "the box still keeps readings of then",
  } satisfies Record<Why, string>,
  legend: "What the signs mean",
  findings: "Found between treatments",
  noFindings: "Nothing that the rules between treatments found is on record in this time.",
  found: { time: "When", rule: "Rule", what: "What" },
};
