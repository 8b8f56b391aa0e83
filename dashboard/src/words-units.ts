// The words of the pages Units: the part of `words-admin.ts` for those.
import type { Installation } from "./messages";

export const englishUnits = {
  title: "Units",
  none: "There is no unit.",
  standing: {
    bad: "Broken",
    unknown: "Never heard",
    attention: "Look at it",
    good: "Works",
    retired: "Retired",
  } satisfies Record<Installation["standing"], string>,
  link: { online: "online", offline: "offline", never: "never heard" } satisfies Record<Installation["link"], string>,
  since: (when: string) => `since ${when}`,
  heard: "Last heard",
  clock: "Clock",
  clockOff: (seconds: string) => `${seconds} s against ours`,
  unsynchronised: "follows no other clock",
  agent: "Agent",
  machine: "Machine",
  waiting: "Waiting in the box",
  rows: (rows: number) => (rows === 1 ? "1 reading" : `${rows} readings`),
  oldest: (minutes: string) => `the oldest ${minutes} min old`,
  certificate: "Certificate until",
  settings: "Settings",
  inForce: (force: number, newest: number) =>
    newest === 0
      ? "the box's own"
      : force === newest
        ? `version ${force}`
        : `version ${newest} waits, ${force} in force`,
  refused: "Not readable in the last day",
  trouble: "Trouble",
  unknown: "not known",
  serves: "Serves",
  somebody: "a patient",
  nobody: "nobody",
  treating: "a treatment goes on",
  bindings: "Whom it served",
  bindingsBeyond: "It served others before these 200. They are on the page Audit, as what was done with this unit.",
  period: (since: string, until: string) => `${since} – ${until}`,
  now: "now",
  versions: "Settings from afar",
  bind: "Bind",
  pick: "Patient",
  freeBeyond:
    "More patients are served by no unit than the 200 newest of the list. Bind an older one by their number: the page Audit has it, as patient:NUMBER.",
  number: "or a patient’s number",
  numbered: (number: string) => `patient number ${number}`,
  unbind: "Unbind the patient",
  retire: "Retire the unit",
  newPatient: "New patient",
  name: "Name",
  add: "Add",
  sure: {
    bind: "From now on readings of this unit are this patient's.",
    unbind: "From now on readings of this unit are nobody's, and no rule of the patient watches them.",
    retire: "Nothing of this unit is taken any more, for good. Its certificates are revoked; another needs a new unit.",
  },
  during: "A treatment goes on. Whoever is treated now would no longer be watched. I mean it nevertheless.",
  yes: "Yes",
  back: "All units",
};
