// The part of the dashboard that is there when no page is: shows pages to people, says that they have arrived, opens
// what they are about. It keeps one page, which says that there is no connection, and nothing of what the API says.
import { bytesOf, fingerprintOf, partsOf } from "../src/push/codec";
import { type Shown, shownOf, UNREACHED } from "./notification";

declare const self: ServiceWorkerGlobalScope;
/** Changes with the files that are kept, and so does this script with it: browsers then take the new ones. */
declare const KEPT_VERSION: string;

const KEPT = `homehd-offline-${KEPT_VERSION}`;
const OFFLINE = ["offline.html", "offline.css"] as const;
/** A phone that has just woken may have no network yet. Without the receipt another channel is tried: no harm. */
const SAY_AGAIN_MS = [1_000, 4_000, 15_000];

/** The page itself has a kilobyte; what takes longer does not come. */
const PAGE_MS = 12_000;

type Said = "delivered" | "read";

/** Only in workers, and in no version of TypeScript's library yet. */
interface FullOptions extends NotificationOptions {
  readonly renotify: boolean;
}

self.addEventListener("install", (event) => {
  // A new release takes over at once: what it keeps is never mixed with what an older one serves.
  event.waitUntil(keepOffline().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("push", (event) => {
  event.waitUntil(arrived(shownOf(event.data?.text() ?? null)));
});

self.addEventListener("notificationclick", (event) => {
  const { open, receipt } = event.notification.data as Pick<Shown, "open" | "receipt">;
  event.notification.close();
  // Opening comes first: it is allowed only shortly after the touch.
  event.waitUntil(Promise.allSettled([show(open), say(receipt, "read")]));
});

self.addEventListener("pushsubscriptionchange", (event) => {
  const old = (event as PushSubscriptionChangeEvent).oldSubscription;
  event.waitUntil(subscribeAgain(old).catch(() => notify(UNREACHED)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(inTime(request).catch(() => kept("offline.html")));
  else if (request.url.endsWith("/offline.css")) event.respondWith(fetch(request).catch(() => kept("offline.css")));
  // Everything else goes its way without us.
});

/** A network that is there and brings nothing must not leave a white page for minutes. */
function inTime(request: Request): Promise<Response> {
  return fetch(request, { signal: AbortSignal.timeout(PAGE_MS) });
}

/** Shown first: what could not be shown, because notifications were forbidden meanwhile, has not been delivered. */
async function arrived(shown: Shown): Promise<void> {
  await notify(shown);
  await say(shown.receipt, "delivered");
}

function notify({ title, body, tag, stays, open, receipt }: Shown): Promise<void> {
  const options: FullOptions = {
    body,
    tag,
    // The same page again tells again, in its old place.
    renotify: true,
    requireInteraction: stays,
    icon: "icons/icon-192.png",
    badge: "icons/badge-96.png",
    data: { open, receipt },
  };
  return self.registration.showNotification(title, options);
}

async function say(receipt: string, state: Said): Promise<void> {
  if (receipt === "") return;
  const address = new URL(`api/receipts/${receipt}`, self.registration.scope);
  const body = JSON.stringify({ state });
  for (const pause of [0, ...SAY_AGAIN_MS]) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(address, { method: "POST", body, headers, credentials: "omit" });
      // Anything but a server in trouble is its last word.
      if (answer.status < 500) return;
    } catch {
      // No network: again.
    }
  }
}

/** A page that is open goes there by itself, without losing what is live on it; else there is a new one. */
async function show(open: string): Promise<void> {
  const { scope } = self.registration;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.filter((one) => one.url.startsWith(scope));
  const client = ours.find((one) => one.focused) ?? ours.find((one) => one.visibilityState === "visible") ?? ours[0];
  if (client === undefined) {
    await self.clients.openWindow(new URL(open, scope));
    return;
  }
  client.postMessage({ open });
  await client.focus();
}

/** The push service has given up a subscription: make a new one in its place, and tell the server. Throws when it cannot. */
async function subscribeAgain(old: PushSubscription | null): Promise<void> {
  const api = (path: string) => new URL(path, self.registration.scope);
  const { key } = (await (await taken(fetch(api("api/me/push-key")))).json()) as { key: string };
  const applicationServerKey = bytesOf(key);
  const made = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  const replaces = old === null ? null : await fingerprintOf(old.endpoint);
  const body = JSON.stringify({ ...partsOf(made.toJSON()), push_key: key, replaces });
  await taken(fetch(api("api/me/channels"), { method: "POST", body, headers: { "content-type": "application/json" } }));
}

async function taken(asked: Promise<Response>): Promise<Response> {
  const answer = await asked;
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer;
}

async function keepOffline(): Promise<void> {
  const cache = await caches.open(KEPT);
  await cache.addAll(OFFLINE.map((path) => new Request(new URL(path, self.registration.scope), { cache: "reload" })));
}

async function forgetOthers(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith("homehd-offline-") && name !== KEPT);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function kept(path: (typeof OFFLINE)[number]): Promise<Response> {
  const cache = await caches.open(KEPT);
  return (await cache.match(new URL(path, self.registration.scope))) ?? Response.error();
}
