// How many of the screens that are open would be heard.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import type { Screens } from "../messages";
import { words } from "../words";
import { SpeakerIcon } from "./icons";

const LOOK_AGAIN_MS = 15_000;

export function ScreensLine() {
  const { api } = useApp();
  const screens = useSignal<Screens | null>(null);
  useEffect(() => {
    const look = () =>
      api.screens().then(
        (answer) => {
          screens.value = answer;
        },
        () => {
          screens.value = null;
        },
      );
    void look();
    const timer = window.setInterval(() => void look(), LOOK_AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [api, screens]);
  if (screens.value === null || screens.value.screens.length === 0) return null;
  const { armed, screens: all } = screens.value;
  const silent = all.filter(({ name, sound }) => name !== "" && sound !== "armed").map(({ name }) => name);
  return (
    <p class="note screens-line" data-testid="screens-heard" data-armed={armed} data-of={all.length}>
      <SpeakerIcon silent={armed === 0} /> {words().inbox.sound.screens(armed, all.length)}
      {silent.length > 0 && `. ${words().inbox.sound.silent(silent.join(", "))}`}
    </p>
  );
}
