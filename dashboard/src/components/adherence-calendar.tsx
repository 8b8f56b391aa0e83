// Which planned treatments took place, day by day: a table a month, each day a shape, and in words for whoever hears it.
import { dateIn, firstWeekday, type Month, months, weekdays } from "../charts/calendar";
import { useApp } from "../context";
import type { TrendDay, Trends } from "../messages";
import { link } from "../routes";
import { words } from "../words";
import { DayMark } from "./day-mark";

export function AdherenceCalendar({ trends }: { readonly trends: Trends }) {
  const { store } = useApp();
  const t = words().trends;
  const first = firstWeekday(words().locale);
  const today = dateIn(trends.zone, store.now.value || Date.parse(trends.server_time));
  return (
    <section class="calendar" aria-labelledby="calendar-title" data-testid="calendar">
      <h2 id="calendar-title">{t.calendar}</h2>
      <p class="note">{t.zone(trends.zone)}</p>
      <div class="calendar-months">
        {months(trends.days, first).map((month) => (
          <MonthTable key={month.month} month={month} first={first} today={today} />
        ))}
      </div>
      <Legend states={new Set(trends.days.map(({ state }) => state))} />
    </section>
  );
}

interface MonthProps {
  readonly month: Month;
  readonly first: number;
  readonly today: string;
}

function MonthTable({ month: { month, weeks }, first, today }: MonthProps) {
  const { locale } = words();
  const name = (date: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
  return (
    <table class="calendar-month" data-month={month}>
      <caption>{name(`${month}-01`, { month: "long", year: "numeric" })}</caption>
      <thead>
        <tr>
          {weekdays(first).map((day) => (
            // The first of June 2026 was a Monday.
            <th key={day} scope="col" abbr={name(`2026-06-0${day}`, { weekday: "long" })}>
              {name(`2026-06-0${day}`, { weekday: "short" })}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week, row) => (
          <tr key={`${month}-${row}`}>
            {week.map((day, column) =>
              day === null ? (
                <td key={`none-${column}`} class="day-none" />
              ) : (
                <DayCell key={day.date} day={day} isToday={day.date === today} />
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function DayCell({ day, isToday }: { readonly day: TrendDay; readonly isToday: boolean }) {
  const t = words().trends;
  const said = dayInWords(day);
  const number = Number(day.date.slice(8));
  const [only, ...more] = day.treatments;
  const shown = (
    <>
      <span class="day-number">{number}</span>
      <DayMark state={day.state} />
      <span class="hidden">{`${isToday ? `, ${t.today}` : ""}: ${said}`}</span>
    </>
  );
  return (
    <td
      class="day"
      data-date={day.date}
      data-state={day.state}
      aria-current={isToday ? "date" : undefined}
      title={said}
    >
      {only === undefined ? shown : <a href={link.report(only)}>{shown}</a>}
      {more.map((id, index) => (
        <a key={id} class="day-more" href={link.report(id)} aria-label={`${number}: ${said} (${index + 2})`}>
          {index + 2}
        </a>
      ))}
    </td>
  );
}

function dayInWords({ state, why }: TrendDay): string {
  const t = words().trends;
  return why === null ? t.states[state] : `${t.states[state]}: ${t.why[why]}`;
}

/** Of what is shown, in the order of the states. */
function Legend({ states }: { readonly states: ReadonlySet<TrendDay["state"]> }) {
  const t = words().trends;
  const named = (Object.keys(t.states) as TrendDay["state"][]).filter(
    (state) => states.has(state) && state !== "not planned",
  );
  return (
    <ul class="calendar-legend" aria-label={t.legend}>
      {named.map((state) => (
        <li key={state}>
          <DayMark state={state} /> {t.states[state]}
        </li>
      ))}
    </ul>
  );
}
