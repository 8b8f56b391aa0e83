// A patient's own last treatments: listed, and what was usual in them, with the words that it is no limit.
import { useEffect, useMemo } from "preact/hooks";
import { comparing, current, Past, stretches } from "../charts/usual";
import { useApp } from "../context";
import type { TreatmentView } from "../messages";
import { words } from "../words";

const LIST_EVERY_MS = 60_000;

/** The patient's treatments, now and then: one may have begun or ended meanwhile. */
export function usePast(patient: string | null, live: boolean): Past | null {
  const { api, session } = useApp();
  const may = session.may("see treatments") && patient !== null;
  const past = useMemo(() => (may ? new Past(api, patient) : null), [api, may, patient]);
  useEffect(() => {
    if (!live || past === null) return undefined;
    void past.list();
    const timer = setInterval(() => void past.list(), LIST_EVERY_MS);
    return () => clearInterval(timer);
  }, [past, live]);
  return past;
}

type UsualBands = ReadonlyMap<string, ReturnType<typeof stretches>>;
const NOTHING_USUAL: UsualBands = new Map();

/** By signal, for the earlier treatment that is open or the one that goes on; nothing unless somebody compares. */
export function useUsual(past: Past | null, opened: TreatmentView | null): UsualBands {
  const listed = past?.treatments.value;
  const treatment = opened ?? (Array.isArray(listed) ? current(listed) : null);
  const on = comparing.value;
  useEffect(() => {
    if (on && treatment !== null) void past?.compare(treatment);
  }, [past, on, treatment]);
  const found = past?.usual.value;
  return useMemo(() => {
    if (!on || found == null || found === "failed") return NOTHING_USUAL;
    const { usual, startS } = found;
    return new Map(Object.entries(usual.series).map(([name, course]) => [name, stretches(course, startS)]));
  }, [on, found]);
}

/** On how much it rests, and that it is no limit. */
export function UsualLine({ past }: { readonly past: Past }) {
  const t = words().timeline.usual;
  const found = past.usual.value;
  const listed = past.treatments.value;
  if (found === "failed") return <p class="failure">{t.failed}</p>;
  if (found === null)
    return <p class="note">{Array.isArray(listed) && current(listed) === null ? t.noTreatment : t.asking}</p>;
  const { treatments, series } = found.usual;
  return (
    <p class="note usual-line" role="status" data-testid="usual">
      {Object.keys(series).length === 0 ? t.tooFew(treatments) : t.told(treatments)}
    </p>
  );
}
