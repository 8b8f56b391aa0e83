// Single keys, and the list of them on `?`. Those about an alert work only while the keyboard is within one, and all of
// them can be turned off: whoever speaks to a browser would press them by accident (WCAG 2.1.4).
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { link } from "../routes";
import { words } from "../words";

const KEY = "homehd.keys";
const CARDS = "[data-alert-id].alert-card";

const enabled = signal(stored());
const open = signal(false);

export const KEYS = [
  { key: "?", what: "help", where: "anywhere" },
  { key: "w", what: "wall", where: "anywhere" },
  { key: "l", what: "alerts", where: "anywhere" },
  { key: "j", what: "next", where: "list" },
  { key: "k", what: "previous", where: "list" },
  { key: "a", what: "accept", where: "list" },
  { key: "s", what: "aside", where: "list" },
  { key: "x", what: "tick", where: "list" },
  { key: "Esc", what: "leave", where: "anywhere" },
] as const;

export function Keys() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  const shown = open.value;
  useEffect(() => {
    if (shown) dialog.current?.showModal?.();
    else dialog.current?.close?.();
  }, [shown]);
  const t = words().inbox.keys;
  const close = () => {
    open.value = false;
  };
  return (
    <dialog class="keys" ref={dialog} aria-labelledby="keys-title" data-testid="keys" onClose={close}>
      <h2 id="keys-title">{t.title}</h2>
      <dl>
        {KEYS.map(({ key, what, where }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>
              {t.what[what]} <span class="note">{t.where[where]}</span>
            </dd>
          </div>
        ))}
      </dl>
      <label class="tick">
        <input
          type="checkbox"
          checked={enabled.value}
          onChange={(event) => {
            enable(event.currentTarget.checked);
          }}
        />
        <span>{t.on}</span>
      </label>
      <button type="button" class="button" onClick={close}>
        {t.close}
      </button>
    </dialog>
  );
}

export function KeysButton() {
  const t = words().inbox.keys;
  return (
    <button
      type="button"
      class="how-reached sound-button keys-button"
      data-action="keys"
      title={t.open}
      onClick={() => {
        open.value = true;
      }}
    >
      <span aria-hidden="true">?</span>
      <span class="hidden">{t.open}</span>
    </button>
  );
}

function onKey(event: KeyboardEvent): void {
  const at = event.target instanceof HTMLElement ? event.target : document.body;
  const types = at.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog") !== null;
  if (!enabled.value || types || event.ctrlKey || event.altKey || event.metaKey) return;
  if (act(event.key, at)) event.preventDefault();
}

/** Whether the key meant something here. */
function act(key: string, at: HTMLElement): boolean {
  const card = at.closest<HTMLElement>(CARDS) ?? at.closest(".ticked")?.querySelector<HTMLElement>(CARDS) ?? null;
  switch (key) {
    case "?":
      open.value = true;
      return true;
    case "w":
      window.location.hash = link.wall;
      return true;
    case "l":
      window.location.hash = link.alerts;
      return true;
    case "j":
    case "k":
      return step(card, key === "j" ? 1 : -1);
    case "a":
      return press(card, '[data-action="accept"]') || press(card, '[data-action="acknowledge"]');
    case "s":
      return press(card, '[data-action="shelve"]');
    case "x":
      return press(card?.closest(".ticked") ?? null, "[data-tick]");
    default:
      return false;
  }
}

function step(from: HTMLElement | null, by: number): boolean {
  const cards = [...document.querySelectorAll<HTMLElement>(`main ${CARDS}`)];
  const next = cards[from === null ? 0 : cards.indexOf(from) + by];
  const heading = next?.querySelector<HTMLElement>("h3 a");
  heading?.focus();
  return heading != null;
}

function press(within: Element | null, selector: string): boolean {
  const button = within?.querySelector<HTMLElement>(selector);
  if (button == null || button.matches(":disabled")) return false;
  button.click();
  return true;
}

function enable(on: boolean): void {
  enabled.value = on;
  try {
    window.localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage may be forbidden: the choice then lasts until the page is closed.
  }
}

function stored(): boolean {
  try {
    return window.localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}
