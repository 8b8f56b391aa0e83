// Small true-to-shape messages for tests; every field can be overridden.
import type {
  AlertView,
  CoverageView,
  Duty,
  History,
  Link,
  NoticeDetail,
  NoticeView,
  PageMessage,
  ReadingView,
  ServerMessage,
  Snapshot,
  UnitStatus,
  UnitView,
} from "../src/messages";

/** 2026-01-31 20:00:00 UTC. */
export const SERVER_MS = Date.UTC(2026, 0, 31, 20);

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function reading(unit: string, change: Partial<ReadingView> = {}): ReadingView {
  return {
    unit,
    time: iso(SERVER_MS),
    age_s: 0,
    seq: 1,
    phase: "TX",
    flags: ["clock_synchronised"],
    invalid: [],
    values: { blood_flow: 300, venous_pressure: 142 },
    ...change,
  };
}

export function status(unit: string, change: Partial<UnitStatus> = {}): UnitStatus {
  return {
    unit,
    online: true,
    machine: "connected",
    outbox_rows: 0,
    outbox_oldest: null,
    synchronised: true,
    thinned: 0,
    rejected: 0,
    trouble: "",
    config_serial: 0,
    config_trouble: "",
    certificate_until: null,
    agent_version: "0.1.0",
    protocol: "jsdt",
    profile: "v1",
    since: iso(SERVER_MS),
    heard_at: iso(SERVER_MS),
    ...change,
  };
}

export function unit(id: string, change: Partial<UnitView> = {}): UnitView {
  return {
    unit: id,
    label: id,
    patient: { name: `Patient ${id}` },
    clinic: "North",
    opened: null,
    status: status(id),
    reading: reading(id),
    not_evaluated: [],
    spark: null,
    ...change,
  };
}

export function alert(id: string, unitId: string, change: Partial<AlertView> = {}): AlertView {
  return {
    alert_id: id,
    unit: unitId,
    rule: "R10",
    rule_version: "1",
    title: "Needle dislodgement",
    priority: "high",
    state: "active, unacknowledged",
    since: iso(SERVER_MS - 5000),
    time: iso(SERVER_MS - 5000),
    changed_at: iso(SERVER_MS - 5000),
    reason: "venous pressure fell by 31 mmHg",
    inputs: { venous_pressure: 92 },
    limits: { drop: 20 },
    acknowledged_by: null,
    acknowledged_at: null,
    late: false,
    unsaved: false,
    answer: null,
    handled_at: null,
    shelved_until: null,
    shelved_by: null,
    shelved_reason: null,
    ...change,
  };
}

export function answer(change: Partial<NonNullable<AlertView["answer"]>> = {}): NonNullable<AlertView["answer"]> {
  return {
    notice_id: "7",
    state: "asking",
    round: 1,
    accepted_by: null,
    accepted_until: null,
    reason: "somebody has to know now",
    stage: "ask",
    told: "somebody has to know now",
    ...change,
  };
}

export function notice(id: string, change: Partial<NoticeView> = {}): NoticeView {
  return {
    notice_id: id,
    unit: "a",
    audience: "clinical",
    cause: "venous access",
    subject: "",
    opened_at: iso(SERVER_MS - 5000),
    state: "asking",
    priority: "high",
    round: 1,
    accepted_by: null,
    accepted_until: null,
    yours: false,
    reason: "somebody has to know now",
    changed_at: iso(SERVER_MS - 5000),
    alerts: [
      {
        alert_id: "1",
        rule: "R10",
        title: "Needle dislodgement",
        priority: "high",
        state: "active, unacknowledged",
        stage: "ask",
        told: "somebody has to know now",
      },
    ],
    ...change,
  };
}

export function detail(of: NoticeView, change: Partial<NoticeDetail> = {}): NoticeDetail {
  return { server_time: iso(SERVER_MS), notice: of, history: [], steps: [], deliveries: [], ...change };
}

export function page(delivery: string, change: Partial<PageMessage> = {}): PageMessage {
  return {
    type: "page",
    server_time: iso(SERVER_MS),
    delivery,
    notice_id: "7",
    priority: "high",
    queued_at: iso(SERVER_MS - 3000),
    ...change,
  };
}

export const UP: Link = { alive: true, since: iso(SERVER_MS - 60_000), reason: null };
export const DOWN: Link = { alive: false, since: iso(SERVER_MS - 7_000), reason: "silent" };

export function snapshot(units: UnitView[], alerts: AlertView[] = [], change: Partial<Snapshot> = {}): ServerMessage {
  return {
    type: "snapshot",
    server_time: iso(SERVER_MS),
    units,
    alerts,
    ingest: UP,
    live_feed: UP,
    alert_feed: UP,
    duty: duty(),
    ...change,
  };
}

export function coverage(
  change: Partial<CoverageView> = {},
  primary: Partial<CoverageView["primary"]> = {},
): CoverageView {
  return {
    audience: "clinical",
    state: "covered",
    primary: {
      person: "Dr Weber",
      until: "2026-02-01T08:00:00+01:00",
      why_not: "",
      accepted: true,
      tested: true,
      next_hole: null,
      ...primary,
    },
    backup: { person: "Li", until: null, why_not: "", accepted: true, tested: true, next_hole: null },
    ...change,
  };
}

export function duty(change: Partial<Duty> = {}, ...coverages: CoverageView[]): Duty {
  const covered = coverages.length === 0 ? [coverage()] : coverages;
  return {
    known: true,
    clinics: [{ clinic: "North", revision: 1, coverage: covered }],
    selftest: { state: "passed", at: iso(SERVER_MS - 3_600_000), broken: "", taken: 7, channels: 7 },
    ...change,
  };
}

export function readings(serverMs: number, ...list: ReadingView[]): ServerMessage {
  return { type: "readings", server_time: iso(serverMs), readings: list };
}

/** Venous pressure 140 every second or so, in buckets; null: a bucket without any row. */
export function history(
  startS: number,
  bucketS: number,
  values: (number | null)[],
  change: Partial<History> = {},
): History {
  return {
    unit: "a",
    start: iso(startS * 1000),
    end: iso((startS + bucketS * values.length) * 1000),
    bucket_s: bucketS,
    times: values.map((_, index) => startS + index * bucketS),
    readings: values.map((value) => (value === null ? 0 : Math.ceil(bucketS))),
    series: { venous_pressure: { min: values, max: values, mean: values } },
    gaps: [],
    marks: [],
    ...change,
  };
}
