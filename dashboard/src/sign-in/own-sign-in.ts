// One's own passkeys and sessions as the page shows them: what the server has, what is being done, why it was not done.

import { signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import { refusalNow } from "../format/refusals";
import type { PasskeyView, SessionView } from "../messages";
import { words } from "../words";
import { makePasskey, NoPasskey } from "./passkeys";

export class OwnSignIn {
  /** null: not loaded yet. */
  readonly passkeys = signal<readonly PasskeyView[] | null>(null);
  readonly sessions = signal<readonly SessionView[] | null>(null);
  readonly busy = signal(false);
  readonly failure = signal("");

  constructor(readonly api: Api) {}

  async look(): Promise<void> {
    try {
      const [{ passkeys }, { sessions }] = await Promise.all([this.api.ownPasskeys(), this.api.ownSessions()]);
      this.passkeys.value = passkeys;
      this.sessions.value = sessions;
    } catch {
      this.failure.value = words().devices.loadFailed;
    }
  }

  add(label: string): Promise<void> {
    return this.#do(async () => {
      const { step, options } = await this.api.passkeyOptions();
      await this.api.addPasskey(step, await makePasskey(options), label);
    });
  }

  removePasskey(passkey: PasskeyView): Promise<void> {
    return this.#do(() => this.api.removePasskey(passkey.passkey_id));
  }

  endSession(session: SessionView): Promise<void> {
    return this.#do(() => this.api.endSession(session.session_id));
  }

  async #do(deed: () => Promise<void>): Promise<void> {
    if (this.busy.value) return;
    this.busy.value = true;
    this.failure.value = "";
    try {
      await deed();
      await this.look();
    } catch (error) {
      this.failure.value = textOf(error);
    }
    this.busy.value = false;
  }
}

function textOf(error: unknown): string {
  const t = words().signingIn;
  if (error instanceof NoPasskey) return t.failures[error.why];
  return error instanceof ApiError && error.hint !== "" ? refusalNow(error, t.failed) : t.failed;
}
