// How fresh a unit's data are, what is wrong on the way, in which phase its machine is: the same words on every page.
import { useApp } from "../context";
import { formatAge, formatMinutes } from "../format/times";
import { freshness, trouble, unheardMs } from "../live/freshness";
import type { Unit } from "../live/unit";
import { words } from "../words";
import { BarredIcon } from "./icons";

/** The age of the newest reading, as plain text while live and as a mark when it is not. */
export function Age({ unit }: { readonly unit: Unit }) {
  const { store, session } = useApp();
  if (!session.may("see readings")) return null;
  const t = words().tile;
  const fresh = freshness(unit, store.now.value, store.connected.value);
  if (fresh.kind === "none") {
    return (
      <span class="mark-badge" data-age="none">
        {t.noData}
      </span>
    );
  }
  const text = formatAge(fresh.ageMs);
  return fresh.kind === "live" ? (
    <span class="age" data-age="live">
      {t.live(text)}
    </span>
  ) : (
    <span class="mark-badge" data-age="stale">
      {t.stale(text)}
    </span>
  );
}

/** Box offline, machine not connected: different troubles for different people, never one word. */
export function TroubleMark({ unit }: { readonly unit: Unit }) {
  const { store } = useApp();
  const t = words();
  const now = store.now.value;
  const found = trouble(unit, now, store.connected.value);
  return (
    <>
      {found !== null && (
        <span class="mark-badge mark-trouble" data-trouble={found}>
          <BarredIcon />
          {found === "box-not-heard" ? notHeard(unheardMs(unit, now)) : t.trouble[found]}
        </span>
      )}
      {(unit.status?.trouble ?? "") !== "" && (
        <span class="mark-badge mark-trouble" data-trouble="box-troubled">
          <BarredIcon />
          {t.tile.boxTroubled}
        </span>
      )}
    </>
  );
}

/** "box not heard for 3 min"; without an age where it never spoke. */
export function notHeard(ms: number): string {
  const t = words();
  return Number.isFinite(ms) ? t.tile.notHeard(formatAge(ms)) : t.trouble["box-not-heard"];
}

export function PhaseText({ unit }: { readonly unit: Unit }) {
  const t = words();
  const elapsed = unit.values.get("treatment_elapsed")?.value;
  return (
    <span class="phase" data-phase={unit.phase}>
      {t.phases[unit.phase]}
      {unit.phase === "TX" && elapsed !== undefined && (
        <span class="phase-time">{t.tile.elapsed(formatMinutes(elapsed))}</span>
      )}
      {unit.flags.has("phase_derived") && unit.phase !== "UNKNOWN" && <span class="note"> ({t.tile.inferred})</span>}
    </span>
  );
}
