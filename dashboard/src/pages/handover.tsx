// What whoever goes tells whoever comes: on the screen, or on a sheet of paper.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { PriorityShape } from "../components/icons";
import { NotLoaded } from "../components/not-loaded";
import { Told } from "../components/told";
import { useApp } from "../context";
import { toldNow } from "../format/reasons";
import { formatAge, formatClock } from "../format/times";
import type { HandoverAnswer } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { useAsked } from "./asked";

const SHIFTS = ["now", "last"] as const;

export function HandoverPage() {
  const { api, session } = useApp();
  const t = words().duty.handover;
  const shift = useSignal<(typeof SHIFTS)[number]>("now");
  const names = useSignal(false);
  const asked = useAsked(() => api.handover(shift.value, names.value), `${shift.value} ${names.value}`, "", null);
  return (
    <main id="content" tabIndex={-1} class="page duty-page handover" data-testid="handover-page">
      <div class="page-head">
        <h1>{t.title}</h1>
        <div class="handover-choice">
          <fieldset class="segments">
            <legend class="hidden">{t.which}</legend>
            {SHIFTS.map((one) => (
              <label key={one}>
                <input
                  type="radio"
                  name="shift"
                  value={one}
                  checked={shift.value === one}
                  onChange={() => {
                    shift.value = one;
                  }}
                />
                <span>{t.shifts[one]}</span>
              </label>
            ))}
          </fieldset>
          {session.may("see patients") && (
            <label class="check">
              <input
                type="checkbox"
                name="names"
                checked={names.value}
                onChange={(event) => {
                  names.value = event.currentTarget.checked;
                }}
              />
              {t.names}
            </label>
          )}
          <button type="button" class="button" data-action="print" onClick={() => window.print()}>
            {t.print}
          </button>
        </div>
      </div>
      {typeof asked === "string" ? <NotLoaded state={asked} failed={t.failed} /> : <Report of={asked} />}
    </main>
  );
}

function Report({ of }: { readonly of: HandoverAnswer }) {
  const { rules } = useApp();
  const t = words().duty.handover;
  const made = Date.parse(of.server_time);
  const clock = (iso: string) => formatClock(Date.parse(iso), made, false);
  return (
    <article>
      <p class="handover-of">
        <strong>{t.of(of.clinic)}</strong> {t.from(clock(of.start), clock(of.end))}{" "}
        <span class="note">{t.made(clock(of.server_time))}</span>
      </p>
      <Part title={t.open} empty={of.open.length === 0 ? t.noOpen : null}>
        {of.open.map((one) => (
          <li key={one.notice_id} data-testid="handover-open">
            <span class={`flag flag-${one.priority}`} data-flashing="false">
              <PriorityShape priority={one.priority} />
              {words().priorities[one.priority]}
            </span>{" "}
            <strong>{home(one.home, one.patient)}</strong>{" "}
            <a href={link.notice(one.notice_id)}>
              {[cause(one.cause), one.rules.join(", ")].filter(Boolean).join(": ")}
            </a>{" "}
            {one.subject} – <strong>{who(one, clock)}</strong>, {t.since(clock(one.since))}
            {one.reason !== "" && (
              <>
                : <Told text={one.reason} />
              </>
            )}
          </li>
        ))}
      </Part>
      {of.more_open > 0 && <p class="note">{t.moreOpen(of.more_open)}</p>}
      {of.on_work_list > 0 && <p class="note">{t.onList(of.on_work_list)}</p>}
      <Part title={t.setAside} empty={of.set_aside.length === 0 ? t.nothing : null}>
        {of.set_aside.map((one) => (
          <li key={`${one.home} ${one.rule}`}>
            <strong>{home(one.home, one.patient)}</strong> {one.rule}, {t.until(clock(one.until))}
            {one.kind === "one-shot" && ` ${t.orOver}`}
            {one.by !== null && `, ${t.by(one.by)}`}: {one.reason}
          </li>
        ))}
      </Part>
      <Part title={t.out} empty={of.out_of_service.length === 0 ? t.nothing : null}>
        {of.out_of_service.map((one) => (
          <li key={one.home}>
            <strong>{home(one.home, one.patient)}</strong> {t.until(clock(one.until))}: {one.reason}
          </li>
        ))}
      </Part>
      <Part title={t.answers} empty={null}>
        {of.answers.map((one) => (
          <li key={one.priority}>
            <strong>{words().priorities[one.priority]}</strong> {one.count}
            {one.count > 0 && `: ${t.answered(one.called, one.answered)}`}
            {one.median_s !== null &&
              one.worst_s !== null &&
              `, ${t.times(formatAge(one.median_s * 1000), formatAge(one.worst_s * 1000))}`}
          </li>
        ))}
      </Part>
      <Part title={t.noisy} empty={of.noisy.length === 0 ? t.nothing : null}>
        {of.noisy.map((one) => (
          <li key={`${one.rule} ${one.home}`}>
            <strong>{rules.title(one)}</strong> <span class="note">{one.rule}</span> {one.home ?? t.allHomes}:{" "}
            {t.noise(one.figures.count, `${Math.round((one.nuisance ?? 0) * 100)} %`)}
          </li>
        ))}
      </Part>
      <Part title={t.next} empty={of.next.length === 0 ? t.nothing : null}>
        {of.next.map((one) => (
          <li key={`${one.rota} ${one.at}`} data-testid="handover-next" data-covered={one.covered}>
            {one.covered ? (
              t.covered
            ) : (
              <span class="flag flag-medium">
                <PriorityShape priority="medium" />
                {t.notCovered}
              </span>
            )}{" "}
            <Told text={one.rota} />: <strong>{one.person ?? words().duty.rota.nobody}</strong>, {clock(one.at)}
            {one.why_not !== "" && (
              <>
                {" "}
                – <Told text={one.why_not} />
              </>
            )}
          </li>
        ))}
      </Part>
    </article>
  );
}

interface PartProps {
  readonly title: string;
  readonly empty: string | null;
  readonly children: ComponentChildren;
}

function Part({ title, empty, children }: PartProps) {
  return (
    <section class="sheet">
      <h2>{title}</h2>
      {empty === null ? <ul class="lines">{children}</ul> : <p>{empty}</p>}
    </section>
  );
}

function home(label: string | null, patient: string | null): string {
  if (label === null) return words().duty.handover.system;
  return patient === null ? label : `${label} (${patient})`;
}

/** A trouble's, or that of a group of rules. */
function cause(name: string): string {
  return words().answers.list.troubles[name] ?? toldNow(name).text;
}

function who(one: HandoverAnswer["open"][number], clock: (iso: string) => string): string {
  const t = words().duty.handover;
  if (one.holder !== null) return t.holder(one.holder, one.until === null ? null : clock(one.until));
  return t.states[one.state] ?? t.nobody;
}
