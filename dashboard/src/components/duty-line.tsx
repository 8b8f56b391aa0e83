// On every page: whether somebody is on call, who, until when, and whether the way to people was seen to work.

import { useApp } from "../context";
import { localMoment } from "../format/local";
import { formatClock } from "../format/times";
import { type Watched, watched } from "../live/duty";
import type { SelftestLine } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { BarredIcon, CheckIcon, PriorityShape } from "./icons";
import { Told } from "./told";

export function DutyLine() {
  const { store, session } = useApp();
  const t = words().duty.line;
  const user = session.me.value?.user;
  if (user === undefined || !session.may("see coverage")) return null;
  const duty = store.duty.value;
  if (duty === null) {
    return (
      <section class="duty" aria-label={t.label} data-testid="duty" data-known="false">
        <p class="duty-clinic" data-testid="duty-coverage" data-state="unknown">
          <BarredIcon />
          <strong role="status">{t.unknown}</strong> <span>{t.unknownWhy}</span>
        </p>
      </section>
    );
  }
  const clinics = watched(duty.clinics, user.role);
  // Many clinics: each that is in doubt, and how many are not.
  const shown = clinics.length === 1 ? clinics : clinics.filter(({ coverage }) => coverage.state !== "covered");
  const rest = clinics.length - shown.length;
  return (
    <section class="duty" aria-label={t.label} data-testid="duty" data-known="true">
      {shown.map((one) => (
        <ClinicLine key={one.clinic} of={one} named={clinics.length > 1} />
      ))}
      {rest > 0 && (
        <p class="duty-clinic" data-testid="covered-others">
          <CheckIcon />
          <a href={link.rota}>{t.others(rest)}</a>
        </p>
      )}
      {duty.selftest !== null && <Selftest of={duty.selftest} />}
    </section>
  );
}

function ClinicLine({ of, named }: { readonly of: Watched; readonly named: boolean }) {
  const { store } = useApp();
  const t = words().duty.line;
  const { state, primary, backup, audience } = of.coverage;
  const moment = (iso: string) => localMoment(iso, store.now.value);
  const hole = primary.next_hole;
  const second = backup === null || backup.why_not !== "" ? null : backup.person;
  return (
    <p class="duty-clinic" data-testid="duty-coverage" data-clinic={of.clinic} data-state={state}>
      <State state={state} until={primary.until === null ? null : moment(primary.until)} />{" "}
      {named && <span>{of.clinic}: </span>}
      {t.audiences[audience] !== "" && <span>{t.audiences[audience]}: </span>}
      {state === "not covered" ? (
        <span>
          {primary.person !== null && `${primary.person}: `}
          <Told text={primary.why_not} />
          {hole !== null && hole.end !== null && ` ${t.until(moment(hole.end))}`}
        </span>
      ) : (
        <a class="duty-person" href={link.rota}>
          {primary.person}
        </a>
      )}{" "}
      <span class="duty-aside">
        ({second === null ? t.noBackup : t.backup(second)}
        {state !== "not covered" && hole !== null && `; ${t.hole(moment(hole.start))}`})
      </span>
    </p>
  );
}

interface StateProps {
  readonly state: Watched["coverage"]["state"];
  readonly until: string | null;
}

/** Not covered is filled, a doubt is an outline, covered has no colour: nothing here may promise that all is well. */
function State({ state, until }: StateProps) {
  const t = words().duty.line;
  if (state === "covered") {
    return (
      <span class="duty-state">
        <CheckIcon />
        <strong>{t.covered(until)}:</strong>
      </span>
    );
  }
  if (state === "not covered") {
    return (
      <span class="flag flag-medium" role="alert">
        <PriorityShape priority="medium" />
        {t.notCovered}
      </span>
    );
  }
  return (
    <span class="duty-state">
      <span class="flag flag-medium" data-flashing="false">
        <PriorityShape priority="medium" />
        {t.doubts[state]}
      </span>{" "}
      <strong>{t.covered(until)}:</strong>
    </span>
  );
}

function Selftest({ of }: { readonly of: SelftestLine }) {
  const { store } = useApp();
  const text = selftestWords(of, store.now.value);
  const bad = of.state !== "passed" && of.state !== "running";
  return (
    <p class="duty-selftest" data-testid="selftest" data-state={of.state}>
      {bad ? (
        <span class="flag flag-medium" data-flashing="false">
          <PriorityShape priority="medium" />
          {text}
        </span>
      ) : (
        <>
          <CheckIcon />
          {text}
        </>
      )}
    </p>
  );
}

/** "Told by test 06:00, all 7 channels". */
export function selftestWords(of: SelftestLine, nowMs: number): string {
  const t = words().duty.selftest;
  const when = of.at === null ? "" : formatClock(Date.parse(of.at), nowMs, false);
  switch (of.state) {
    case "passed":
      return t.passed(when, of.taken, of.channels);
    case "failed": {
      const here = of.broken === "channels" ? ` (${t.failedHere(of.taken, of.channels)})` : "";
      return t.failed(when, t.parts[of.broken]) + here;
    }
    case "overdue":
      return t.overdue(when);
    case "running":
      return t.running(when);
    case "never":
      return t.never;
  }
}
