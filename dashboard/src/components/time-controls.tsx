// Zooming and moving over the treatment, and going to earlier ones: by button, key, wheel or finger.
import { STEP, type TimeView } from "../charts/time-view";
import { comparing, type Past } from "../charts/usual";
import { chosenWindow, WINDOWS, type Window } from "../charts/window";
import { earlier, neighbours } from "../charts/zoom";
import { useApp } from "../context";
import { formatDay, formatMinutes } from "../format/times";
import type { TreatmentView } from "../messages";
import { words } from "../words";

interface Props {
  readonly view: TimeView;
  readonly window: Window | null;
  readonly past: Past | null;
}

export function TimeControls({ view, window, past }: Props) {
  const t = words().patient;
  return (
    // Keys are for whoever is at these controls: nobody else's are taken.
    // biome-ignore lint/a11y/noStaticElementInteractions: what is pressed are the buttons within
    <div class="time-controls" onKeyDown={(pressed) => byKey(pressed, view)}>
      <fieldset class="segments">
        <legend class="hidden">{t.window}</legend>
        {WINDOWS.map((choice) => (
          <label key={choice}>
            <input
              type="radio"
              name="window"
              checked={!view.isHeld.value && window === choice}
              onClick={() => {
                chosenWindow.value = choice;
                view.live();
              }}
            />
            <span>{t.windows[choice]}</span>
          </label>
        ))}
      </fieldset>
      <ZoomButtons view={view} />
      {past !== null && <EarlierTreatments view={view} past={past} />}
      {past !== null && (
        <button
          type="button"
          class="button"
          aria-pressed={comparing.value}
          onClick={() => {
            comparing.value = !comparing.peek();
          }}
        >
          {words().timeline.usual.button}
        </button>
      )}
    </div>
  );
}

function byKey(pressed: KeyboardEvent, view: TimeView): void {
  const { target, key } = pressed;
  // Fields have their own use for these keys.
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
  if (key === "+" || key === "=") view.zoom(STEP.closer);
  else if (key === "-") view.zoom(STEP.wider);
  else if (key === "ArrowLeft") view.pan(STEP.back);
  else if (key === "ArrowRight") view.pan(STEP.forth);
  else if (key === "Home") view.live();
  else return;
  pressed.preventDefault();
}

function ZoomButtons({ view }: { readonly view: TimeView }) {
  const t = words().timeline.zoom;
  const buttons = [
    { name: t.closer, sign: "+", act: () => view.zoom(STEP.closer) },
    { name: t.wider, sign: "−", act: () => view.zoom(STEP.wider) },
    { name: t.back, sign: "←", act: () => view.pan(STEP.back) },
    { name: t.forth, sign: "→", act: () => view.pan(STEP.forth) },
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons that act are no fields of a form
    <div class="zoom-buttons" role="group" aria-label={t.group} title={t.keys}>
      {buttons.map(({ name, sign, act }) => (
        <button key={sign} type="button" class="button" aria-label={name} title={name} onClick={act}>
          <span aria-hidden="true">{sign}</span>
        </button>
      ))}
    </div>
  );
}

interface EarlierProps {
  readonly view: TimeView;
  readonly past: Past;
}

function EarlierTreatments({ view, past }: EarlierProps) {
  const { store } = useApp();
  const t = words().timeline.earlier;
  const found = past.treatments.value;
  if (found === null) return null;
  if (found === "failed") return <p class="failure">{t.failed}</p>;
  const ended = earlier(found);
  if (ended.length === 0) return <p class="note">{t.none}</p>;
  const shown = view.treatment.value;
  const { before, after } = neighbours(ended, shown);
  const now = store.now.value;
  return (
    <div class="earlier">
      <button
        type="button"
        class="button"
        aria-label={t.before}
        title={t.before}
        disabled={before === null}
        onClick={() => before !== null && view.open(before)}
      >
        <span aria-hidden="true">«</span>
      </button>
      <label>
        <span class="hidden">{t.label}</span>
        <select
          value={shown?.treatment_id ?? ""}
          onChange={({ currentTarget }) => {
            const wanted = ended.find(({ treatment_id }) => treatment_id === currentTarget.value);
            if (wanted === undefined) view.live();
            else view.open(wanted);
          }}
        >
          <option value="">{t.current}</option>
          {ended.map((one) => (
            <option key={one.treatment_id} value={one.treatment_id}>
              {formatDay(Date.parse(one.start), now)} ({formatMinutes(minutes(one))} {words().units.h})
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="button"
        aria-label={t.after}
        title={t.after}
        disabled={shown === null}
        onClick={() => (after === null ? view.live() : view.open(after))}
      >
        <span aria-hidden="true">»</span>
      </button>
    </div>
  );
}

function minutes({ start, end }: TreatmentView): number {
  return end === null ? 0 : (Date.parse(end) - Date.parse(start)) / 60_000;
}
