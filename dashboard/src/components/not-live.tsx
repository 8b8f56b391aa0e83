// That what the strips show is not live: which span it is, of which treatment, and the way back.
import type { TimeView } from "../charts/time-view";
import { useApp } from "../context";
import { formatClock, formatDay } from "../format/times";
import { words } from "../words";

export function NotLive({ view, unit }: { readonly view: TimeView; readonly unit: string }) {
  const { store } = useApp();
  const t = words().timeline.zoom;
  const held = view.held.value;
  const now = store.now.value;
  const clock = (atS: number) => formatClock(atS * 1000, now);
  return (
    // There from the start, so that what comes into it is read out.
    <div class="not-live" role="status" data-testid="not-live" data-held={held !== null}>
      {held !== null && (
        <>
          <p>
            <strong>{t.notLive(clock(held.span.startS), clock(held.span.endS))}</strong>{" "}
            {held.treatment !== null && t.ofTreatment(formatDay(Date.parse(held.treatment.start), now))}{" "}
            {held.treatment !== null && held.treatment.unit !== unit && t.otherUnit(held.treatment.unit)} {t.beside}
          </p>
          <button type="button" class="button" onClick={() => view.live()}>
            {t.live}
          </button>
        </>
      )}
    </div>
  );
}
