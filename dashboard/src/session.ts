// Who is signed in. Unknown until the server has answered once.
import { computed, signal } from "@preact/signals";
import { type Api, ApiError } from "./api";
import { followAccount } from "./language";
import type { Me, SecondStep } from "./messages";
import { makePasskey, NoPasskey, type PasskeyFailure, usePasskey } from "./sign-in/passkeys";

export type Standing = "unknown" | "anonymous" | "ended" | "signed-in";
export type SignInFailure = "refused" | "tooMany" | "unavailable" | "unreachable";
export type StepFailure = SignInFailure | PasskeyFailure;
type Action = Me["may"][number];

export class Session {
  readonly standing = signal<Standing>("unknown");
  readonly me = signal<Me | null>(null);
  /** What is needed beside a password that was right; nobody is signed in meanwhile. */
  readonly step = signal<SecondStep | null>(null);
  /** Why the last sign-in came to nothing after its password. */
  readonly stepRefused = signal(false);
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
    this.stepRefused.value = false;
    return this.#enter(() => api.signIn(email, password));
  }

  /** A step that the server refuses is used up: it is begun again, from the password on. */
  async answerStep(api: Api, step: SecondStep, label: string): Promise<StepFailure | null> {
    let credential: object;
    try {
      const ask = step.kind === "passkey" ? usePasskey : makePasskey;
      credential = await ask(step.options);
    } catch (error) {
      return error instanceof NoPasskey ? error.why : "dismissed";
    }
    const send = () =>
      step.kind === "passkey"
        ? api.answerWithPasskey(step.step, credential)
        : api.registerFirstPasskey(step.step, credential, label);
    const failure = await this.#enter(send);
    if (failure !== "refused") return failure;
    this.step.value = null;
    this.stepRefused.value = true;
    return null;
  }

  bindKiosk(api: Api, code: string): Promise<SignInFailure | null> {
    return this.#enter(() => api.bindKiosk(code));
  }

  async #enter(ask: () => Promise<Me | SecondStep>): Promise<SignInFailure | null> {
    try {
      const answer = await ask();
      if ("step" in answer) this.step.value = answer;
      else this.#begin(answer);
      return null;
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      if (status === 429) return "tooMany";
      if (status === 503) return "unavailable";
      return status >= 400 && status < 500 ? "refused" : "unreachable";
    }
  }

  /** `leave` goes to where the session at the hospital's provider ends, where there is one. */
  async signOut(
    api: Api,
    leave: (address: string) => void = (address) => window.location.assign(address),
  ): Promise<void> {
    const there = this.me.value?.hospital_sign_out ?? null;
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) return;
    }
    this.me.value = null;
    this.standing.value = "anonymous";
    if (there !== null) leave(there);
  }

  /** The server no longer knows this session. */
  end(): void {
    this.standing.value = this.me.value === null ? "anonymous" : "ended";
    this.me.value = null;
  }

  #begin(me: Me): void {
    this.step.value = null;
    this.stepRefused.value = false;
    followAccount(me.user.language);
    this.me.value = me;
    this.standing.value = "signed-in";
  }
}
