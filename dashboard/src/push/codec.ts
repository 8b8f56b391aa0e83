// What page and service worker share about subscriptions. No window, no document: it runs in both.

/** Bytes of base64url text, as `applicationServerKey` wants them. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const padded = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .padEnd(Math.ceil(text.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

/** The same text of bytes, without padding; empty of none. */
export function textOf(bytes: ArrayBuffer | null): string {
  if (bytes === null) return "";
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** SHA-256 of an endpoint in hexadecimal: by it a channel in the server's list is known as this browser's. */
export async function fingerprintOf(endpoint: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Keys {
  readonly p256dh: string;
  readonly auth: string;
}

/** What the server is told of a subscription; null when the browser gave less than it should. */
export function partsOf(subscription: PushSubscriptionJSON): { endpoint: string; keys: Keys } | null {
  const { endpoint, keys } = subscription;
  const p256dh = keys?.p256dh;
  const auth = keys?.auth;
  if (!endpoint || !p256dh || !auth) return null;
  return { endpoint, keys: { p256dh, auth } };
}
