// A patient's treatments as a whole: what was missed or shortened, every figure from one to the next, and the calendar.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TrendsOf } from "../api";
import { across, CHARTS, monthStarts } from "../charts/trends";
import { AdherenceCalendar } from "../components/adherence-calendar";
import { OpenedBanner } from "../components/break-glass";
import { BackIcon } from "../components/icons";
import { NotLoaded } from "../components/not-loaded";
import { TrendChartView } from "../components/trend-chart";
import { FindingLane, TrendFindings } from "../components/trend-findings";
import { TrendPanel } from "../components/trend-panel";
import { useApp } from "../context";
import { formatDay } from "../format/times";
import type { RecentCounts, Trends } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { useAsked } from "./asked";

const DAY_MS = 86_400_000;
const AGAIN_MS = 300_000;
const SPANS = [91, 182, 364] as const;
/** Beyond, a month's name would have no room. */
const LAST_NAME = 0.94;
type Span = (typeof SPANS)[number];

export function TrendsPage({ of }: { readonly of: TrendsOf }) {
  const { api, store } = useApp();
  const t = words().trends;
  const span = useSignal<Span>(182);
  const ask = () => api.trends(of, (store.now.value || Date.now()) - span.value * DAY_MS);
  const asked = useAsked(ask, `${JSON.stringify(of)} ${span.value}`, "", AGAIN_MS);
  const known = typeof asked === "string" ? null : asked;
  const home = "unit" in of ? of.unit : known?.unit;
  const unit = home == null ? undefined : store.unit(home)?.value;
  return (
    <main id="content" tabIndex={-1} class="page trends-page">
      <header class="patient-head">
        <a class="back" href={home == null ? link.wall : link.patient(home)}>
          <BackIcon />
          {t.back}
        </a>
        <h1>
          {t.title}
          {known !== null && `: ${known.patient.name}`}
        </h1>
        <SpanChoice span={span} />
        {known !== null && <p class="note">{t.asOf(formatDay(Date.parse(known.server_time), store.now.value))}</p>}
      </header>
      {unit !== undefined && <OpenedBanner unit={unit} />}
      {typeof asked === "string" ? <NotLoaded state={asked} failed={t.failed} /> : <Known trends={asked} />}
    </main>
  );
}

function SpanChoice({ span }: { readonly span: Signal<Span> }) {
  const t = words().trends;
  return (
    <fieldset class="segments">
      <legend class="hidden">{t.span}</legend>
      {SPANS.map((choice) => (
        <label key={choice}>
          <input
            type="radio"
            name="span"
            checked={span.value === choice}
            onChange={() => {
              span.value = choice;
            }}
          />
          <span>{t.spans[choice]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Known({ trends }: { readonly trends: Trends }) {
  const t = words().trends;
  const { treatments } = trends;
  const last = treatments.length - 1;
  const chosen = useSignal(last);
  // Another time shown has others: the newest is looked at first.
  useEffect(() => {
    chosen.value = last;
  }, [chosen, last]);
  const places = across(trends.days, treatments);
  return (
    <>
      <Recent counts={trends.recent} />
      {treatments.length === 0 ? (
        <p class="empty">{t.noTreatments}</p>
      ) : (
        <div class="trend-columns">
          <TrendPanel trends={trends} chosen={chosen} />
          <section class="trend-charts" aria-label={t.charts} data-testid="trend-charts">
            <p class="note">{t.keys}</p>
            <FindingLane trends={trends} places={places} />
            {CHARTS.map((chart) => (
              <TrendChartView key={chart.key} chart={chart} trends={trends} places={places} chosen={chosen} />
            ))}
            <MonthAxis trends={trends} />
          </section>
        </div>
      )}
      <AdherenceCalendar trends={trends} />
      <TrendFindings trends={trends} />
    </>
  );
}

function MonthAxis({ trends }: { readonly trends: Trends }) {
  const format = new Intl.DateTimeFormat(words().locale, { month: "short", timeZone: "UTC" });
  return (
    <p class="trend-months" aria-hidden="true">
      {monthStarts(trends.days)
        .filter(({ at }) => at < LAST_NAME)
        .map(({ at, date }) => (
          <span key={date} style={{ left: `${at * 100}%` }}>
            {format.format(new Date(`${date}T00:00:00Z`))}
          </span>
        ))}
    </p>
  );
}

/** In words first: the counts are what most people came for. */
function Recent({ counts }: { readonly counts: RecentCounts | null }) {
  const { store } = useApp();
  const t = words().trends.recent;
  const full = counts !== null && store.now.value - Date.parse(counts.since) >= 27.5 * DAY_MS;
  return (
    <section class="trend-recent" aria-labelledby="recent-title" data-testid="recent">
      <h2 id="recent-title">
        {counts === null || full ? t.title : t.since(formatDay(Date.parse(counts.since), store.now.value))}
      </h2>
      {counts === null ? (
        <p>{t.noSchedule}</p>
      ) : (
        <>
          <p>
            <strong>{t.missed(counts.missed, counts.planned)}</strong> {counts.unknown > 0 && t.unknown(counts.unknown)}
          </p>
          <p>
            <strong>{t.short(counts.short, counts.treated)}</strong>{" "}
            {counts.unmeasured > 0 && t.unmeasured(counts.unmeasured)}
          </p>
        </>
      )}
    </section>
  );
}
