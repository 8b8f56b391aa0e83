// Whether this screen would be heard: a button in the frame, and a line where that is in doubt.
import { useApp } from "../context";
import { formatAge } from "../format/times";
import { words } from "../words";
import { SpeakerIcon } from "./icons";

export function SoundButton() {
  const { session, sounding } = useApp();
  const t = words().inbox.sound;
  if (!session.may("see alerts")) return null;
  const state = sounding.here.value;
  const on = state === "armed" || state === "paused" || state === "no line";
  const label = state === "no line" ? t.noLine : on ? t.armed : state === "blocked" ? t.blocked : t.off;
  return (
    <button
      type="button"
      class="how-reached sound-button"
      data-testid="sound"
      data-sound={state}
      data-played={sounding.played.value?.count ?? 0}
      title={label}
      onClick={() => (on ? sounding.pause() : void sounding.test())}
    >
      <SpeakerIcon silent={state !== "armed"} />
      <span class="hidden">{on ? `${label}. ${t.pause}` : label}</span>
    </button>
  );
}

/** On a wall always while it would not be heard: whoever passes sees that this screen is silent. */
export function SoundLine() {
  const { session, sounding } = useApp();
  const t = words().inbox.sound;
  if (!session.may("see alerts")) return null;
  const state = sounding.here.value;
  const isWall = session.me.value?.user.role === "kiosk";
  if (sounding.testing.value) {
    return (
      <section class="sound-line" aria-label={t.label} data-testid="sound-line">
        <p role="status">{t.test}</p>
        <button type="button" class="button button-primary" data-action="heard" onClick={() => sounding.answer(true)}>
          {t.heard}
        </button>
        <button type="button" class="button" data-action="unheard" onClick={() => sounding.answer(false)}>
          {t.unheard}
        </button>
        <p class="note">{t.notPrimary}</p>
      </section>
    );
  }
  if (state === "paused") {
    const left = formatAge(sounding.pausedUntilMs.value - sounding.nowMs.value);
    return (
      <section class="sound-line" aria-label={t.label} data-testid="sound-line">
        <p>{t.paused(left)}</p>
        <button type="button" class="button" data-action="resume-sound" onClick={() => sounding.resume()}>
          {t.resume}
        </button>
        <button type="button" class="button" data-action="sound-off" onClick={() => sounding.turnOff()}>
          {t.turnOff}
        </button>
      </section>
    );
  }
  if (state === "no line") {
    return (
      <section class="sound-line" aria-label={t.label} data-testid="sound-line">
        <p>{t.noLine}</p>
      </section>
    );
  }
  if (state === "armed" || (state === "off" && !isWall)) return null;
  return (
    <section class="sound-line" aria-label={t.label} data-testid="sound-line">
      <button type="button" class="button" data-action="arm-sound" onClick={() => void sounding.test()}>
        <SpeakerIcon silent /> {state === "blocked" ? t.blocked : t.arm}
      </button>
    </section>
  );
}
