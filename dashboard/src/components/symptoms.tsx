// How somebody feels: one press for what, words if they like.
import { useSignal } from "@preact/signals";
import type { Sayings } from "../home/sayings";
import type { TellSymptom } from "../messages";
import { words } from "../words";

type Kind = TellSymptom["what"];

export function Symptoms({ sayings }: { readonly sayings: Sayings }) {
  const t = words().home.symptoms;
  const chosen = useSignal<Kind | null>(null);
  const text = useSignal("");
  const told = useSignal(false);
  const waits = sayings.isWaiting("symptoms");
  const send = (event: Event) => {
    event.preventDefault();
    if (chosen.value === null) return;
    sayings.say("symptoms", { symptom: { what: chosen.value, words: text.value, at: null } });
    chosen.value = null;
    text.value = "";
    told.value = true;
  };
  return (
    <section class="home-card" data-testid="symptoms">
      <h2>{t.title}</h2>
      <p>{t.urgent}</p>
      <form onSubmit={send}>
        <fieldset class="symptoms">
          <legend class="hidden">{t.title}</legend>
          {(Object.keys(t.kinds) as Kind[]).map((kind) => (
            <label key={kind}>
              <input
                type="radio"
                name="symptom"
                value={kind}
                checked={chosen.value === kind}
                onChange={() => {
                  chosen.value = kind;
                  told.value = false;
                }}
              />
              <span>{t.kinds[kind]}</span>
            </label>
          ))}
        </fieldset>
        {chosen.value !== null && (
          <>
            <label class="symptom-words">
              {t.words}
              <textarea
                name="words"
                maxLength={500}
                rows={2}
                value={text.value}
                onInput={(event) => {
                  text.value = event.currentTarget.value;
                }}
              />
            </label>
            <button type="submit" class="button button-main" data-action="tell-symptom">
              {t.send}
            </button>
          </>
        )}
      </form>
      {waits && (
        <p class="failure" role="status">
          {t.waiting}
        </p>
      )}
      {told.value && !waits && sayings.refused.value === "" && <p role="status">{t.sent}</p>}
      <p class="note">{t.hint}</p>
    </section>
  );
}
