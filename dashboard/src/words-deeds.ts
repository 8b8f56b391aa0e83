// What the record of deeds says about coming in and going out: the part of `words.ts` for it.

/** A deed and what is worth telling of it; `undefined` where the record does not say it. */
export type DeedWords = (detail: DeedDetail) => string;
export interface DeedDetail {
  readonly how: string | undefined;
  readonly why: string | undefined;
  readonly address: string | undefined;
  readonly count: number;
}

const from = (address: string | undefined): string => (address === undefined ? "" : `, from ${address}`);
const said = (words: Readonly<Record<string, string>>, word: string | undefined): string =>
  word === undefined ? "" : `: ${words[word] ?? word}`;

// By the words of the record (`store/session_ends.py`, `clinician_api/people/refusals.py`).
const HOWS: Readonly<Record<string, string>> = {
  password: "with the password alone",
  passkey: "with password and passkey",
  hospital: "by the hospital's sign-in",
};
const ENDS: Readonly<Record<string, string>> = {
  "not used": "not used for too long",
  expired: "as old as a session gets",
  "signed in again": "somebody signed in on the same browser",
  "ended by its owner": "by its owner, from another page",
  "end sessions": "by an administrator",
  "disable user": "the account was disabled",
  "set password": "another password was set",
  "change user": "another role or clinic was given",
  "change account by claims": "the hospital gave another role or clinic",
  "remove passkeys": "the passkeys were taken away",
};
const REFUSALS: Readonly<Record<string, string>> = {
  "unknown name": "a name that nobody has here",
  "wrong password": "wrong password",
  "disabled account": "the account is disabled",
  "no role": "no role that may come in this way",
  "no clinic": "no clinic",
  "wrong passkey": "the passkey proves nothing",
  "not waited for": "a step that is used, too old or another browser's",
  "too many tries": "too many tries",
  "wrong kiosk code": "a code that no screen waits for",
  "unknown to the hospital's mapping": "the hospital knows them, nobody here does",
  "hospital's answer proves nothing": "the hospital's answer proves nothing",
};

export const englishDeeds = {
  /** Who did it or what it is about, where it is nobody by name. */
  nobody: "nobody known here",
  service: "the system",
  /** By its name in the record, in the list of kinds; a deed without words stands as it is on record. */
  names: {
    "sign in": "Signed in",
    "sign out": "Signed out",
    "end session": "Session ended",
    "refuse sign-in": "Sign-in refused",
    "bind kiosk": "Screen set up",
    "release kiosk": "Screen given up",
  } as Readonly<Record<string, string>>,
  say: {
    "sign in": (of) => `Signed in${of.how === undefined ? "" : ` ${HOWS[of.how] ?? of.how}`}${from(of.address)}`,
    "end session": (of) => `${of.count === 1 ? "Session" : `${of.count} sessions`} ended${said(ENDS, of.why)}`,
    "refuse sign-in": (of) =>
      `Sign-in refused${of.count === 1 ? "" : ` ${of.count} times`}${said(REFUSALS, of.why)}${from(of.address)}`,
  } as Readonly<Record<string, DeedWords>>,
};
