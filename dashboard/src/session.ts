// Who is signed in. Unknown until the server has answered once.
import { computed, signal } from "@preact/signals";
import { type Api, ApiError } from "./api";
import type { Me } from "./messages";

export type Standing = "unknown" | "anonymous" | "ended" | "signed-in";
export type SignInFailure = "refused" | "tooMany" | "unavailable" | "unreachable";
type Action = Me["may"][number];

export class Session {
  readonly standing = signal<Standing>("unknown");
  readonly me = signal<Me | null>(null);
  readonly mayAcknowledge = computed(() => this.may("acknowledge"));

  may(action: Action): boolean {
    return this.me.value?.may.includes(action) ?? false;
  }

  /** Asks the server whether the cookie still means somebody. No answer changes nothing: being offline ends no session. */
  async check(api: Api): Promise<void> {
    try {
      this.#begin(await api.me());
    } catch (error) {
      if (error instanceof ApiError && error.status !== 0 && error.status < 500) this.end();
    }
  }

  signIn(api: Api, email: string, password: string): Promise<SignInFailure | null> {
    return this.#enter(() => api.signIn(email, password));
  }

  bindKiosk(api: Api, code: string): Promise<SignInFailure | null> {
    return this.#enter(() => api.bindKiosk(code));
  }

  async #enter(ask: () => Promise<Me>): Promise<SignInFailure | null> {
    try {
      this.#begin(await ask());
      return null;
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      if (status === 429) return "tooMany";
      if (status === 503) return "unavailable";
      return status >= 400 && status < 500 ? "refused" : "unreachable";
    }
  }

  async signOut(api: Api): Promise<void> {
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) return;
    }
    this.me.value = null;
    this.standing.value = "anonymous";
  }

  /** The server no longer knows this session. */
  end(): void {
    this.standing.value = this.me.value === null ? "anonymous" : "ended";
    this.me.value = null;
  }

  #begin(me: Me): void {
    this.me.value = me;
    this.standing.value = "signed-in";
  }
}
