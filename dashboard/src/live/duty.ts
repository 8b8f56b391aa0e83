// What may be said of duty now. Without a connection nobody knows: who had it a minute ago may have given it away.
import type { ClinicDuty, CoverageView, Duty } from "../messages";
import type { Connection } from "./connection";

/** A hand-over that the server should have told of is this long past: what is known is of before it. */
export const OVERDUE_MS = 30_000;

export type CoverState = CoverageView["state"];

/** The duty as told, or null where it may no longer be so. */
export function dutyNow(duty: Duty | null, connection: Connection, nowMs: number): Duty | null {
  if (duty === null || !duty.known || connection === "lost") return null;
  const late = duty.clinics.some((clinic) =>
    clinic.coverage.some(({ primary }) => primary.until !== null && nowMs - Date.parse(primary.until) > OVERDUE_MS),
  );
  return late ? null : duty;
}

export interface Watched {
  readonly clinic: string;
  readonly coverage: CoverageView;
}

const AUDIENCES: Readonly<Record<string, CoverageView["audience"]>> = {
  technician: "technical",
  operations: "operations",
};
const RANK: Readonly<Record<CoverState, number>> = { "not covered": 0, untested: 1, "not accepted": 2, covered: 3 };

/** Of each clinic the line of duty that concerns a role, worst first; clinics that have none are left out. */
export function watched(clinics: readonly ClinicDuty[], role: string): readonly Watched[] {
  const wanted = AUDIENCES[role] ?? "clinical";
  return clinics
    .flatMap(({ clinic, coverage }) => {
      const of = (audience: string) => coverage.find((one) => one.audience === audience);
      const found = of(wanted) ?? of("clinical");
      return found === undefined ? [] : [{ clinic, coverage: found }];
    })
    .sort((left, right) => RANK[left.coverage.state] - RANK[right.coverage.state]);
}

/** Changes whenever anything on a rota of these clinics does. */
export function dutyRevision(duty: Duty | null): string {
  return duty === null ? "" : duty.clinics.map(({ clinic, revision }) => `${clinic} ${revision}`).join();
}
