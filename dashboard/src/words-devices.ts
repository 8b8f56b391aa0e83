// The words about how one is reached oneself: the part of `words.ts` for those.
import type { ChannelTest, OwnChannel } from "./messages";
import type { Standing, SubscribeFailure } from "./push/browser";

export const englishDevices = {
  title: "How I am reached",
  nav: "How I am reached",
  intro:
    "While you are on call you are asked in these ways, again and again until somebody accepts. A notification says how " +
    "urgent it is, and nothing of a patient: whom it is about stands here, after signing in.",
  here: "This browser",
  standing: {
    looking: { what: "Looking…", todo: "" },
    unsupported: {
      what: "This browser cannot show notifications of this page.",
      todo: "On an iPhone or iPad, add the page to the home screen first and open it there. Otherwise use a current Firefox, Chrome, Edge or Safari.",
    },
    insecure: {
      what: "Notifications need a secure connection.",
      todo: "Open the page by its https:// address; whoever runs the server knows it.",
    },
    "not-set-up": {
      what: "Notifications by web push are not set up on this server.",
      todo: "Whoever runs it has to set push_contact. Until then other ways can be entered with `homehd channels add`.",
    },
    refused: {
      what: "This browser was told not to show notifications of this page.",
      todo: "Open the browser's settings for this site (the symbol before the address), allow notifications, then load the page again.",
    },
    off: {
      what: "Notifications are off in this browser.",
      todo: "Switch them on, and allow them when the browser asks.",
    },
    "other-key": {
      what: "Notifications do not arrive here: this browser subscribed to a key that the server no longer has.",
      todo: "Switch them on again.",
    },
    gone: {
      what: "Notifications do not arrive here any more: the push service has given this browser's subscription up.",
      todo: "Switch them on again.",
    },
    unlisted: {
      what: "This browser is subscribed, but not for you.",
      todo: "Somebody else may be reached here. Switch it on to be reached here, too.",
    },
    on: { what: "Notifications are on in this browser.", todo: "Send a test to see one arrive." },
  } satisfies Record<Standing | "looking", { what: string; todo: string }>,
  label: "What you call this device",
  subscribe: "Switch on here",
  subscribing: "Switching on…",
  unsubscribe: "Switch off here",
  failures: {
    dismissed: "The question was closed without an answer: nothing has changed. Try again.",
    refused: "You did not allow notifications: nothing has changed.",
    "no-worker": "The browser did not start the page's service worker. Load the page again, and try once more.",
    "push-service":
      "The browser's push service did not answer. Without a way to it (some networks have none) no notification can arrive.",
    incomplete: "The browser gave an incomplete subscription.",
  } satisfies Record<SubscribeFailure, string>,
  failed: "The server did not take it. Try again.",
  list: "My channels",
  loading: "Loading…",
  loadFailed: "The list could not be loaded.",
  thisOne: "this browser",
  kinds: { screen: "Screens", "web push": "Web push", apprise: "Message" } satisfies Record<OwnChannel["kind"], string>,
  screens: "Every page that is open and signed in. Nothing needs to be set up.",
  tiers: { 1: "used at once", 2: "used when the first way gave no sign" } satisfies Record<OwnChannel["tier"], string>,
  tested: (when: string) => `last tested ${when}`,
  untested: "never tested",
  gone: (when: string) => `Not used any more since ${when}`,
  test: "Send a test",
  testing: "Test on its way…",
  remove: "Remove",
  removeSure: (label: string) => `Remove “${label}”?`,
  removeLast: "It is your only way beside the screens: while none is open, nobody reaches you.",
  removeYes: "Yes, remove",
  no: "No",
  result: {
    queued: "Test: waits to be sent.",
    again: "Test: not taken yet. It is tried again.",
    stopped: "Test: called off.",
    sent: "Test: sent. Nobody says whether a device has it.",
    "sent-push": "Test: sent. The push service has it, the device has not said so yet.",
    delivered: "Test: has arrived on the device.",
    read: "Test: has arrived, and was opened.",
    accepted: "Test: answered.",
    rejected: "Test: answered.",
    failed: "Test: did not arrive.",
  } satisfies Record<ChannelTest["state"] | "again" | "stopped" | "sent-push", string>,
};
