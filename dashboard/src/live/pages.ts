// What this person is asked: one page for each notice, from when the socket brings it until somebody has answered.
import { type Signal, signal } from "@preact/signals";
import { RANK } from "../alerts/priority";
import type { PageMessage, PageReceipt, Priority } from "../messages";

/** Remembered as answered, so that what the server sends again after a reconnect does not come back. */
const MAX_SETTLED = 500;

export interface PageOnScreen {
  readonly notice: string;
  readonly delivery: string;
  readonly priority: Priority;
  readonly queuedAt: string;
}

export class Pages {
  /** By notice, most urgent first. */
  readonly open: Signal<readonly PageOnScreen[]> = signal([]);

  /** Delivery -> what was said of it last. */
  readonly #said = new Map<string, PageReceipt["state"]>();
  readonly #settled = new Set<string>();

  /** `say` sends a receipt; one that is lost is said again when the server brings the page again. */
  constructor(readonly say: (receipt: PageReceipt) => void) {}

  receive(message: PageMessage): void {
    const said = this.#said.get(message.delivery);
    if (said !== undefined) this.say({ receipt: message.delivery, state: said });
    if (this.#settled.has(message.delivery)) return;
    const page: PageOnScreen = {
      notice: message.notice_id,
      delivery: message.delivery,
      priority: message.priority,
      queuedAt: message.queued_at,
    };
    const others = this.open.value.filter((open) => open.notice !== page.notice);
    this.open.value = [...others, page].sort(byUrgency);
  }

  /** It stands on a screen that somebody may be looking at. */
  shown(delivery: string): void {
    if (!this.#said.has(delivery)) this.#tell(delivery, "delivered");
  }

  /** Somebody opened it, here or by the link in a message. */
  opened(delivery: string): void {
    if (this.#said.get(delivery) !== "read") this.#tell(delivery, "read");
  }

  /**
   * Answered, or of no use here. By delivery: what was heard of an earlier round must not take away the page of a later
   * one, so only the server's own word on the notice, asked for after the page came, leads here.
   */
  settle(delivery: string): void {
    this.#settled.add(delivery);
    for (const old of [...this.#settled].slice(0, -MAX_SETTLED)) this.#settled.delete(old);
    this.open.value = this.open.value.filter((page) => page.delivery !== delivery);
  }

  /** This person's own answer to a notice. */
  answered(notice: string): void {
    for (const page of this.open.value) if (page.notice === notice) this.settle(page.delivery);
  }

  clear(): void {
    this.open.value = [];
    this.#said.clear();
    this.#settled.clear();
  }

  #tell(delivery: string, state: PageReceipt["state"]): void {
    this.#said.set(delivery, state);
    this.say({ receipt: delivery, state });
  }
}

function byUrgency(left: PageOnScreen, right: PageOnScreen): number {
  return RANK[right.priority] - RANK[left.priority] || Date.parse(left.queuedAt) - Date.parse(right.queuedAt);
}
