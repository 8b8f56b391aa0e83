// How old what is shown of a prescription is, that it may hold no more, and that somebody has changed it meanwhile.
import { useApp } from "../context";
import { formatAge, formatDay } from "../format/times";
import type { Reading } from "../prescription/reading";
import { words } from "../words";

export function ReadingAge({ reading }: { readonly reading: Reading }) {
  const { store } = useApp();
  const t = words().prescription.reading;
  const now = store.now.value; // it ages while nothing else happens
  const age = formatAge(reading.ageMs());
  const meanwhile = reading.meanwhile.value;
  return (
    <>
      {reading.isOld ? (
        <p class="failure" role="alert" data-testid="reading-old">
          {t.old(age)}{" "}
          <button type="button" class="button" data-action="read" onClick={() => void reading.read()}>
            {words().alerts.retry}
          </button>
        </p>
      ) : (
        <p class="note" data-testid="reading-age">
          {t.age(age)}
        </p>
      )}
      {meanwhile !== null && (
        <p class="failure" role="alert" data-testid="meanwhile">
          {meanwhile.by === null || meanwhile.at === null
            ? t.changed
            : t.changedBy(meanwhile.by, formatDay(Date.parse(meanwhile.at), now))}{" "}
          <button type="button" class="button" data-action="look-again" onClick={() => void reading.read(true)}>
            {t.lookAgain}
          </button>
        </p>
      )}
    </>
  );
}
