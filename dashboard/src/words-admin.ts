// The words of the pages for those who run the system: the part of `words.ts` for those.
import type { SystemPart } from "./messages";
import { englishDeeds } from "./words-deeds";
import { englishUnits } from "./words-units";

const n = (value: number | null | undefined, digits = 0): string => (value == null ? "–" : value.toFixed(digits));
type Figures = Readonly<Record<string, number | null>>;
interface PartWords {
  readonly name: string;
  /** What was measured, in a sentence. */
  readonly said: (figures: Figures, name: string) => string;
  /** What to do where it is not good. */
  readonly todo: string;
}

export const englishAdmin = {
  nav: { units: "Units", users: "Users", audit: "Audit", system: "System" },
  failed: "It did not come. It is tried again.",
  cancel: "Cancel",
  sending: "Sending…",
  more: "More",
  units: englishUnits,
  deeds: englishDeeds,
  users: {
    title: "Users",
    search: "Name or e-mail",
    add: "New user",
    name: "Name",
    email: "E-mail",
    role: "Role",
    clinic: "Clinic",
    allClinics: "All clinics",
    seen: "Last seen",
    never: "not known",
    state: "State",
    active: "active",
    disabled: "disabled",
    signedIn: (count: number) => (count === 1 ? "1 session" : `${count} sessions`),
    none: "Nobody of that name.",
    change: "Change",
    save: "Save",
    disable: "Disable",
    enable: "Enable",
    password: "New password",
    signOut: "End sessions",
    sure: (deed: string, name: string) => `${deed}: ${name}?`,
    yes: "Yes",
    shown: (name: string) => `The password of ${name}. It is shown this once:`,
    tell: "Tell it to them in person; whoever has it is them.",
    done: "I have noted it",
  },
  audit: {
    title: "Audit",
    kind: "Which",
    kinds: {
      all: "Everything",
      looks: "Looks at patients",
      "sign-ins": "Coming in and going out",
      deeds: "Everything else",
    },
    action: "Deed",
    anyAction: "Any deed",
    who: "Who",
    what: "What",
    about: "About",
    when: "When",
    only: (word: string) => `Only ${word}`,
    clear: "All again",
    from: "From",
    until: "Until",
    none: "No row like that.",
    csv: "As CSV",
    ndjson: "As NDJSON",
    chain: {
      never: "The chain of the record has not been verified yet.",
      intact: (rows: string, when: string) => `Verified up to row ${rows}, ${when}.`,
      broken: (row: string, why: string) =>
        `THE RECORD IS BROKEN at row ${row}: ${why}. Somebody has changed the database. Keep a copy of it, tell operations, and restore nothing before it was looked at.`,
      running: (done: string, all: string) => `Being verified: ${done} of ${all} rows…`,
      verify: "Verify now",
    },
  },
  system: {
    title: "System health",
    version: (version: string) => `Version ${version}`,
    ofVersion: (version: string) => `Version ${version}.`,
    standing: { bad: "Broken", unknown: "Unknown", attention: "Look at it", good: "Works" } satisfies Record<
      SystemPart["standing"],
      string
    >,
    unknown: "Nothing is known about it.",
    parts: {
      ingest: {
        name: "Ingest",
        said: (f, name) => `${name}: heard ${n(f.age_s)} s ago, has ${n(f.shards)} of ${n(f.of)} shards.`,
        todo: "Start `homehd ingest`, or look at its log. Without it nothing new is stored; boxes keep their readings.",
      },
      notifier: {
        name: "Notifier",
        said: (f, name) => `${name}: heard ${n(f.age_s)} s ago.`,
        todo: "Start `homehd notify`. Without it nobody is paged: watch the wall until it runs.",
      },
      api: {
        name: "Server of the dashboard",
        said: (f, name) => `${name}: heard ${n(f.age_s)} s ago.`,
        todo: "It serves you now, and the database has not heard it: look at the log of `homehd api`. Silent walls are not told meanwhile.",
      },
      registrar: {
        name: "Registrar",
        said: (f, name) => `${name}: heard ${n(f.age_s)} s ago.`,
        todo: "Start `homehd registrar`. Without it no box enrols or renews, and revoked ones are not shut out.",
      },
      hl7: {
        name: "HL7 to other systems",
        said: (f, name) => `${name}: heard ${n(f.age_s)} s ago.`,
        todo: "Start `homehd hl7`. Without it other systems are told of no alert: docs/operations/hl7.md.",
      },
      versions: {
        name: "Versions",
        said: (f, name) => (name === "" ? "None says its version." : `${name}, of ${n(f.running)} running.`),
        todo: "Two versions run side by side for an upgrade only: finish it. A question mark is a release that does not say.",
      },
      database: {
        name: "Database",
        said: (f) =>
          f.size_bytes == null
            ? "It does not answer."
            : `${n(f.size_bytes / 1e9, 2)} GB, ${n(f.connections)} of ${n(f.most)} connections.`,
        todo: "Run `homehd doctor` on the server; when connections run out, raise max_connections.",
      },
      disk: {
        name: "Disk of the database",
        said: (f, name) =>
          f.free_bytes == null || !f.size_bytes
            ? "Nobody says how full it is."
            : `${n(f.free_bytes / 1e9, 1)} GB free of ${n(f.size_bytes / 1e9, 1)} (${n((100 * f.free_bytes) / f.size_bytes)} %): ${name}`,
        todo: "When it is low make room, or drop old days (docs/operations/database.md). When nothing is known: set database_folders for a service on the database's own machine.",
      },
      backup: {
        name: "Backup",
        said: (f) =>
          f.behind_bytes == null
            ? "No stream of the database is being read."
            : `${n(f.streams)} stream(s), ${n(f.behind_bytes / 1e6)} MB behind.`,
        todo: "Set up a backup or start it again: docs/operations/backup.md.",
      },
      broker: {
        name: "Broker to the screens",
        said: (_f) => "",
        todo: "Live values come by the broker and ingest. Look at both; screens say “live view paused” meanwhile.",
      },
      lag: {
        name: "From sample to storage",
        said: (f) => `Half within ${n(f.p50_s, 2)} s, 99 % within ${n(f.p99_s, 2)} s, of ${n(f.readings)} readings.`,
        todo: "Without readings of the last five minutes there is nothing to measure. When it is long: docs/operations/sizing.md.",
      },
      selftest: {
        name: "Test of the way to people",
        said: (_f, name) => (name === "" ? "The last one went all the way." : `The last one broke at: ${name}.`),
        todo: "Run `homehd selftest run` and follow docs/operations/selftest.md.",
      },
      channels: {
        name: "Channels",
        said: (f, name) => `${name}: ${n(f.failed)} of ${n(f.pages)} pages of the last day failed.`,
        todo: "Look at `homehd channels list`; a host that fails for everybody is in the notifier's log.",
      },
      certificates: {
        name: "Certificates",
        said: (f) => `The first of ours ends in ${n(f.days)} days; ${n(f.homes)} home(s) end within a fortnight.`,
        todo: "Renew it: docs/operations/registrar.md. None is known where the registrar is not used.",
      },
      quarantine: {
        name: "Quarantine",
        said: (f) => `${n(f.messages)} message(s) of the last day could not be read.`,
        todo: "Each has its reason in the database: docs/operations/services.md.",
      },
      clocks: {
        name: "Clocks",
        said: (f) =>
          `Ours and the database's are ${n(f.skew_s, 1)} s apart; ${n(f.unsynchronised)} of ${n(f.online)} boxes follow no clock.`,
        todo: "Start time synchronisation (chrony) there.",
      },
      audit: {
        name: "Record of deeds",
        said: (f) => (f.row == null ? `${n(f.rows)} rows, none changed.` : `BROKEN at row ${n(f.row)}.`),
        todo: "An administrator verifies it on the page Audit. When it is broken, keep a copy of the database first.",
      },
    } satisfies Record<SystemPart["part"], PartWords>,
  },
};
