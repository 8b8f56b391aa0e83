// One unit for those who run it: its box, whom it served, its settings, and whom it is to serve.

import { useSignal } from "@preact/signals";
import { ApiError } from "../api";
import { NotLoaded } from "../components/not-loaded";
import { UnitDeeds } from "../components/unit-deeds";
import { UnitFigures } from "../components/unit-figures";
import { useApp } from "../context";
import { refusalNow } from "../format/refusals";
import { formatDay } from "../format/times";
import { link } from "../routes";
import { words } from "../words";
import { useAsked } from "./asked";

const EVERY_MS = 15_000;

export function UnitPage({ unit }: { readonly unit: string }) {
  const { api } = useApp();
  const t = words().admin.units;
  const version = useSignal(0);
  const failure = useSignal("");
  const asked = useAsked(() => api.installation(unit), unit, String(version.value), EVERY_MS);
  const act = async (work: () => Promise<unknown>) => {
    failure.value = "";
    try {
      await work();
    } catch (error) {
      failure.value = error instanceof ApiError ? `${refusalNow(error, words().admin.failed)}.` : words().admin.failed;
    }
    version.value += 1;
  };
  const nowMs = typeof asked === "string" ? 0 : Date.parse(asked.server_time);
  const day = (at: string) => formatDay(Date.parse(at), nowMs);
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="unit-page">
      <p>
        <a class="link-button" href={link.units}>
          {t.back}
        </a>
      </p>
      {typeof asked === "string" ? (
        <NotLoaded state={asked} failed={words().admin.failed} />
      ) : (
        <>
          <section class="sheet part" data-standing={asked.unit.standing}>
            <h1>
              {asked.unit.label} <span class="note">{asked.unit.unit}</span>{" "}
              <span class="part-standing">{t.standing[asked.unit.standing]}</span>
            </h1>
            <UnitFigures of={asked.unit} nowMs={nowMs} />
            {failure.value !== "" && (
              <p class="failure" role="alert">
                {failure.value}
              </p>
            )}
            {asked.changeable && <UnitDeeds of={asked} act={act} />}
          </section>
          <section class="sheet">
            <h2>{t.bindings}</h2>
            {asked.bindings.length === 0 && <p>{t.nobody}</p>}
            <ul>
              {asked.bindings.map((one) => (
                <li key={one.since}>
                  {one.patient ?? t.somebody}{" "}
                  <span class="note">{t.period(day(one.since), one.until === null ? t.now : day(one.until))}</span>
                </li>
              ))}
            </ul>
            {asked.bindings_beyond && <p class="note">{t.bindingsBeyond}</p>}
          </section>
          <section class="sheet">
            <h2>{t.versions}</h2>
            {asked.settings.length === 0 && <p>{t.inForce(0, 0)}</p>}
            <ul>
              {asked.settings.map((one) => (
                <li key={one.serial}>
                  {one.serial} · {one.reason}{" "}
                  <span class="note">
                    {one.author}, {day(one.at)}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </main>
  );
}
