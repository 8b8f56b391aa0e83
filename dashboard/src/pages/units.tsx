// How every unit's box is, the worst first. Names for those who see patients; how it stands is said in words.
import { useSignal } from "@preact/signals";
import { NotLoaded } from "../components/not-loaded";
import { UnitFigures } from "../components/unit-figures";
import { useApp } from "../context";
import type { Installation } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { useAsked } from "./asked";

const EVERY_MS = 15_000;

export function UnitsPage() {
  const { api } = useApp();
  const t = words().admin;
  const parts = useSignal(1);
  // All parts that are open are asked for again: a unit that has become worse moves up.
  const ask = async () => {
    const units: Installation[] = [];
    let next: string | null = null;
    let at = "";
    for (let part = 0; part < parts.value && (part === 0 || next !== null); part += 1) {
      const answer = await api.installations(next);
      units.push(...answer.units);
      next = answer.next;
      at = answer.server_time;
    }
    return { units, next, at };
  };
  const asked = useAsked(ask, "units", String(parts.value), EVERY_MS);
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="units-page">
      <div class="page-head">
        <h1>{t.units.title}</h1>
      </div>
      {typeof asked === "string" ? (
        <NotLoaded state={asked} failed={t.failed} />
      ) : (
        <>
          {asked.units.length === 0 && <p>{t.units.none}</p>}
          <ul class="parts">
            {asked.units.map((one) => (
              <li key={one.unit} class="sheet part" data-unit={one.unit} data-standing={one.standing}>
                <h2>
                  <a class="link-button" href={link.unit(one.unit)}>
                    {one.label}
                  </a>{" "}
                  <span class="note">{one.unit}</span>{" "}
                  <span class="part-standing">{t.units.standing[one.standing]}</span>
                </h2>
                <UnitFigures of={one} nowMs={Date.parse(asked.at)} />
              </li>
            ))}
          </ul>
          {asked.next !== null && (
            <button
              type="button"
              class="button"
              onClick={() => {
                parts.value += 1;
              }}
            >
              {t.more}
            </button>
          )}
        </>
      )}
    </main>
  );
}
