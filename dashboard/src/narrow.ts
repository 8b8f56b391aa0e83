// Whether this is a phone, or a window as narrow as one (the same width as in styles/).
import { signal } from "@preact/signals";

const NARROW = window.matchMedia?.("(max-width: 40rem)");
export const narrow = signal(NARROW?.matches ?? false);
NARROW?.addEventListener("change", () => {
  narrow.value = NARROW.matches;
});
