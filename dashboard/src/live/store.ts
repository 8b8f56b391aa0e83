// All the screen knows, as signals: a snapshot replaces everything, then small messages change small parts.
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { byUnit, endShelves, isOpen, openAlerts } from "../alerts/priority";
import type { AlertView, Duty, Link, NoticeView, ReadingView, ServerMessage, Snapshot } from "../messages";
import { type Connection, connectionAt, unsavedSince } from "./connection";
import { dutyNow } from "./duty";
import { wallOrder } from "./order";
import { ServerClock } from "./server-clock";
import { type Unit, unitFromReading, unitFromView, withNotEvaluated, withReading, withStatus } from "./unit";

type ReadingListener = (reading: ReadingView) => void;

/** What a message may leave ages standing for: the tick's own length. */
const BEAT_MS = 1_000;

export class LiveStore {
  readonly alerts: Signal<ReadonlyMap<string, AlertView>> = signal(new Map());
  readonly ingest = signal<Link | null>(null);
  readonly liveFeed = signal<Link | null>(null);
  readonly alertFeed = signal<Link | null>(null);
  readonly toldDuty = signal<Duty | null>(null);
  readonly connection = signal<Connection>("lost");
  /** Server time at the last beat in milliseconds: what every age on the screen is counted from. Moves each second. */
  readonly now = signal(0);
  /** Monotonic milliseconds since the server was last heard; null before the first message. */
  readonly silenceMs = signal<number | null>(null);
  readonly connected = computed(() => this.connection.value === "live");
  /** Who is on call; null: nobody can say now. */
  readonly duty = computed(() => dutyNow(this.toldDuty.value, this.connection.value, this.now.value));
  readonly unsavedSince = computed(() => unsavedSince(this.ingest.value));
  readonly open = computed(() => openAlerts(this.alerts.value.values()));
  readonly alertsByUnit: ReadonlySignal<ReadonlyMap<string, readonly AlertView[]>> = computed(() => {
    this.#lastByUnit = byUnit(this.open.value, this.#lastByUnit);
    return this.#lastByUnit;
  });
  readonly order: ReadonlySignal<readonly string[]> = computed(() => this.#ordered());

  readonly #clock = new ServerClock();
  readonly #units: Signal<ReadonlyMap<string, Signal<Unit>>> = signal(new Map());
  readonly #listeners = new Map<string, Set<ReadingListener>>();
  #lastByUnit: ReadonlyMap<string, readonly AlertView[]> = new Map();
  #lastOrder: readonly string[] = [];
  #lastHeardMs: number | null = null;
  #beatMs = -Infinity;
  #open = false;

  unit(id: string): ReadonlySignal<Unit> | undefined {
    return this.#units.value.get(id);
  }

  units(): Unit[] {
    return [...this.#units.value.values()].map((unit) => unit.value);
  }

  /** Takes in one message that came at `monotonicMs`. */
  receive(message: ServerMessage, monotonicMs: number): void {
    const serverMs = Date.parse(message.server_time);
    if (message.type === "snapshot") this.#clock.reset(serverMs, monotonicMs);
    else this.#clock.hear(serverMs, monotonicMs);
    this.#lastHeardMs = monotonicMs;
    // Ten messages a second would each draw every age of a wall anew, and all of them say the same. Where the tick is
    // late, as in a tab in the background, the messages keep the time.
    const due = message.type === "snapshot" || monotonicMs - this.#beatMs >= BEAT_MS;
    batch(() => {
      this.#apply(message, serverMs);
      if (due) this.tick(monotonicMs);
      else this.#judge(monotonicMs);
    });
  }

  /** Lets time pass: ages grow, a silent connection becomes a lost one. */
  tick(monotonicMs: number): void {
    this.#beatMs = monotonicMs;
    batch(() => {
      this.now.value = this.#clock.at(monotonicMs) ?? 0;
      // By time alone: what was set aside comes back though no message may come.
      this.alerts.value = endShelves(this.alerts.value, this.now.value) ?? this.alerts.value;
      this.#judge(monotonicMs);
    });
  }

  /** The socket opened or closed. Open alone proves nothing: only a message does. */
  setOpen(open: boolean, monotonicMs: number): void {
    this.#open = open;
    this.tick(monotonicMs);
  }

  /** The computer slept for `ms`: everything is that much older. */
  skip(ms: number, monotonicMs: number): void {
    this.#clock.skip(ms);
    if (this.#lastHeardMs !== null) this.#lastHeardMs -= ms;
    this.setOpen(false, monotonicMs);
  }

  /**
   * An alert as it stands: from a message, or as the outcome of an acknowledgement ahead of that. `replaces` is the id
   * it was shown under before it was saved; one that ended without being saved is on no record and forgotten.
   */
  putAlert(alert: AlertView, replaces: string | null = null): void {
    const alerts = new Map(this.alerts.value).set(alert.alert_id, alert);
    if (replaces !== null) alerts.delete(replaces);
    if (alert.unsaved && !isOpen(alert)) alerts.delete(alert.alert_id);
    this.alerts.value = alerts;
  }

  /** Who is answerable, as the outcome of an answer: ahead of the messages that say so of each alert. */
  putNotice(notice: NoticeView): void {
    const { state, round, accepted_by, accepted_until, reason } = notice;
    const alerts = new Map(this.alerts.value);
    for (const [id, alert] of alerts) {
      if (alert.answer?.notice_id !== notice.notice_id) continue;
      alerts.set(id, { ...alert, answer: { ...alert.answer, state, round, accepted_by, accepted_until, reason } });
    }
    this.alerts.value = alerts;
  }

  /** Calls `listener` for each new reading of a unit; returns how to stop it. */
  onReading(unit: string, listener: ReadingListener): () => void {
    const listeners = this.#listeners.get(unit) ?? new Set();
    this.#listeners.set(unit, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Forgets everything, as at the end of a session: the next person may be somebody else. */
  clear(): void {
    batch(() => {
      this.#units.value = new Map();
      this.alerts.value = new Map();
      this.toldDuty.value = null;
      this.#lastHeardMs = null;
      this.#open = false;
      this.silenceMs.value = null;
      this.connection.value = "lost";
    });
  }

  #judge(monotonicMs: number): void {
    const lastHeardMs = this.#lastHeardMs;
    this.silenceMs.value = lastHeardMs === null ? null : monotonicMs - lastHeardMs;
    this.connection.value = connectionAt(
      { open: this.#open, lastHeardMs, ingest: this.ingest.value, liveFeed: this.liveFeed.value },
      monotonicMs,
    );
  }

  #apply(message: ServerMessage, serverMs: number): void {
    switch (message.type) {
      case "snapshot":
        this.#replace(message, serverMs);
        break;
      case "readings":
        for (const reading of message.readings) this.#reading(reading, serverMs);
        break;
      case "alert":
        this.putAlert(message.alert, message.replaces);
        break;
      case "status":
        for (const status of message.statuses) this.#change(status.unit, (unit) => withStatus(unit, status));
        for (const [id, list] of Object.entries(message.not_evaluated)) {
          this.#change(id, (unit) => withNotEvaluated(unit, list));
        }
        this.#links(message);
        if (message.duty !== null) this.toldDuty.value = message.duty;
        break;
    }
  }

  #replace(snapshot: Snapshot, serverMs: number): void {
    this.#units.value = new Map(snapshot.units.map((view) => [view.unit, signal(unitFromView(view, serverMs))]));
    this.alerts.value = new Map(snapshot.alerts.map((alert) => [alert.alert_id, alert]));
    this.#links(snapshot);
    this.toldDuty.value = snapshot.duty;
  }

  #links(links: { readonly ingest: Link; readonly live_feed: Link; readonly alert_feed: Link }): void {
    this.ingest.value = links.ingest;
    this.liveFeed.value = links.live_feed;
    this.alertFeed.value = links.alert_feed;
  }

  #reading(reading: ReadingView, serverMs: number): void {
    const known = this.#units.value.get(reading.unit);
    if (known !== undefined) known.value = withReading(known.value, reading, serverMs);
    else this.#units.value = new Map(this.#units.value).set(reading.unit, signal(unitFromReading(reading, serverMs)));
    for (const listener of this.#listeners.get(reading.unit) ?? []) listener(reading);
  }

  #change(id: string, change: (unit: Unit) => Unit): void {
    const known = this.#units.value.get(id);
    if (known !== undefined) known.value = change(known.value);
  }

  #ordered(): readonly string[] {
    const next = wallOrder(this.units(), this.alertsByUnit.value, this.now.value, this.connected.value);
    const same = next.length === this.#lastOrder.length && next.every((id, index) => id === this.#lastOrder[index]);
    // The same array while nothing moved, so that the wall is not drawn anew each second.
    if (!same) this.#lastOrder = next;
    return this.#lastOrder;
  }
}
