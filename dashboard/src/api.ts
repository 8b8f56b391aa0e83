// The REST side: one place that knows addresses, statuses and what a refusal means.
import type { Language } from "./language";
import type {
  Acknowledged,
  AcknowledgedMany,
  AddChannel,
  AddedChannel,
  AddUser,
  AlertBefore,
  AlertDetail,
  Alerts,
  AlertView,
  Answered,
  ChainView,
  Changes,
  ChangeUser,
  DeedKinds,
  Deeds,
  DemoAccount,
  DemoAccounts,
  Glasses,
  HandoverAnswer,
  Helped,
  History,
  Home,
  HomeOpened,
  Installation,
  InstallationAnswer,
  Installations,
  LoadAnswer,
  Me,
  NewPatient,
  NoteWritten,
  NoticeDetail,
  Notices,
  Opened,
  OwnChannels,
  OwnPasskeys,
  OwnSessions,
  PasskeyOptions,
  PatientAdded,
  PatientEvents,
  Prescription,
  PrescriptionHistory,
  Problem,
  Proposals,
  Propose,
  Proposed,
  PushKey,
  RemovedChannel,
  Replayed,
  ReviewAnswer,
  ReviewCounts,
  Reviews,
  RotaChanged,
  Rotas,
  Rules,
  Screens,
  SecondStep,
  Shelve,
  Shelved,
  SignedMany,
  SignInWays,
  SignItem,
  SystemAnswer,
  Teams,
  TellSymptom,
  Timeline,
  TreatmentReport,
  Treatments,
  Trends,
  UserAccount,
  UserChanged,
  Users,
  UserWithPassword,
  Usual,
  WhoLooked,
  WriteNote,
} from "./messages";

/** What a person says to a notice. */
export type Answer = "accept" | "reject" | "release" | "take-over";

/** What a person does about a shift. */
export type ShiftChange = "accept" | "decline" | "override" | "swap";

/** What an administrator does about an account, without further words. */
export type UserDeed = "disable" | "enable" | "password" | "sign-out";
export type UnitDeed = "bind" | "unbind" | "retire";
export type UserChange = ChangeUser;

/** Whose trends: by the unit that serves them, or by the patient's own number. */
export type TrendsOf = { readonly unit: string } | { readonly patient: string };

/** Which rows of the record; what is absent is whatever it is. */
export interface AuditFilter {
  readonly kind?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly start?: string;
  readonly end?: string;
}

/** An answer other than success; status 0 = no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    what: string,
    /** The server's advice; empty where it gave none. */
    readonly hint = "",
    /** Everything that is wrong with what was sent, value by value. */
    readonly errors: readonly { readonly where: string; readonly why: string }[] = [],
    /** Which kind of error: the last part of its type (docs/errors.md); empty where it is none of ours. */
    readonly kind = "",
  ) {
    super(what);
  }
}

const TIMEOUT_MS = 15_000;
/** Of what is sent again: a radio that has come back is not to be waited for. */
const ANSWER_MS = 8_000;
// Minutes of treatments are judged once more (clinician_api/treatments/what_if.py).
const REPLAY_MS = 260_000;

interface More {
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer, before its body is given back. */
  readonly heard?: (response: Response) => void;
}

export interface HistoryQuery {
  readonly signals: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly buckets: number;
}

export class Api {
  /** `onUnauthorised` hears of every 401 except a refused sign-in: the session is over. */
  constructor(
    readonly base: string,
    readonly onUnauthorised: () => void,
    readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  me(): Promise<Me> {
    return this.#ask("GET", "api/session");
  }

  /** Somebody who is signed in, or what is needed beside the password. */
  signIn(email: string, password: string): Promise<Me | SecondStep> {
    return this.#send("POST", "api/session", { email, password });
  }

  answerWithPasskey(step: string, credential: object): Promise<Me> {
    return this.#send("POST", "api/session/passkey", { step, credential });
  }

  registerFirstPasskey(step: string, credential: object, label: string): Promise<Me> {
    return this.#send("POST", "api/session/first-passkey", { step, credential, label });
  }

  /** Name of the hospital whose sign-in can be used; null where none is, or nobody answers. */
  async hospital(): Promise<string | null> {
    try {
      return (await this.#send<SignInWays>("GET", "api/sign-in")).hospital;
    } catch {
      return null;
    }
  }

  ownPasskeys(): Promise<OwnPasskeys> {
    return this.#ask("GET", "api/me/passkeys");
  }

  passkeyOptions(): Promise<PasskeyOptions> {
    return this.#ask("POST", "api/me/passkey-options");
  }

  async addPasskey(step: string, credential: object, label: string): Promise<void> {
    await this.#ask("POST", "api/me/passkeys", { step, credential, label });
  }

  async removePasskey(id: string): Promise<void> {
    await this.#ask("DELETE", `api/me/passkeys/${encodeURIComponent(id)}`);
  }

  ownSessions(): Promise<OwnSessions> {
    return this.#ask("GET", "api/me/sessions");
  }

  async endSession(id: string): Promise<void> {
    await this.#ask("DELETE", `api/me/sessions/${encodeURIComponent(id)}`);
  }

  /** Makes this browser a screen on a wall, by a one-time code. */
  bindKiosk(code: string): Promise<Me> {
    return this.#send("POST", "api/kiosk", { code });
  }

  async signOut(): Promise<void> {
    await this.#ask("DELETE", "api/session");
  }

  /** The patient's own page. A line that comes and goes is asked again soon. */
  home(): Promise<Home> {
    return this.#ask("GET", "api/home", undefined, { timeoutMs: ANSWER_MS });
  }

  /** `said`: a number of its own, by which it is done once however often it is sent. */
  async askForHelp(said: string): Promise<void> {
    await this.#ask("POST", "api/home/help", { said }, { timeoutMs: ANSWER_MS });
  }

  async endHelp(said: string): Promise<void> {
    await this.#ask("POST", "api/home/helped", { said }, { timeoutMs: ANSWER_MS });
  }

  async handleAtHome(alert: string, said: string): Promise<void> {
    const more = { timeoutMs: ANSWER_MS };
    await this.#ask("POST", `api/home/alerts/${encodeURIComponent(alert)}/handling`, { said }, more);
  }

  async tellSymptom(symptom: TellSymptom): Promise<void> {
    await this.#ask("POST", "api/home/symptoms", symptom, { timeoutMs: ANSWER_MS });
  }

  /** Whose treatment the account of a person at home is shown: of whom this unit serves; null: nobody's. */
  openHome(user: string, unit: string | null): Promise<HomeOpened> {
    return this.#ask("POST", `api/users/${encodeURIComponent(user)}/patient`, { unit });
  }

  /** That a patient who asked for help has had it; the alert as it is now. */
  async helped(alert: string): Promise<AlertView> {
    return (await this.#ask<Helped>("POST", `api/alerts/${encodeURIComponent(alert)}/helped`)).alert;
  }

  /** The accounts of a demonstration; a real system has none. */
  async demoAccounts(): Promise<readonly DemoAccount[]> {
    try {
      return (await this.#send<DemoAccounts>("GET", "api/demo-accounts")).accounts;
    } catch {
      return [];
    }
  }

  /** Who was shown the patient whom a unit serves now, and who did something about them; newest first. */
  whoLooked(unit: string, cursor: string | null): Promise<WhoLooked> {
    const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    return this.#ask("GET", `api/units/${encodeURIComponent(unit)}/audit${query}`);
  }

  /** What was written about the patient whom a unit serves now, since then; newest first. */
  notes(unit: string, sinceMs: number): Promise<PatientEvents> {
    return this.#ask("GET", `api/units/${encodeURIComponent(unit)}/notes?start=${new Date(sinceMs).toISOString()}`);
  }

  /** By the patient and not by the unit: it may serve another by the time the note is sent. */
  writeNote(patient: string, note: WriteNote): Promise<NoteWritten> {
    return this.#ask("POST", `api/patients/${encodeURIComponent(patient)}/notes`, note);
  }

  async alerts(state: "open" | "recent"): Promise<Alerts> {
    return this.#whole<Alerts>(`api/alerts?state=${state}`, (some, rest) => ({
      ...rest,
      alerts: [...some.alerts, ...rest.alerts],
    }));
  }

  alert(id: string): Promise<AlertDetail> {
    return this.#ask("GET", `api/alerts/${encodeURIComponent(id)}`);
  }

  /** What the alert's rule had to look at, from ten minutes before it began to five minutes after. */
  alertBefore(id: string): Promise<AlertBefore> {
    return this.#ask("GET", `api/alerts/${encodeURIComponent(id)}/before`);
  }

  acknowledge(id: string): Promise<Acknowledged> {
    const more = { timeoutMs: ANSWER_MS };
    return this.#ask("POST", `api/alerts/${encodeURIComponent(id)}/acknowledge`, { note: null }, more);
  }

  /** Of at most a hundred low alerts; each has its own outcome. */
  acknowledgeLow(ids: readonly string[]): Promise<AcknowledgedMany> {
    return this.#ask("POST", "api/low-alerts/acknowledge", { alert_ids: ids });
  }

  rules(language: Language): Promise<Rules> {
    return this.#ask("GET", `api/rules?language=${language}`);
  }

  notices(): Promise<Notices> {
    return this.#whole<Notices>("api/notices?state=open", (some, rest) => ({
      ...rest,
      notices: [...some.notices, ...rest.notices],
    }));
  }

  notice(id: string): Promise<NoticeDetail> {
    return this.#ask("GET", `api/notices/${encodeURIComponent(id)}`);
  }

  /** The notice a page to a person was about, by the number in the page's link. */
  noticeOfDelivery(id: string): Promise<NoticeDetail> {
    return this.#ask("GET", `api/deliveries/${encodeURIComponent(id)}`);
  }

  answer(notice: string, answer: Answer): Promise<Answered> {
    const more = { timeoutMs: ANSWER_MS };
    return this.#ask("POST", `api/notices/${encodeURIComponent(notice)}/${answer}`, { note: null }, more);
  }

  shelve(alert: string, shelf: Shelve): Promise<Shelved> {
    return this.#ask("POST", `api/alerts/${encodeURIComponent(alert)}/shelve`, shelf);
  }

  async bringBack(alert: string): Promise<void> {
    await this.#ask("DELETE", `api/alerts/${encodeURIComponent(alert)}/shelve`);
  }

  /** Shifts of the two weeks from now on. */
  rota(): Promise<Rotas> {
    return this.#ask("GET", "api/rota");
  }

  /** `body`: of accept, decline, override or swap. */
  changeShift(shift: string, what: ShiftChange, body: object): Promise<RotaChanged> {
    return this.#ask("POST", `api/rota/shifts/${encodeURIComponent(shift)}/${what}`, body);
  }

  withdrawOverride(override: string, reason: string): Promise<RotaChanged> {
    return this.#ask("POST", `api/rota/overrides/${encodeURIComponent(override)}/withdraw`, { reason });
  }

  /** What alerts asked of people in the days up to now. */
  load(days: number, nowMs: number): Promise<LoadAnswer> {
    const parameters = new URLSearchParams({ from: new Date(nowMs - days * 86_400_000).toISOString() });
    return this.#ask("GET", `api/load?${parameters}`);
  }

  handover(shift: "now" | "last", names: boolean): Promise<HandoverAnswer> {
    return this.#ask("GET", `api/handover?shift=${shift}&names=${names}`);
  }

  /** The newest treatments of a unit, as many as two months of dialysis on most days have. */
  treatments(unit: string): Promise<Treatments> {
    return this.#ask("GET", `api/units/${encodeURIComponent(unit)}/treatments?limit=60`);
  }

  /** Of a patient, or of the one whom a unit serves now. */
  trends(of: TrendsOf, sinceMs: number): Promise<Trends> {
    const whose = "unit" in of ? `units/${encodeURIComponent(of.unit)}` : `patients/${encodeURIComponent(of.patient)}`;
    return this.#ask("GET", `api/${whose}/trends?from=${new Date(sinceMs).toISOString()}`);
  }

  /** The last treatments of a patient, on whatever unit, newest first. */
  treatmentsOfPatient(patient: string): Promise<Treatments> {
    return this.#ask("GET", `api/patients/${encodeURIComponent(patient)}/treatments?limit=40`);
  }

  /** What was usual for a patient in their last treatments before a time. */
  usual(patient: string, signals: readonly string[], before: string): Promise<Usual> {
    const asked = new URLSearchParams({ signals: signals.join(","), before });
    return this.#ask("GET", `api/patients/${encodeURIComponent(patient)}/usual?${asked}`);
  }

  /** The screens that are open, and how many of them would be heard. */
  screens(): Promise<Screens> {
    return this.#ask("GET", "api/screens");
  }

  /** Treatments that wait for a signature, all of them. */
  reviews(): Promise<Reviews> {
    return this.#whole<Reviews>("api/reviews?limit=500", (some, rest) => ({
      ...rest,
      reviews: [...some.reviews, ...rest.reviews],
    }));
  }

  reviewCounts(): Promise<ReviewCounts> {
    return this.#ask("GET", "api/reviews/counts");
  }

  /** `etag`: of what was read. */
  signTreatment(treatment: string, what: "sign" | "call-doctor", note: string, etag: string): Promise<ReviewAnswer> {
    return this.#ask(
      "POST",
      `api/treatments/${encodeURIComponent(treatment)}/${what}`,
      { note },
      {
        headers: { "if-match": etag },
      },
    );
  }

  signMany(treatments: readonly SignItem[]): Promise<SignedMany> {
    return this.#ask("POST", "api/reviews/sign", { treatments });
  }

  report(treatment: string): Promise<TreatmentReport> {
    return this.#ask("GET", `api/treatments/${encodeURIComponent(treatment)}/report`);
  }

  /** What holds for the patient whom a unit serves, with the tag that a change of it has to name. */
  async prescription(unit: string): Promise<{ readonly prescription: Prescription; readonly tag: string }> {
    let tag = "";
    const prescription = await this.#ask<Prescription>(
      "GET",
      `api/units/${encodeURIComponent(unit)}/prescription`,
      undefined,
      { heard: (response) => (tag = response.headers.get("etag") ?? "") },
    );
    return { prescription, tag };
  }

  prescriptionHistory(patient: string, cursor: string | null): Promise<PrescriptionHistory> {
    const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    return this.#ask("GET", `api/patients/${encodeURIComponent(patient)}/prescription/history?limit=20${query}`);
  }

  replayPrescription(patient: string, changes: Changes): Promise<Replayed> {
    const path = `api/patients/${encodeURIComponent(patient)}/prescription/replay`;
    return this.#ask("POST", path, changes, { timeoutMs: REPLAY_MS });
  }

  propose(patient: string, proposal: Propose, tag: string): Promise<Proposed> {
    const path = `api/patients/${encodeURIComponent(patient)}/prescription/proposals`;
    return this.#ask("POST", path, proposal, { headers: { "if-match": tag } });
  }

  /** What waits for a second signature, the oldest hundred. */
  proposals(): Promise<Proposals> {
    return this.#ask("GET", "api/proposals?limit=100");
  }

  settleProposal(proposal: string, what: "sign" | "reject" | "withdraw", reason?: string): Promise<Proposed> {
    const body = reason === undefined ? undefined : { reason };
    return this.#ask("POST", `api/proposals/${encodeURIComponent(proposal)}/${what}`, body);
  }

  users(search: string, cursor: string | null): Promise<Users> {
    const query = new URLSearchParams({ search, ...(cursor === null ? {} : { cursor }) });
    return this.#ask("GET", `api/users?${query}`);
  }

  addUser(user: AddUser): Promise<UserWithPassword> {
    return this.#ask("POST", "api/users", user);
  }

  /** Refused when the account is no more as it was shown. */
  changeUser(of: UserAccount, change: UserChange): Promise<UserChanged> {
    return this.#ask("POST", `api/users/${of.user_id}/change`, change, { headers: { "if-match": of.tag } });
  }

  installations(cursor: string | null): Promise<Installations> {
    return this.#ask("GET", `api/administration/units${cursor === null ? "" : `?${new URLSearchParams({ cursor })}`}`);
  }

  installation(unit: string): Promise<InstallationAnswer> {
    return this.#ask("GET", `api/administration/units/${encodeURIComponent(unit)}`);
  }

  /** Refused when the unit is no more as it was shown, and during a treatment unless `confirmed`. */
  unitDeed(of: Installation, deed: UnitDeed, confirmed: boolean, patient?: string): Promise<InstallationAnswer> {
    const body = patient === undefined ? { confirmed } : { confirmed, patient_id: patient };
    return this.#ask("POST", `api/administration/units/${encodeURIComponent(of.unit)}/${deed}`, body, {
      headers: { "if-match": of.tag },
    });
  }

  addPatient(patient: NewPatient): Promise<PatientAdded> {
    return this.#ask("POST", "api/administration/patients", patient);
  }

  userDeed(of: UserAccount, deed: UserDeed): Promise<UserChanged | UserWithPassword> {
    return this.#ask("POST", `api/users/${of.user_id}/${deed}`, undefined, { headers: { "if-match": of.tag } });
  }

  audit(filter: AuditFilter, cursor: string | null): Promise<Deeds> {
    const query = new URLSearchParams({ ...filter, ...(cursor === null ? {} : { cursor }) });
    return this.#ask("GET", `api/audit?${query}`);
  }

  /** The address of the same rows as a file. */
  auditExport(filter: AuditFilter, format: "csv" | "ndjson"): string {
    return `${this.base}api/audit/export?${new URLSearchParams({ ...filter, format })}`;
  }

  auditActions(): Promise<DeedKinds> {
    return this.#ask("GET", "api/audit/actions");
  }

  chain(): Promise<ChainView> {
    return this.#ask("GET", "api/audit/chain");
  }

  verifyChain(): Promise<ChainView> {
    return this.#ask("POST", "api/audit/verify");
  }

  system(): Promise<SystemAnswer> {
    return this.#ask("GET", "api/system");
  }

  teams(): Promise<Teams> {
    return this.#ask("GET", "api/teams");
  }

  async addTeam(name: string): Promise<void> {
    await this.#ask("POST", "api/teams", { name });
  }

  /** `what`: nothing for the team itself, else `members/ID` or `patients/ID`. */
  async removeOfTeam(team: string, what = ""): Promise<void> {
    await this.#ask("DELETE", `api/teams/${encodeURIComponent(team)}${what && `/${what}`}`);
  }

  async putMember(team: string, email: string, until: string | null): Promise<void> {
    await this.#ask("POST", `api/teams/${encodeURIComponent(team)}/members`, { email, until });
  }

  async addToTeam(team: string, unit: string): Promise<void> {
    await this.#ask("POST", `api/teams/${encodeURIComponent(team)}/patients`, { unit });
  }

  breakGlass(whom: string, reason: string): Promise<Opened> {
    return this.#ask("POST", "api/break-glass", { whom, reason });
  }

  async endBreakGlass(glass: string): Promise<void> {
    await this.#ask("POST", `api/break-glass/${encodeURIComponent(glass)}/end`, {});
  }

  glasses(): Promise<Glasses> {
    return this.#ask("GET", "api/break-glass");
  }

  async reviewGlass(glass: string, right: boolean, note: string): Promise<void> {
    await this.#ask("POST", `api/break-glass/${encodeURIComponent(glass)}/review`, { right, note });
  }

  ownChannels(): Promise<OwnChannels> {
    return this.#ask("GET", "api/me/channels");
  }

  /** In which language pushes and messages speak to whoever is signed in. */
  async speak(language: Language): Promise<void> {
    await this.#ask("POST", "api/me/language", { language: language === "en" ? "en" : "zh" });
  }

  pushKey(): Promise<PushKey> {
    return this.#ask("GET", "api/me/push-key");
  }

  addChannel(channel: AddChannel): Promise<AddedChannel> {
    return this.#ask("POST", "api/me/channels", channel);
  }

  async testChannel(id: string): Promise<void> {
    await this.#ask("POST", `api/me/channels/${encodeURIComponent(id)}/test`);
  }

  removeChannel(id: string): Promise<RemovedChannel> {
    return this.#ask("DELETE", `api/me/channels/${encodeURIComponent(id)}`);
  }

  /** What happened to the patient whom the unit serves now, beside the readings. */
  timeline(unit: string, startMs: number, endMs: number): Promise<Timeline> {
    const span = new URLSearchParams({ start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() });
    return this.#ask("GET", `api/units/${encodeURIComponent(unit)}/timeline?${span}`);
  }

  history(unit: string, query: HistoryQuery): Promise<History> {
    const parameters = new URLSearchParams({
      signals: query.signals.join(","),
      start: new Date(query.startMs).toISOString(),
      end: new Date(query.endMs).toISOString(),
      buckets: String(query.buckets),
    });
    return this.#ask("GET", `api/units/${encodeURIComponent(unit)}/readings?${parameters}`);
  }

  /** A list that comes in parts, put together. */
  async #whole<List extends { readonly next: string | null }>(
    path: string,
    joined: (some: List, rest: List) => List,
  ): Promise<List> {
    let list = await this.#ask<List>("GET", path);
    while (list.next != null) {
      list = joined(list, await this.#ask<List>("GET", `${path}&cursor=${encodeURIComponent(list.next)}`));
    }
    return list;
  }

  async #ask<Answer>(method: string, path: string, body?: object, more?: More): Promise<Answer> {
    try {
      return await this.#send(method, path, body, more);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.onUnauthorised();
      throw error;
    }
  }

  async #send<Answer>(method: string, path: string, body?: object, more: More = {}): Promise<Answer> {
    let response: Response;
    try {
      response = await this.fetcher(this.base + path, {
        method,
        credentials: "same-origin",
        signal: AbortSignal.timeout(more.timeoutMs ?? TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(body === undefined && more.headers === undefined
          ? {}
          : { headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...more.headers } }),
      });
    } catch {
      throw new ApiError(0, "no answer");
    }
    if (!response.ok) {
      // Read to its end, or the browser reports the request as broken off.
      const { what, hint, errors, kind } = refusal(await response.text(), response.statusText);
      throw new ApiError(response.status, what, hint, errors, kind);
    }
    more.heard?.(response);
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }
}

/** The server's words (docs/errors.md); a proxy's page in between has none of them. */
function refusal(text: string, status: string): Pick<ApiError, "hint" | "errors" | "kind"> & { readonly what: string } {
  try {
    const { what, hint, errors, type } = JSON.parse(text) as Partial<Problem>;
    if (typeof what === "string" && typeof hint === "string") {
      return { what, hint, errors: errors ?? [], kind: type?.split("/").at(-1) ?? "" };
    }
  } catch {
    // Not JSON.
  }
  return { what: status, hint: "", errors: [], kind: "" };
}
