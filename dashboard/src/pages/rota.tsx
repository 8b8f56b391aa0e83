// Who is on call in the two weeks ahead: holes marked, own shifts with a button to accept them.

import { PriorityShape } from "../components/icons";
import { NotLoaded } from "../components/not-loaded";
import { ScreensLine } from "../components/screens-line";
import { ShiftActions, WithdrawOverride } from "../components/shift-actions";
import { Told } from "../components/told";
import { useApp } from "../context";
import { localStretch } from "../format/local";
import { dutyRevision } from "../live/duty";
import type { RotaView, ShiftView } from "../messages";
import { words } from "../words";
import { useAsked } from "./asked";

const LOOK_AGAIN_MS = 30_000;

export function RotaPage() {
  const { api, store, answering } = useApp();
  const t = words().duty.rota;
  // Told by the socket when anybody changes anything, and after each deed of one's own, refused ones too.
  const version = `${dutyRevision(store.toldDuty.value)} ${answering.doing.value.size} ${refusals(answering.doing.value)}`;
  const asked = useAsked(() => api.rota(), "rota", version, LOOK_AGAIN_MS);
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="rota-page">
      <div class="page-head">
        <h1>{t.title}</h1>
        <a class="button" href={`${api.base}api/rota.ics`} download="shifts.ics">
          {t.calendar}
        </a>
      </div>
      <ScreensLine />
      {typeof asked === "string" ? (
        <NotLoaded state={asked} failed={t.failed} />
      ) : (
        <>
          {asked.rotas.length === 0 && (
            <div class="empty">
              <p>{t.none}</p>
              <p class="note">{t.noneNote}</p>
            </div>
          )}
          {asked.rotas.map((rota) => (
            <OneRota key={rota.rota_id} rota={rota} />
          ))}
        </>
      )}
    </main>
  );
}

function refusals(doing: ReadonlyMap<string, { readonly kind: string }>): number {
  return [...doing.values()].filter(({ kind }) => kind !== "sending").length;
}

function OneRota({ rota }: { readonly rota: RotaView }) {
  const { store } = useApp();
  const t = words().duty.rota;
  const title = `${rota.clinic ?? t.all}, ${t.audiences[rota.audience]}, ${t.lines[rota.line]}`;
  const id = `rota-${rota.rota_id}`;
  return (
    <section class="sheet" aria-labelledby={id} data-testid="rota" data-rota={rota.rota_id}>
      <h2 id={id}>
        {title} <span class="note">{t.zone(rota.zone)}</span>
      </h2>
      {rota.trouble !== "" && (
        <p class="failure" role="alert">
          <Told text={rota.trouble} />
        </p>
      )}
      <ol class="shifts" aria-label={t.shifts(title)}>
        {rota.shifts.map((shift) => (
          <Shift key={shift.shift_id} rota={rota} shift={shift} nowMs={store.now.value} />
        ))}
      </ol>
      {rota.overrides.length > 0 && (
        <>
          <h3>{t.written}</h3>
          <ul class="shifts">
            {rota.overrides.map((one) => (
              <li key={one.override_id} class="shift" data-override={one.override_id}>
                <span class="shift-when">{localStretch(one.start, one.end)}</span>
                <span class="shift-who">
                  {one.person ?? t.nobody} <span class="mark-badge">{t.sources[one.source]}</span>
                </span>
                <span />
                {one.may_withdraw ? <WithdrawOverride of={one} /> : <span />}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface ShiftProps {
  readonly rota: RotaView;
  readonly shift: ShiftView;
  readonly nowMs: number;
}

function Shift({ rota, shift, nowMs }: ShiftProps) {
  const t = words().duty.rota;
  const runs = isRunning(shift, nowMs);
  return (
    <li
      class="shift"
      data-shift={shift.shift_id}
      data-covered={shift.covered}
      data-accepted={shift.accepted}
      data-yours={shift.yours}
      aria-current={runs ? "time" : undefined}
    >
      <span class="shift-when">
        {localStretch(shift.start, shift.end)}
        {runs && <strong class="shift-now"> {t.now}</strong>}
      </span>
      <span class="shift-who">
        <strong>{shift.person ?? t.nobody}</strong>
        {shift.yours && <span class="mark-badge">{t.yours}</span>}
        {t.sources[shift.source] !== "" && <span class="mark-badge">{t.sources[shift.source]}</span>}
      </span>
      <ShiftState shift={shift} />
      <ShiftActions rota={rota} shift={shift} />
    </li>
  );
}

function ShiftState({ shift }: { readonly shift: ShiftView }) {
  const t = words().duty.rota;
  if (!shift.covered) {
    return (
      <span class="shift-state">
        <span class="flag flag-medium">
          <PriorityShape priority="medium" />
          {t.notCovered}
        </span>
        <span class="note">
          <Told text={shift.why_not} />
        </span>
      </span>
    );
  }
  if (shift.waits) {
    return (
      <span class="shift-state">
        <span class="flag flag-medium" data-flashing="false">
          <PriorityShape priority="medium" />
          {t.waits}
        </span>
      </span>
    );
  }
  return <span class="shift-state note">{shift.accepted ? t.accepted : t.later}</span>;
}

function isRunning({ start, end }: ShiftView, nowMs: number): boolean {
  return (start === null || Date.parse(start) <= nowMs) && (end === null || nowMs < Date.parse(end));
}
