// Every open alert, most urgent first, and what ended lately.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Bulk } from "../alerts/bulk";
import { EVERYTHING, type Filter, filtered, type Whose } from "../alerts/filter";
import { byUrgency, isOpen } from "../alerts/priority";
import { AlertCard } from "../components/alert-card";
import { AlertFilter } from "../components/alert-filter";
import { BulkBar, Tick } from "../components/bulk-bar";
import { FirstOfMany } from "../components/first-of-many";
import { useApp } from "../context";
import type { Unit } from "../live/unit";
import type { AlertView } from "../messages";
import { words } from "../words";

type Loaded = "loading" | "failed" | readonly AlertView[];

export function AlertsPage({ selected }: { readonly selected: string | null }) {
  const { api, session, store } = useApp();
  const t = words().alerts;
  const recent = useSignal<Loaded>("loading");
  const beyond = useSignal(false);
  const load = () => {
    recent.value = "loading";
    api.alerts("recent").then(
      (answer) => {
        recent.value = answer.alerts;
        beyond.value = answer.beyond;
      },
      () => {
        recent.value = "failed";
      },
    );
  };
  useEffect(load, [api, recent]);
  const open = store.open.value;
  const filter = useSignal<Filter>(EVERYTHING);
  const bulk = useMemo(() => new Bulk(api), [api]);
  const clinics = useClinics();
  const listed = filtered(open, filter.value, session.me.value?.user.name, (unit) => whose(store.unit(unit)?.peek()));
  const ended = endedAlerts(recent.value, store.alerts.value);
  useEffect(() => {
    if (selected !== null) document.getElementById(`alert-${selected}`)?.scrollIntoView({ block: "center" });
  }, [selected, open.length > 0, ended.length > 0]);
  return (
    <main id="content" tabIndex={-1} class="page alerts-page">
      <div class="page-head">
        <h1>{t.title}</h1>
      </div>
      <section class="alert-list" data-testid="open-alerts" aria-labelledby="open-title">
        <h2 id="open-title">
          {t.open} <span class="count-plain">{open.length}</span>
        </h2>
        {open.length === 0 && (
          <div class="empty">
            <p>{t.none}</p>
            <p class="note">{t.noneNote}</p>
          </div>
        )}
        {open.length > 0 && (
          <AlertFilter
            filter={filter.value}
            clinics={clinics}
            left={listed.length}
            of={open.length}
            onChange={(next) => {
              filter.value = next;
            }}
          />
        )}
        {open.length > 0 && listed.length === 0 && <p class="empty">{words().inbox.nothing}</p>}
        <FirstOfMany
          of={listed}
          atLeast={place(listed, selected)}
          head={(drawn) => <BulkBar bulk={bulk} listed={listed} drawn={drawn} />}
        >
          {(alert) => (
            <div key={alert.alert_id} class="ticked">
              <Tick bulk={bulk} alert={alert} />
              <AlertCard alert={alert} expanded={alert.alert_id === selected} />
            </div>
          )}
        </FirstOfMany>
      </section>
      <section class="alert-list" data-testid="recent-alerts" aria-labelledby="recent-title">
        <h2 id="recent-title">{t.recent}</h2>
        {recent.value === "loading" && <p class="note">{t.loading}</p>}
        {recent.value === "failed" && (
          <p class="failure" role="alert">
            {t.failed}{" "}
            <button type="button" class="button" onClick={load}>
              {t.retry}
            </button>
          </p>
        )}
        {typeof recent.value !== "string" && ended.length === 0 && <p class="note">{t.noRecent}</p>}
        <FirstOfMany of={ended} atLeast={place(ended, selected)}>
          {(alert) => <AlertCard key={alert.alert_id} alert={alert} expanded={alert.alert_id === selected} />}
        </FirstOfMany>
        {beyond.value && <p class="note">{t.beyond}</p>}
      </section>
    </main>
  );
}

/** The clinics of the units that are seen here. */
function useClinics(): readonly string[] {
  const { store } = useApp();
  // As one text: the units change with every reading, their clinics hardly ever, and then only is the page drawn anew.
  const names = useComputed(() => [...new Set(store.units().map((unit) => unit.clinic ?? ""))].sort().join("\n"));
  return names.value.split("\n").filter((name) => name !== "");
}

function whose(unit: Unit | undefined): Whose {
  return { names: [unit?.patient, unit?.label, unit?.id].filter((name) => name != null), clinic: unit?.clinic ?? null };
}

function place(alerts: readonly AlertView[], selected: string | null): number {
  return selected === null ? 0 : alerts.findIndex((alert) => alert.alert_id === selected) + 1;
}

/** What has ended, from the list that was loaded and from what this screen saw end; the live word is newer. */
export function endedAlerts(loaded: Loaded, live: ReadonlyMap<string, AlertView>): AlertView[] {
  const known = new Map(typeof loaded === "string" ? [] : loaded.map((alert) => [alert.alert_id, alert]));
  for (const [id, alert] of live) known.set(id, alert);
  return [...known.values()].filter((alert) => !isOpen(alert)).sort(newestFirst);
}

function newestFirst(left: AlertView, right: AlertView): number {
  return Date.parse(right.changed_at) - Date.parse(left.changed_at) || byUrgency(left, right);
}
