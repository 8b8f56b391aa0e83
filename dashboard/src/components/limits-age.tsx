// What is prescribed and limited, for the strips, and how old it is.
import { useEffect, useMemo } from "preact/hooks";
import { LimitBook, READ_EVERY_MS } from "../charts/limit-book";
import { useApp } from "../context";
import { formatAge } from "../format/times";
import type { Unit } from "../live/unit";
import { words } from "../words";

/** What is prescribed and limited for whom the unit serves; empty for whoever may not see it, or where it serves nobody. */
export function useLimits(unit: Unit): LimitBook {
  const { api, session, store } = useApp();
  // Whose limits they are: another patient's are never drawn under this one's course.
  const book = useMemo(() => new LimitBook(api, store, unit.id), [api, store, unit.id, unit.patient]);
  const may = session.may("see prescription") && unit.patient !== null;
  useEffect(() => {
    if (!may) return undefined;
    void book.read();
    const timer = setInterval(() => void book.read(), READ_EVERY_MS);
    return () => clearInterval(timer);
  }, [book, may]);
  return book;
}

/** As of when the limits on the strips are, where that is not now. */
export function LimitsAge({ book, drawn }: { readonly book: LimitBook; readonly drawn: boolean }) {
  const { store } = useApp();
  const t = words().timeline.limits;
  const at = book.readAtMs.value;
  if (!book.failed.value) return drawn || at === null ? null : <p class="note">{t.notOfThen}</p>;
  return <p class="failure">{at === null ? t.unknown : t.old(formatAge(Math.max(0, store.now.value - at)))}</p>;
}
