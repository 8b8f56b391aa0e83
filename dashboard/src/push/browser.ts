// This browser and web push: how it stands, switching on, switching off. The rest of the page knows nothing of workers.

import type { Api } from "../api";
import { language } from "../language";
import type { OwnChannel } from "../messages";
import { bytesOf, fingerprintOf, partsOf, textOf } from "./codec";

export type Standing =
  | "unsupported"
  | "insecure"
  | "not-set-up"
  | "refused"
  | "off"
  | "other-key"
  | "gone"
  | "unlisted"
  | "on";
export type SubscribeFailure = "dismissed" | "refused" | "no-worker" | "push-service" | "incomplete";

// Each before those that it names, too: Android says that it is a Linux, Edge that it is a Chrome.
const DEVICES = ["iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"];
const BROWSERS = ["Firefox", "Edg", "Chrome", "Safari"];
const PUSH_SERVICE_MS = 30_000;

/** Why this browser could not be switched on; what the server refuses is an ApiError instead. */
export class PushFailure extends Error {
  constructor(readonly why: SubscribeFailure) {
    super(why);
  }
}

/** This browser's subscription as a channel of the server's list. */
export interface Here {
  readonly standing: Standing;
  /** Fingerprint of the subscription; null: there is none. */
  readonly fingerprint: string | null;
}

/** How it stands, by the browser's word and the server's. `key`: null where web push is not set up. */
export async function look(key: string | null, channels: readonly OwnChannel[]): Promise<Here> {
  const hindrance = hindered();
  if (hindrance !== null) return { standing: hindrance, fingerprint: null };
  const subscription = await current();
  if (key === null) return { standing: "not-set-up", fingerprint: null };
  if (Notification.permission === "denied") return { standing: "refused", fingerprint: null };
  if (subscription === null || Notification.permission !== "granted") return { standing: "off", fingerprint: null };
  const fingerprint = await fingerprintOf(subscription.endpoint);
  return { standing: standingOf(subscription, fingerprint, key, channels), fingerprint };
}

function standingOf(
  subscription: PushSubscription,
  fingerprint: string,
  key: string,
  channels: readonly OwnChannel[],
): Standing {
  if (textOf(subscription.options.applicationServerKey) !== key) return "other-key";
  const same = channels.filter((channel) => channel.fingerprint === fingerprint);
  if (same.some((channel) => channel.gone_at === null)) return "on";
  return same.length > 0 ? "gone" : "unlisted";
}

/** Asks the person, subscribes, tells the server. PushFailure or ApiError when it did not come to that. */
export async function switchOn(api: Api, key: string, label: string, here: Here): Promise<void> {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") throw new PushFailure(permission === "denied" ? "refused" : "dismissed");
  const { pushManager } = await worker();
  const useless = here.standing === "other-key" || here.standing === "gone";
  const before = await pushManager.getSubscription();
  if (useless) await before?.unsubscribe();
  const subscription =
    before !== null && !useless
      ? before
      : await inTime(pushManager.subscribe(wanted(key))).catch(failed("push-service"));
  const parts = partsOf(subscription.toJSON());
  if (parts === null) throw new PushFailure("incomplete");
  const replaces = useless ? here.fingerprint : null;
  await api.addChannel({ ...parts, push_key: key, label, language: pageLanguage(), replaces });
}

/** Pages speak as the screen did when it was switched on. */
function pageLanguage(): "en" | "zh" {
  return language.peek() === "zh-Hans" ? "zh" : "en";
}

/** The server has been told. The browser's subscription goes, too, unless somebody else is reached by it. */
export async function switchOff(othersUseIt: boolean): Promise<void> {
  if (!othersUseIt) await (await current())?.unsubscribe();
}

/** What a touch on a notification asks an open page to show. */
export function followWorker(): void {
  navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<unknown>) => {
    const { open } = Object(event.data) as { readonly open?: unknown };
    if (typeof open === "string" && /^#\/([a-z]+(\/[0-9]+)?)?$/.test(open)) window.location.hash = open;
  });
}

/** What a person may call this device, to begin with. */
export function suggestedLabel(agent: string): string {
  const device = DEVICES.find((name) => agent.includes(name))?.replace("Macintosh", "Mac");
  const browser = BROWSERS.find((name) => agent.includes(name))?.replace("Edg", "Edge");
  return [browser, device].filter((part) => part !== undefined).join(" · ") || "Browser";
}

function wanted(key: string): PushSubscriptionOptionsInit {
  return { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
}

/** A browser that cannot reach its push service may try for ever, and say nothing. */
async function inTime<Made>(made: Promise<Made>): Promise<Made> {
  let timer = 0;
  const over = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error("no answer")), PUSH_SERVICE_MS);
  });
  try {
    return await Promise.race([made, over]);
  } finally {
    window.clearTimeout(timer);
  }
}

function failed(why: SubscribeFailure): () => Promise<never> {
  return () => Promise.reject(new PushFailure(why));
}

function hindered(): Standing | null {
  if (!window.isSecureContext) return "insecure";
  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  return able ? null : "unsupported";
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** On a phone, and wherever the page was installed: opened without a network it says so. A wall needs no worker. */
export function keepOfflinePage(): void {
  const wanted = window.matchMedia?.("(max-width: 40rem), (display-mode: standalone)").matches ?? false;
  if (!wanted || !window.isSecureContext || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(scriptOfWorker()).catch(() => undefined);
}

function scriptOfWorker(): URL {
  return new URL("service-worker.js", document.baseURI);
}

/** The worker, active. */
async function worker(): Promise<ServiceWorkerRegistration> {
  const registration = await navigator.serviceWorker.register(scriptOfWorker()).catch(failed("no-worker"));
  const starting = registration.installing ?? registration.waiting;
  if (registration.active === null && starting !== null) await activated(starting).catch(failed("no-worker"));
  return registration;
}

function activated(starting: ServiceWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (starting.state === "activated") resolve();
      if (starting.state === "redundant") reject(new Error("not installed"));
    };
    starting.addEventListener("statechange", look);
    look();
  });
}
