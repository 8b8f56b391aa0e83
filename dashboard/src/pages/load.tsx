// What alerts asked of people, which rules asked for nothing, and when there was a flood.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { NotLoaded } from "../components/not-loaded";
import { useApp } from "../context";
import { toldNow } from "../format/reasons";
import { formatClock } from "../format/times";
import type { FiguresView, LoadAnswer, PersonLoadView, RuleLoadView } from "../messages";
import { words } from "../words";
import { useAsked } from "./asked";

type Days = keyof ReturnType<typeof words>["duty"]["load"]["spans"];
const DAYS: readonly Days[] = ["1", "7"];

export function LoadPage() {
  const { api, store, session } = useApp();
  const t = words().duty.load;
  const days = useSignal<Days>("1");
  // Counting a week takes the server seconds: once, and again when it is asked for.
  const started = store.now.value > 0;
  const asked = useAsked(
    () => api.load(Number(days.value), store.now.value > 0 ? store.now.value : Date.now()),
    days.value,
    String(started),
    null,
  );
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="load-page">
      <div class="page-head">
        <h1>{t.title}</h1>
        <fieldset class="segments">
          <legend class="hidden">{t.span}</legend>
          {DAYS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="span"
                value={one}
                checked={days.value === one}
                onChange={() => {
                  days.value = one;
                }}
              />
              <span>{t.spans[one]}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {typeof asked === "string" ? (
        <NotLoaded state={asked} failed={t.failed} />
      ) : (
        <Figures of={asked} othersShown={session.may("see load of others")} />
      )}
    </main>
  );
}

function Figures({ of, othersShown }: { readonly of: LoadAnswer; readonly othersShown: boolean }) {
  const t = words().duty.load;
  return (
    <>
      <p class="note aims">{t.aims}</p>
      <section class="sheet" aria-labelledby="load-people">
        <h2 id="load-people">{t.people}</h2>
        {!othersShown && <p class="note">{t.onlyYou}</p>}
        {of.people.length === 0 ? <p>{t.noPeople}</p> : <People people={of.people} />}
      </section>
      <section class="sheet" aria-labelledby="load-floods">
        <h2 id="load-floods">{t.floods}</h2>
        <Floods of={of} />
      </section>
      <section class="sheet" aria-labelledby="load-rules">
        <h2 id="load-rules">{t.rules}</h2>
        <Rules rules={of.rules} all={of.all} />
      </section>
      {of.homes.length > 0 && (
        <section class="sheet" aria-labelledby="load-homes">
          <h2 id="load-homes">{t.homes}</h2>
          <Rules rules={of.homes} />
          {of.more_homes > 0 && <p class="note">{t.moreHomes(of.more_homes)}</p>}
        </section>
      )}
    </>
  );
}

function People({ people }: { readonly people: readonly PersonLoadView[] }) {
  const t = words().duty.load.heads;
  return (
    <Table heads={[t.of, t.count, t.pages, t.shift, t.perTen, t.peak, t.actionable, t.stale, t.beyond]}>
      {people.map((one) => (
        <tr key={one.person} data-person={one.person}>
          <th scope="row">{one.person}</th>
          <td>{one.figures.count}</td>
          <td>{one.pages}</td>
          <td>{one.most_pages_in_shift}</td>
          <td>{rate(one.figures.per_10_min)}</td>
          <td>{one.figures.peak_10_min}</td>
          <td>{share(one.figures.actionable)}</td>
          <td>{one.figures.stale}</td>
          <td class="words">
            {one.beyond.length === 0 ? (
              "–"
            ) : (
              <strong>{one.beyond.map((missed) => toldNow(missed).text).join("; ")}</strong>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Rules({ rules, all }: { readonly rules: readonly RuleLoadView[]; readonly all?: FiguresView }) {
  const { rules: book } = useApp();
  const load = words().duty.load;
  const t = load.heads;
  if (rules.length === 0) return <p>{load.none}</p>;
  const homes = all === undefined ? [t.home] : [];
  return (
    <Table heads={[t.of, ...homes, t.count, t.perTen, t.peak, t.actionable, t.stale, t.chattering, t.nuisance]}>
      {all !== undefined && (
        <tr>
          <th scope="row">{load.everything}</th>
          <Numbers of={all} />
          <td>–</td>
        </tr>
      )}
      {rules.map((one) => (
        <tr key={`${one.rule} ${one.home}`} data-rule={one.rule} data-word={one.word}>
          <th scope="row">
            {book.title(one)} <span class="note">{one.rule}</span>
          </th>
          {all === undefined && <td class="words">{one.home}</td>}
          <Numbers of={one.figures} />
          <td>
            {share(one.nuisance)}{" "}
            {one.word === "noisy" ? <strong>{load.verdict.noisy}</strong> : load.verdict[one.word]}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Numbers({ of }: { readonly of: FiguresView }) {
  return (
    <>
      <td>{of.count}</td>
      <td>{rate(of.per_10_min)}</td>
      <td>{of.peak_10_min}</td>
      <td>{share(of.actionable)}</td>
      <td>{of.stale}</td>
      <td>{of.chattering}</td>
    </>
  );
}

function Floods({ of }: { readonly of: LoadAnswer }) {
  const { store } = useApp();
  const t = words().duty.load;
  const all = [
    ...of.all.floods.map((flood) => ({ who: t.everything, flood })),
    ...of.people.flatMap(({ person, figures }) => figures.floods.map((flood) => ({ who: person, flood }))),
  ].sort((left, right) => Date.parse(right.flood.begins) - Date.parse(left.flood.begins));
  if (all.length === 0) return <p>{t.noFloods}</p>;
  const clock = (iso: string) => formatClock(Date.parse(iso), store.now.value, false);
  return (
    <ul class="lines">
      {all.map(({ who, flood }) => (
        <li key={`${who} ${flood.begins}`} data-testid="flood">
          <time dateTime={flood.begins}>{`${clock(flood.begins)} – ${clock(flood.ends)}`}</time>{" "}
          {t.flood(who, flood.count, flood.peak)}
        </li>
      ))}
    </ul>
  );
}

function Table({ heads, children }: { readonly heads: readonly string[]; readonly children: ComponentChildren }) {
  const { home, beyond } = words().duty.load.heads;
  const inWords = new Set([home, beyond]);
  return (
    // A table is wider than a phone: it scrolls by itself, also with the keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus
    <div class="table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" class={inWords.has(head) ? "words" : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function share(value: number | null): string {
  return value === null ? "–" : `${Math.round(value * 100)} %`;
}

function rate(value: number): string {
  return value === 0 ? "0" : value < 0.1 ? "< 0.1" : value.toFixed(1);
}
