// Every word a person reads, in one place. A further language is one more table of the same shape.
import type { GapReason } from "./charts/coverage";
import type { SignalName } from "./format/signals";
import { type Language, language } from "./language";
import type { Connection, PartialReason } from "./live/connection";
import type { Trouble } from "./live/freshness";
import type { AlertView, MachineLink, MarkView, Phase, Priority, ReadingFlag } from "./messages";
import { englishAdmin } from "./words-admin";
import { englishAlarms } from "./words-alarms";
import { englishAnswers } from "./words-answers";
import { englishDevices } from "./words-devices";
import { englishDuty } from "./words-duty";
import { englishHome } from "./words-home";
import { englishInbox } from "./words-inbox";
import { englishNotes } from "./words-notes";
import { englishPrescription } from "./words-prescription";
import { englishReviews } from "./words-reviews";
import { englishSigningIn } from "./words-sign-in";
import { englishTeams } from "./words-teams";
import { englishTimeline } from "./words-timeline";
import { englishTreatments } from "./words-treatments";
import { englishTrends } from "./words-trends";
import { chinese } from "./words-zh";

const english = {
  locale: "en-GB",
  product: "homehd",
  tagline: "Remote monitoring of dialysis at home",
  units: { s: "s", min: "min", h: "h", d: "d" },
  nav: {
    label: "Main",
    wall: "Wall",
    alerts: "Alerts",
    duty: "Duty",
    administration: "Administration",
    more: "More",
    skip: "Skip to content",
  },
  signIn: {
    title: "Sign in",
    supplementary: "A supplement only: the machine's own alarms, and whoever is beside it, come first.",
    email: "E-mail",
    password: "Password",
    submit: "Sign in",
    busy: "Signing in…",
    demo: "Demonstration accounts",
    demoHint: "Simulated patients. One click signs you in.",
    ended: "Your session has ended. Please sign in again.",
    refused: "E-mail or password is not right.",
    tooMany: "Too many attempts. Please wait a minute.",
    unavailable: "Nobody can sign in now: the database does not answer. Please try again.",
    unreachable: "The server does not answer. Please try again.",
    waiting: "Waiting for the server…",
  },
  home: englishHome,
  notes: englishNotes,
  timeline: englishTimeline,
  whoLooked: {
    title: "Who looked",
    loading: "Asking for the record…",
    failed: "The record did not come.",
    retry: "Try again",
    nobody: "Nobody is on record yet.",
    more: "Earlier",
  },
  notForRole: {
    title: "Not for your role",
    why: (role: string) => `You are signed in as: ${role}. This page holds nothing for that role.`,
  },
  kiosk: {
    title: "A screen on a wall",
    hint: "It shows one clinic and can do nothing. An administrator has its code, which is good once.",
    code: "Code",
    submit: "Make this browser the screen",
    refused: "This code is not right, or it has been used, or it is too old.",
  },
  signOut: "Sign out",
  roles: {
    nephrologist: "Nephrologist",
    nurse: "Nurse",
    "on-call": "On call",
    technician: "Technician",
    operations: "Operations",
    administrator: "Administrator",
    patient: "Patient",
    kiosk: "Screen on a wall",
  } as Readonly<Record<string, string>>,
  theme: { label: "Theme", auto: "Auto", day: "Day", night: "Night", ward: "Ward" },
  language: "Language",
  languageUnsaid: "Messages stay in the language before: the server did not take it.",
  connection: {
    live: "Live",
    lost: "No connection",
    paused: "Paused",
  } satisfies Record<Connection, string>,
  liveUnsaved: "Live, not saved",
  banner: {
    connecting: "Connecting…",
    lost: "No connection",
    lastContact: (age: string) => `– last contact ${age} ago. Nothing below is live.`,
    paused: (since: string) => `Live view paused since ${since}`,
    pausedDetail: "– readings do not reach this screen, rules may not be running.",
    unsaved: (since: string) => `Database does not answer since ${since}.`,
    unsavedDetail: "Values and alerts are live but not saved; acknowledging is not possible.",
    partial: {
      broker: {
        title: (since: string) => `Some homes may not be heard since ${since}`,
        detail: "– the server does not receive what their boxes send.",
      },
      incomplete: {
        title: (since: string) => `Some homes are not watched since ${since}`,
        detail: "– their readings are not stored and no rules run on them.",
      },
      "silence not judged": {
        title: (since: string) => `Silence raises no alert since ${since}`,
        detail: "– a home that falls silent is seen by the age of its values alone.",
      },
    } satisfies Record<PartialReason, { title: (since: string) => string; detail: string }>,
    alertFeed: (since: string) => `New alerts may be missing since ${since}`,
    alertFeedDetail: "– this screen is not told of them. The alert list asks the server itself.",
  },
  wall: {
    title: "Wall",
    empty: "No units yet. A unit appears here as soon as its box has been provisioned.",
    summary: "Summary",
    inTreatment: "in treatment",
    notLive: "not live",
    units: (count: number) => (count === 1 ? "1 unit" : `${count} units`),
  },
  tile: {
    open: (name: string) => `Open ${name}`,
    noData: "no data",
    stale: (age: string) => `stale ${age}`,
    live: (age: string) => `${age} ago`,
    earlier: (age: string) => `${age} ago`,
    atLeast: (age: string) => `≥ ${age} ago`,
    implausible: "implausible",
    notMeasured: "not measured",
    notForRole: "Readings are not shown to your role",
    checksNotRunning: (count: number) => (count === 1 ? "1 check not running" : `${count} checks not running`),
    of: "of",
    more: (count: number) => `+${count}`,
    inferred: "inferred",
    notHeard: (age: string) => `box not heard for ${age}`,
    boxTroubled: "box cannot keep readings",
    elapsed: (time: string) => `${time} h`,
    spark: (signal: string, minutes: number) => `${signal}, last ${minutes} minutes:`,
  },
  trouble: {
    "box-never-seen": "box never seen",
    "box-offline": "box offline",
    "box-not-heard": "box not heard",
    "machine-disconnected": "machine not connected",
    "machine-silent": "machine does not answer",
    "machine-garbled": "machine not understood",
  } satisfies Record<Trouble, string>,
  machine: {
    connected: "connected",
    disconnected: "not connected",
    silent: "does not answer",
    garbled: "not understood",
  } satisfies Record<MachineLink, string>,
  phases: {
    UNKNOWN: "Phase unknown",
    IDL: "Idle",
    PRETX: "Preparing",
    TX: "Treatment",
    POSTTX: "Draining",
    DIS: "Disinfection",
    SVC: "Service",
  } satisfies Record<Phase, string>,
  flags: {
    clock_synchronised: "box clock is right",
    phase_derived: "phase inferred",
    late: "arrived late",
    time_corrected: "time corrected",
    time_uncertain: "time uncertain",
  } satisfies Record<ReadingFlag, string>,
  priorities: { high: "HIGH", medium: "MEDIUM", low: "LOW" } satisfies Record<Priority, string>,
  states: {
    "active, unacknowledged": "Active, nobody has answered",
    "active, acknowledged": "Active, acknowledged",
    "latched, clear": "Condition cleared, held until seen",
    normal: "Ended",
  } satisfies Record<AlertView["state"], string>,
  alerts: {
    title: "Alerts",
    open: "Open",
    recent: "Last 24 hours",
    none: "No open alerts.",
    noneNote: "This says only that no rule has found anything. Checks that are not running are shown on each patient.",
    noRecent: "Nothing ended in the last 24 hours.",
    beyond:
      "More alerts changed in the last 24 hours than are listed: the thousand that changed last. Those before them are on the time line of each patient’s page.",
    loading: "Loading…",
    failed: "The list could not be loaded.",
    retry: "Try again",
    acknowledge: "Acknowledge",
    acknowledging: "Acknowledging…",
    ackImpossible: "Cannot acknowledge now",
    ackImpossibleWhy: "Nothing can be recorded until the database answers.",
    unsaved: "not saved",
    unsavedNote: "Not saved yet: the alert stands, and is on no record.",
    byShort: (name: string) => `Acknowledged: ${name}`,
    acknowledgedBy: (name: string, when: string) => `Acknowledged by ${name}, ${when}`,
    alreadyBy: (name: string) => `${name} was first`,
    ackFailed: "Not acknowledged: the server did not take it. Try again.",
    ackEnded: "This alert has already ended.",
    ackForbidden: "Your role may not acknowledge.",
    cleared: (when: string) => `Condition cleared ${when}, held until seen`,
    ended: (when: string) => `Ended ${when}`,
    ago: (age: string) => `${age} ago`,
    late: "found in late data",
    foundBefore:
      "So it stood when the unit served this patient. It was found anew since, of whom the unit serves now; that is told on their page.",
    why: "Why",
    recorded: "On record:",
    whatToDo: "What to do",
    causes: "Likely causes",
    consequence: "If nobody acts",
    saw: "The rule saw",
    limit: "Limit",
    rule: (id: string, version: string) => `Rule ${id}, version ${version}`,
    steps: "What happened",
    stepsUnsaved: "No step is on record yet.",
    stepsFailed: "The steps could not be loaded.",
    before: "Ten minutes before to five minutes after",
    beforeLimit: (limit: string) => `limit ${limit}`,
    beforeFailed: "The readings around it could not be loaded.",
    beforeNone: "This rule reads no values that could be drawn.",
    beforeNothing: "no value stored",
    beforeChanged: "The rule has changed since, so no limit is drawn: what it was held against stands above.",
    beforeRange: (least: string, greatest: string) => `${least} to ${greatest}`,
    showMore: (next: number, left: number) =>
      next === left ? `Show the last ${left}` : `Show ${next} of ${left} more`,
    moreWaiting: (count: number) => (count === 1 ? "1 more waiting" : `${count} more waiting`),
    barLabel: "Most urgent alert",
    showPatient: "Show patient",
  },
  /** Of machines, by name. */
  alarms: englishAlarms,
  answers: englishAnswers,
  inbox: englishInbox,
  duty: englishDuty,
  admin: englishAdmin,
  treatments: englishTreatments,
  trends: englishTrends,
  reviews: englishReviews,
  prescription: englishPrescription,
  devices: englishDevices,
  signingIn: englishSigningIn,
  teams: englishTeams,
  patient: {
    back: "Wall",
    unknown: "There is no such unit, or it is not yours to see.",
    machine: "Machine",
    box: "Box",
    online: "online",
    offline: "offline",
    outbox: (rows: number) => `${rows} rows waiting on the box`,
    clockWrong: "box clock not synchronised",
    rejected: (rows: number) =>
      rows === 1 ? "1 reading set aside on the box" : `${rows} readings set aside on the box`,
    thinned: (rows: number) => `${rows} old rows thinned`,
    notEvaluated: "Checks not running",
    atRest: (count: number) =>
      count === 1
        ? "1 check rests: not in its phase of treatment."
        : `${count} checks rest: not in their phase of treatment.`,
    noAlerts: "No open alerts for this patient.",
    window: "Shown span",
    windows: { "10": "10 min", "60": "1 h", "240": "4 h" },
    historyFailed: "History could not be loaded; new values appear as they come.",
    atCursor: "at",
    data: "Data",
    alerts: "Alerts",
    strips: "Live strips",
    left: "left",
  },
  coverage: {
    label: "Gaps and marks",
    count: (pieces: number) => (pieces === 1 ? "1 gap or mark, in words" : `${pieces} gaps and marks, in words`),
    more: (pieces: number) => `${pieces} more, shorter than these`,
    noReadings: "no readings",
    notBelieved: (signal: string) => `${signal}: sent, and not believed`,
    rows: {
      gap: "No readings",
      backfilled: "Came late",
      "time corrected": "Time put right",
      thinned: "Thinned",
    } satisfies Record<"gap" | MarkView["kind"], string>,
    short: {
      "another patient": "another patient",
      thinned: "no room on the box",
      rejected: "not believed",
      "machine off": "machine off",
      "link down": "link down",
      "not yet received": "not received yet",
      "lost on the box": "lost on the box",
      "box offline": "box offline",
      unknown: "reason unknown",
      pending: "nothing yet",
    } satisfies Record<GapReason, string>,
    reasons: {
      "another patient": "the unit served another patient, whom you do not see",
      thinned: "the box had no room for them",
      rejected: "the server refused them",
      "machine off": "the machine did not answer",
      "link down": "the link between box and machine was down",
      "not yet received": "the box has them and has not sent them yet",
      "lost on the box": "the box's disk did not take them",
      "box offline": "the box was off, or nobody heard it",
      unknown: "nothing says why",
      pending: "none has come since",
    } satisfies Record<GapReason, string>,
    marks: {
      backfilled: (rows: number) => `${rows} readings came late: no rule saw them live`,
      "time corrected": (rows: number) => `${rows} readings whose time was put right`,
      thinned: (rows: number) => `${rows} readings are missing; least and greatest values stayed`,
    } satisfies Record<MarkView["kind"], (rows: number) => string>,
  },
  signals: {
    blood_flow: "Blood flow",
    blood_flow_setting: "Blood flow, set",
    arterial_pressure: "Arterial pressure",
    venous_pressure: "Venous pressure",
    prefilter_pressure: "Pre-filter pressure",
    transmembrane_pressure: "Transmembrane pressure",
    dialysate_pressure: "Dialysate pressure",
    dialysate_flow: "Dialysate flow",
    dialysate_conductivity: "Dialysate conductivity",
    bicarbonate_conductivity: "Bicarbonate conductivity",
    dialysate_temperature: "Dialysate temperature",
    ultrafiltration_rate: "Ultrafiltration rate",
    ultrafiltration_volume: "Ultrafiltration volume",
    ultrafiltration_target: "Ultrafiltration target",
    ultrafiltration_time_left: "Ultrafiltration time left",
    treatment_elapsed: "Treatment time",
    treatment_remaining: "Treatment time left",
    heparin_rate: "Heparin rate",
    heparin_total: "Heparin given",
    blood_processed: "Blood processed",
    relative_blood_volume: "Relative blood volume",
    online_spktv: "Kt/V, single pool",
    online_ektv: "Kt/V, equilibrated",
    systolic: "Systolic pressure",
    diastolic: "Diastolic pressure",
    mean_pressure: "Mean arterial pressure",
    pulse_rate: "Pulse rate",
    weight_before: "Weight before",
    weight_after: "Weight after",
  } satisfies Record<SignalName, string>,
  short: {
    blood_flow: "Blood flow",
    arterial_pressure: "Arterial",
    venous_pressure: "Venous",
    transmembrane_pressure: "TMP",
    blood_pressure: "BP",
    ultrafiltration: "UF",
  },
  bloodPressure: "Blood pressure",
  figures: {
    median: (label: string, seconds: string) => `${label}, median of ${seconds} s`,
    names: {
      limit: "Limit",
      deadband: "Hysteresis",
      on_delay: "Must last for",
      off_delay: "Must be over for",
      silent: "Without a reading for",
      standing: "Standing for",
      drop: "Drop",
      target_weight: "Target weight",
      pre_systolic: "Systolic pressure before",
      prescribed_conductivity: "Prescribed conductivity",
      transmembrane_limit: "Dialyser's pressure limit",
      blood_pump_running: "Blood pump running (1 = yes)",
    },
  },
};

export type Words = typeof english;
const TABLES: Readonly<Record<Language, Words>> = { en: english, "zh-Hans": chinese };

/** The table of the chosen language. Reading it inside a component makes that follow a change of language. */
export function words(): Words {
  return TABLES[language.value];
}

/** A signal's label; a name that is not in the catalogue is shown with its underscores as spaces. */
export function signalLabel(name: string): string {
  const labels: Readonly<Record<string, string>> = words().signals;
  return labels[name] ?? name.replaceAll("_", " ");
}
