// From what was pushed to what is shown. Pure.
//
// Words come from the server's table and say nothing of anybody. Of the addresses in it only a number and a word are
// taken, and put after our own address: a push can make this worker neither open nor call anything else.

export interface Shown {
  readonly title: string;
  readonly body: string;
  /** The same for every repetition of a page: the newer takes the place of the older. */
  readonly tag: string;
  /** High priority stays until somebody touches it. */
  readonly stays: boolean;
  /** Where a touch leads: what stands after the dashboard's own address. */
  readonly open: string;
  /** The word by which this device says that it has it; empty: nothing is to be said. */
  readonly receipt: string;
}

const LONGEST = 200;
const DELIVERY = /(?:^|\/)deliveries\/([0-9]{1,18})$/;
const LIST = /(?:^|\/)(#\/(?:alerts|notices|devices))$/;
const RECEIPT = /(?:^|\/)api\/receipts\/([0-9a-f]{32,64})$/;

/** Of a push that cannot be read something is shown, too: somebody may be asking. In both languages: nothing says which. */
export const UNREADABLE: Shown = {
  title: "Please open the page · 请打开页面",
  body: "There may be something that needs an answer. · 可能有需要您回应的内容。",
  tag: "unreadable",
  stays: true,
  open: "#/",
  receipt: "",
};

/** What to say when this device is reached no more and only its person can mend that. */
export const UNREACHED: Shown = {
  title: "This device is not reached any more · 此设备无法再接收通知",
  body: "Open the page and switch notifications on again. · 请打开页面并重新开启通知。",
  tag: "unreached",
  stays: true,
  open: "#/devices",
  receipt: "",
};

export function shownOf(pushed: string | null): Shown {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(pushed ?? ""));
  } catch {
    return UNREADABLE;
  }
  const text = (name: string) => (typeof fields[name] === "string" ? (fields[name] as string) : "");
  const title = text("title");
  if (title === "") return UNREADABLE;
  return {
    title: title.slice(0, LONGEST),
    body: text("body").slice(0, LONGEST),
    tag: text("key") || "page",
    stays: text("priority") === "high",
    open: openOf(text("link")),
    receipt: RECEIPT.exec(text("receipt"))?.[1] ?? "",
  };
}

function openOf(link: string): string {
  const delivery = DELIVERY.exec(link)?.[1];
  return delivery === undefined ? (LIST.exec(link)?.[1] ?? "#/") : `#/deliveries/${delivery}`;
}
