// One's own channels as the page shows them: what the server has, how this browser stands, what is being done.

import { signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import { refusalNow } from "../format/refusals";
import type { OwnChannel } from "../messages";
import { words } from "../words";
import { type Here, look, PushFailure, switchOff, switchOn } from "./browser";

/** After a test was sent its device may still say that it has it. */
const RECEIPT_WAIT_MS = 120_000;
export const SOON_MS = 1_000;
export const LATER_MS = 15_000;

export class Devices {
  /** null: not loaded yet. What was loaded stays when a later look gets no answer. */
  readonly channels = signal<readonly OwnChannel[] | null>(null);
  readonly here = signal<Here | null>(null);
  readonly loadFailed = signal(false);
  /** "here", or the channel something is being done to. */
  readonly busy = signal<string | null>(null);
  /** Why the last thing was not done, and to what. */
  readonly failure = signal<{ readonly of: string; readonly text: string } | null>(null);
  #key: string | null = null;
  #serverMs = 0;

  constructor(readonly api: Api) {}

  async look(): Promise<void> {
    try {
      const [{ channels, server_time }, { key }] = await Promise.all([this.api.ownChannels(), this.api.pushKey()]);
      this.#key = key;
      this.#serverMs = Date.parse(server_time);
      this.here.value = await look(key, channels);
      this.channels.value = channels;
      this.loadFailed.value = false;
    } catch {
      this.loadFailed.value = true;
    }
  }

  /** When to look again: at once while a test is on its way. */
  get pauseMs(): number {
    return this.channels.value?.some((channel) => isOnItsWay(channel, this.#serverMs)) ? SOON_MS : LATER_MS;
  }

  switchOn(label: string): Promise<void> {
    return this.#do("here", async () => {
      const here = this.here.value;
      if (here === null || this.#key === null) return;
      await switchOn(this.api, this.#key, label, here);
    });
  }

  remove(channel: OwnChannel): Promise<void> {
    const isHere = channel.fingerprint !== null && channel.fingerprint === this.here.value?.fingerprint;
    return this.#do(channel.channel_id, async () => {
      const { others } = await this.api.removeChannel(channel.channel_id);
      if (isHere) await switchOff(others);
    });
  }

  test(channel: OwnChannel): Promise<void> {
    return this.#do(channel.channel_id, () => this.api.testChannel(channel.channel_id));
  }

  async #do(what: string, deed: () => Promise<void>): Promise<void> {
    if (this.busy.value !== null) return;
    this.busy.value = what;
    this.failure.value = null;
    try {
      await deed();
    } catch (error) {
      this.failure.value = { of: what, text: textOf(error) };
    }
    await this.look();
    this.busy.value = null;
  }
}

/** Whether the server still tries it, or its device may still speak. */
export function isOnItsWay({ kind, test }: OwnChannel, nowMs: number): boolean {
  if (test === null) return false;
  const mayArrive = kind === "web push" && test.state === "sent";
  return test.waiting || (mayArrive && nowMs - Date.parse(test.changed_at) < RECEIPT_WAIT_MS);
}

function textOf(error: unknown): string {
  const t = words().devices;
  if (error instanceof PushFailure) return t.failures[error.why];
  return error instanceof ApiError && error.hint !== "" ? refusalNow(error, t.failed) : t.failed;
}
