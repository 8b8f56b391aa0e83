// The words about coming in: the part of `words.ts` for the hospital's sign-in, passkeys and sessions.
import type { SessionView } from "./messages";
import type { PasskeyFailure } from "./sign-in/passkeys";

/** As the server has them in the address (`clinician_api/signin/reasons.py`). */
export const REASONS = [
  "cancelled",
  "stale",
  "not-verified",
  "provider-down",
  "unknown-account",
  "no-role",
  "no-clinic",
  "disabled",
  "too-many",
  "unavailable",
] as const;
export type Reason = (typeof REASONS)[number];

export const englishSigningIn = {
  hospital: (name: string) => `Sign in with ${name}`,
  local: "or with a local account",
  reasons: {
    cancelled: "You are not signed in: it was cancelled at the hospital's sign-in.",
    stale: "You are not signed in: this sign-in was begun elsewhere, has been used, or took too long. Begin again.",
    "not-verified":
      "You are not signed in: the hospital's answer could not be verified. Try again; if it stays so, tell whoever runs this system.",
    "provider-down":
      "The hospital's sign-in does not answer. Try again in a minute; whoever has a local account can sign in with its password.",
    "unknown-account": "The hospital knows you, but you have no account here. Ask an administrator of this system.",
    "no-role": "The hospital knows you, but says of no role in which you may sign in here. Ask your IT department.",
    "no-clinic": "The hospital knows you, but says of no clinic that there is here. Ask your IT department.",
    disabled: "Your account here is disabled. Ask an administrator of this system.",
    "too-many": "Too many attempts. Please wait a few minutes.",
    unavailable: "Nobody can sign in now: the database does not answer. Please try again.",
  } satisfies Record<Reason, string>,
  step: {
    title: "Your passkey",
    hint: "Your password was right. Now show your passkey: a security key, this device, or your phone.",
    use: "Use passkey",
    firstTitle: "Make a passkey",
    firstHint:
      "In your role a password is not enough. Make a passkey now, in this device or a security key; it is asked for whenever you sign in.",
    label: "What you call it",
    make: "Make passkey",
    back: "Back to the password",
    refused: "The passkey was not accepted. Sign in again.",
  },
  failures: {
    unsupported: "This browser has no passkeys here. Use a current one, and open the page by its https:// name.",
    dismissed: "Nothing came of it: the question was closed, or took too long. Try again.",
  } satisfies Record<PasskeyFailure, string>,
  title: "Signing in",
  passkeys: "My passkeys",
  passkeysHint:
    "With a passkey your password alone opens nothing to anybody. Two are better than one: one may get lost.",
  none: "You have none.",
  added: (when: string) => `added ${when}`,
  used: (when: string) => `last used ${when}`,
  unused: "not used yet",
  suspected: "Not accepted any more: its counter went back, so there may be a copy of it. Remove it.",
  add: "Add a passkey",
  remove: "Remove",
  removeSure: (label: string) => `Remove “${label}”?`,
  yes: "Yes, remove",
  no: "No",
  failed: "The server did not take it. Try again.",
  sessions: "Where I am signed in",
  sessionsHint: "Do you not know one of them? End it, and change your password.",
  thisOne: "this browser",
  hows: {
    password: "by password",
    passkey: "by password and passkey",
    hospital: "by the hospital",
  } satisfies Record<NonNullable<SessionView["how"]>, string>,
  begun: (when: string) => `since ${when}`,
  seen: (when: string) => `last used ${when}`,
  end: "End",
  unknownBrowser: "unknown browser",
};
