// What is usual for this patient at the same minute of a treatment: a band behind the course, never a limit.
import { type Signal, signal } from "@preact/signals";
import type uPlot from "uplot";
import type { Api } from "../api";
import type { TreatmentView, Usual, UsualCourse } from "../messages";
import type { Ink } from "./ink";
import { STRIP_SIGNALS } from "./strips";

const MINUTE_S = 60;

/** The person's choice: it holds for every patient until the page is closed. */
export const comparing = signal(false);

export interface UsualOf {
  readonly usual: Usual;
  /** When the treatment that is compared began, seconds since 1970. */
  readonly startS: number;
}

/** A patient's treatments, and what is usual in them. */
export class Past {
  readonly treatments: Signal<readonly TreatmentView[] | "failed" | null> = signal(null);
  readonly usual: Signal<UsualOf | "failed" | null> = signal(null);
  #wanted = "";

  constructor(
    readonly api: Pick<Api, "treatmentsOfPatient" | "usual">,
    readonly patient: string,
  ) {}

  async list(): Promise<void> {
    try {
      this.treatments.value = (await this.api.treatmentsOfPatient(this.patient)).treatments;
    } catch {
      // Those that are known are still there.
      if (this.treatments.value === null) this.treatments.value = "failed";
    }
  }

  /** Learns what was usual before this treatment. A second call overtakes the first. */
  async compare(treatment: TreatmentView): Promise<void> {
    const wanted = treatment.treatment_id;
    if (this.#wanted === wanted && this.usual.value !== "failed") return;
    this.#wanted = wanted;
    this.usual.value = null;
    try {
      const usual = await this.api.usual(this.patient, STRIP_SIGNALS, treatment.start);
      if (this.#wanted === wanted) this.usual.value = { usual, startS: Date.parse(treatment.start) / 1000 };
    } catch {
      if (this.#wanted === wanted) this.usual.value = "failed";
    }
  }
}

/** The one that goes on; null where none does. */
export function current(treatments: readonly TreatmentView[]): TreatmentView | null {
  return treatments.find(({ end }) => end === null) ?? null;
}

export interface UsualPoint {
  readonly timeS: number;
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Stretches of minutes in which there is something usual; nothing is drawn across the others. */
export function stretches(course: UsualCourse, startS: number): readonly (readonly UsualPoint[])[] {
  // As the server counts: from the minute in which the treatment began.
  const firstS = Math.floor(startS / MINUTE_S) * MINUTE_S;
  const found: UsualPoint[][] = [];
  let open: UsualPoint[] | null = null;
  for (const [minute, median] of course.median.entries()) {
    const [low, high] = [course.low[minute], course.high[minute]];
    if (median === null || low == null || high == null) {
      open = null;
      continue;
    }
    if (open === null) {
      open = [];
      found.push(open);
    }
    open.push({ timeS: firstS + (minute + 0.5) * MINUTE_S, low, median, high });
  }
  return found;
}

export function drawUsual(plot: uPlot, found: readonly (readonly UsualPoint[])[], ink: Ink): void {
  if (found.length === 0) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = ctx.strokeStyle = ink.goal;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([devicePixelRatio, 2 * devicePixelRatio]);
  for (const points of found) {
    const x = points.map(({ timeS }) => plot.valToPos(timeS, "x", true));
    const trace = (value: (point: UsualPoint) => number, indices: readonly number[]) => {
      for (const index of indices) {
        const point = points[index];
        if (point !== undefined) ctx.lineTo(x[index] ?? 0, plot.valToPos(value(point), "y", true));
      }
    };
    const forth = [...points.keys()];
    ctx.globalAlpha = 0.16;
    ctx.beginPath();
    trace(({ low }) => low, forth);
    trace(({ high }) => high, [...forth].reverse());
    ctx.closePath();
    ctx.fill();
    ctx.globalAlpha = 0.9;
    ctx.beginPath();
    trace(({ median }) => median, forth);
    ctx.stroke();
  }
  ctx.restore();
}
