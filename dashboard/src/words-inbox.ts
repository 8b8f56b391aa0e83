// The words of the list of alerts as a work list, of keys and of sound: the part of `words.ts` for those.
import type { OneOfMany, Priority } from "./messages";

export const englishInbox = {
  filter: "Which alerts",
  shown: { open: "All open", unanswered: "Unanswered", mine: "Mine", shelved: "Set aside" },
  priority: "Priority",
  clinic: "Clinic",
  any: "any",
  patient: "Patient or unit",
  count: (left: number, of: number) => (left === of ? `${of} open` : `${left} of ${of} open`),
  clear: "Show all",
  nothing: "No open alert is like that.",
  bulk: {
    all: (count: number) => `Tick all ${count} low`,
    none: "Tick none",
    acknowledge: (count: number) => (count === 0 ? "Acknowledge ticked" : `Acknowledge ${count} low`),
    onlyLow: "Only low ones. Medium and high are answered one by one.",
    undrawn: (count: number) => `${count} more low further down, not on the page yet.`,
    tick: (title: string) => `Tick: ${title}`,
    sending: (done: number, of: number) => `${done} of ${of} so far…`,
    done: (done: number, of: number) => `${done} of ${of} acknowledged.`,
    more: (count: number) => `and ${count} more`,
    outcomes: {
      acknowledged: "acknowledged",
      "already acknowledged": "acknowledged before",
      over: "already over",
      "not low": "more than low by now, or told together with something that is: answer it by itself",
      unknown: "not there, or not yours to see",
      "not recorded": "not recorded: try again",
    } satisfies Record<OneOfMany["outcome"], string>,
  },
  keys: {
    title: "Keys",
    open: "Keys (?)",
    close: "Close",
    on: "Single keys work on this browser",
    where: { anywhere: "Anywhere", list: "In a list of alerts" },
    what: {
      help: "this list",
      wall: "wall",
      alerts: "alerts",
      next: "next alert",
      previous: "previous alert",
      accept: "accept, or acknowledge, the alert the keyboard is at",
      aside: "set it aside",
      tick: "tick it, where it is low",
      leave: "leave a form or this list",
    },
  },
  sound: {
    label: "Sound",
    off: "Sound off",
    arm: "Sound off – tap to arm",
    armed: "Sound on",
    noLine: "No connection: no new alert would be heard",
    test: "You should have heard the sound of a high alert: ten quick tones, five and five again. Did you?",
    heard: "Yes, I heard it",
    unheard: "No",
    turnOff: "Turn off",
    pause: "Pause 2 min",
    paused: (left: string) => `Sound paused, ${left} left`,
    resume: "End pause",
    blocked: "The browser keeps this page silent – tap to arm",
    notPrimary: "An addition to what people are sent and to the machine's own alarm, never in place of them.",
    screens: (armed: number, all: number) =>
      all === 1
        ? armed === 1
          ? "The one screen here would be heard"
          : "The one screen here would not be heard"
        : `${armed} of ${all} screens would be heard`,
    silent: (names: string) => `Silent: ${names}.`,
    playing: (priority: Priority) => `Sound of a ${priority} alert`,
  },
};
