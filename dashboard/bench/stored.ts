// What the pages of `./run bench charts` are told: four hours of seconds, two gaps, marks in every lane, two limits a strip.
import { Api, type HistoryQuery } from "../src/api";
import { STRIP_SIGNALS, STRIPS } from "../src/charts/strips";
import type { History, Prescription, StripLine, Timeline, Treatments } from "../src/messages";
import { alert, iso } from "../tests/samples";

export const SPAN_S = 4 * 3600;
export const SERVER_MS = Date.now();
const END_S = Math.floor(SERVER_MS / 1000);
const SPIKE = 400;
/** Seconds from the beginning; away from where the benchmark looks for the spike. */
const GAPS = [
  [2900, 2960],
  [4300, 4420],
] as const;

export function value(index: number, second: number): number {
  return 100 + 20 * Math.sin(second / 180 + index) + (second % 7);
}

/** Blood pressures now and then, everything else every second. */
export function measured(name: string, second: number, withinS: number): boolean {
  return (name !== "systolic" && name !== "diastolic") || second % 900 < withinS;
}

/** Stored buckets of a span: of so many seconds each, with their extremes. */
function stored(unit: string, startS: number, endS: number, bucketS: number): History {
  const count = Math.floor((endS - startS) / bucketS);
  const times = Array.from({ length: count }, (_, bucket) => startS + bucket * bucketS);
  const since = (timeS: number) => Math.round(timeS - (END_S - SPAN_S));
  const missing = times.map((timeS) => GAPS.some(([from, to]) => since(timeS) >= from && since(timeS) < to));
  const series: Record<string, History["series"][string]> = {};
  for (const [index, name] of STRIP_SIGNALS.entries()) {
    const of = (more: number) =>
      times.map((timeS, bucket) =>
        missing[bucket] || !measured(name, since(timeS), bucketS)
          ? null
          : since(timeS) === SPAN_S / 2
            ? SPIKE
            : value(index, Math.round(timeS)) + more,
      );
    const extremes = bucketS > 1 ? 4 : 0;
    series[name] = { min: of(-extremes), max: of(extremes), mean: of(0) };
  }
  return {
    unit,
    start: iso(startS * 1000),
    end: iso(endS * 1000),
    bucket_s: bucketS,
    times,
    readings: missing.map((gone) => (gone ? 0 : Math.round(bucketS))),
    series,
    gaps: GAPS.map(([from, to]) => ({
      start: END_S - SPAN_S + from,
      end: END_S - SPAN_S + to,
      reason: "link down",
      signal: null,
      detail: "",
    })),
    marks: [{ start: END_S - SPAN_S + 4300, end: END_S - SPAN_S + 5000, kind: "backfilled", rows: 700, detail: "" }],
  };
}

/** 24 alerts, eight machine alarms, eight notes over the four hours. */
function happened(unit: string): Timeline {
  const at = (share: number) => iso(SERVER_MS - SPAN_S * 1000 * (1 - share));
  const priorities = ["low", "medium", "high"] as const;
  return {
    server_time: iso(SERVER_MS),
    patient_id: unit,
    start: at(0),
    end: at(1),
    more: false,
    alerts: Array.from({ length: 24 }, (_, index) => ({
      alert: alert(`${unit}${index}`, unit, {
        rule: `R${index}`,
        priority: priorities[index % 3] ?? "low",
        state: "normal",
        since: at(index / 24),
        inputs: { [STRIPS[index % STRIPS.length]?.signal ?? ""]: 1 },
      }),
      until: at((index + 0.3) / 24),
    })),
    alarms: Array.from({ length: 8 }, (_, index) => ({
      name: `alarm ${index}`,
      label: "Blood leak",
      signal: "",
      since: at((index + 0.5) / 8),
      until: at((index + 0.7) / 8),
    })),
    events: Array.from({ length: 8 }, (_, index) => ({
      event_id: `${unit}${index}`,
      kind: "symptom",
      start: at((index + 0.2) / 8),
      end: null,
      text: "dizzy, then better",
      author: null,
      corrects: null,
      corrected_by: null,
      entered_at: at(1),
    })),
  };
}

const LINES: readonly StripLine[] = STRIPS.flatMap(({ signal }) =>
  ([140, 150] as const).map((limit, index) => ({
    signal,
    value: limit,
    beyond: "above",
    priority: index === 0 ? "medium" : "high",
    kind: index === 0 ? "own" : "usual",
    rule: `R${index}`,
  })),
);

/** Answers at once, and counts what it was asked for. */
export class StoredApi extends Api {
  asked = 0;
  /** Every second, which is the worst: a page that was open for the whole treatment. Else buckets, as the server's. */
  whole = true;

  constructor() {
    super(location.href, () => undefined);
  }

  override history(unit: string, { startMs, endMs, buckets }: HistoryQuery): Promise<History> {
    this.asked += 1;
    if (this.whole) return Promise.resolve(stored(unit, END_S - SPAN_S, END_S, 1));
    const bucketS = Math.max(1, (endMs - startMs) / 1000 / (buckets ?? 600));
    return Promise.resolve(stored(unit, startMs / 1000, endMs / 1000, bucketS));
  }

  override timeline(unit: string): Promise<Timeline> {
    this.asked += 1;
    return Promise.resolve(happened(unit));
  }

  override prescription(unit: string): Promise<{ readonly prescription: Prescription; readonly tag: string }> {
    const none = { between: [], items: [], past: [], rules: [], waiting: null };
    return Promise.resolve({ prescription: { patient: unit, patient_id: unit, lines: LINES, ...none }, tag: unit });
  }

  override treatmentsOfPatient(): Promise<Treatments> {
    return Promise.reject(new Error("not asked"));
  }
}
