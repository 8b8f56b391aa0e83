import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { ChannelCard } from "../src/components/channel-card";
import { AppContext } from "../src/context";
import { LiveStore } from "../src/live/store";
import type { ChannelTest, OwnChannel } from "../src/messages";
import { suggestedLabel } from "../src/push/browser";
import { bytesOf, fingerprintOf, partsOf, textOf } from "../src/push/codec";
import { Devices, isOnItsWay } from "../src/push/devices";
import { parseRoute } from "../src/routes";
import { Session } from "../src/session";
import { testApp } from "./app";
import { iso, SERVER_MS } from "./samples";

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
});

const api = new Api(
  "/",
  () => undefined,
  () => Promise.reject(new TypeError("no network")),
);

function test(changes: Partial<ChannelTest> = {}): ChannelTest {
  const at = iso(SERVER_MS);
  return { state: "queued", attempts: 0, queued_at: at, changed_at: at, waiting: true, detail: "", ...changes };
}

function channel(changes: Partial<OwnChannel> = {}): OwnChannel {
  return {
    channel_id: "7",
    kind: "web push",
    address: "push://push.example.net/…",
    fingerprint: "f".repeat(64),
    label: "Phone",
    tier: 1,
    language: "en",
    created_at: iso(SERVER_MS),
    tested_at: null,
    gone_at: null,
    gone_why: "",
    test: null,
    ...changes,
  };
}

function show(one: OwnChannel, others: OwnChannel[] = []): Devices {
  const devices = new Devices(api);
  devices.channels.value = [one, ...others];
  act(() =>
    render(
      <AppContext.Provider value={testApp(api, new LiveStore(), new Session())}>
        <ChannelCard channel={one} devices={devices} />
      </AppContext.Provider>,
      host,
    ),
  );
  return devices;
}

const press = (action: string) =>
  act(() => host.querySelector<HTMLButtonElement>(`[data-action="${action}"]`)?.click());

describe("a channel", () => {
  it.each([
    [test(), "waits to be sent"],
    [test({ attempts: 1, detail: "no connection" }), "not taken yet. It is tried again. no connection"],
    [test({ waiting: false }), "called off"],
    [test({ state: "sent", waiting: false }), "The push service has it, the device has not said so yet"],
    [test({ state: "delivered", waiting: false }), "has arrived on the device"],
    [test({ state: "read", waiting: false }), "was opened"],
    [test({ state: "failed", waiting: false, detail: "no answer" }), "did not arrive. no answer"],
  ])("says how its test stands", (of, said) => {
    show(channel({ test: of }));
    expect(host.querySelector('[data-testid="test-result"]')?.textContent).toContain(said);
  });

  it("of another kind has no device that says anything", () => {
    show(channel({ kind: "apprise", fingerprint: null, test: test({ state: "sent", waiting: false }) }));
    expect(host.textContent).toContain("Nobody says whether a device has it");
  });

  it("that is gone says why, and offers nothing", () => {
    show(channel({ gone_at: iso(SERVER_MS), gone_why: "gone for good (HTTP 410)" }));
    expect(host.textContent).toContain("Not used any more since");
    expect(host.textContent).toContain("HTTP 410");
    expect(host.querySelector("button")).toBeNull();
  });

  it("that is the only way is not taken away without a word about it", () => {
    show(channel(), [channel({ channel_id: "1", kind: "screen" })]);
    press("remove-ask");
    expect(host.textContent).toContain("your only way beside the screens");
    show(channel(), [channel({ channel_id: "8" })]);
    expect(host.textContent).not.toContain("your only way");
  });

  it("says why nothing was done to it", async () => {
    const devices = show(channel());
    await act(() => devices.test(channel()));
    expect(host.querySelector('[role="alert"]')?.textContent).toBe("The server did not take it. Try again.");
    expect(devices.busy.value).toBeNull();
  });
});

describe("a test on its way", () => {
  it("is looked after until its device may have spoken", () => {
    const sent = test({ state: "sent", waiting: false });
    expect(isOnItsWay(channel({ test: test() }), SERVER_MS)).toBe(true);
    expect(isOnItsWay(channel({ test: sent }), SERVER_MS + 119_000)).toBe(true);
    expect(isOnItsWay(channel({ test: sent }), SERVER_MS + 121_000)).toBe(false);
    expect(isOnItsWay(channel({ kind: "apprise", test: sent }), SERVER_MS)).toBe(false);
    expect(isOnItsWay(channel(), SERVER_MS)).toBe(false);
  });
});

describe("subscriptions", () => {
  it("know keys as text and as bytes", () => {
    const key = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
    expect(bytesOf(key)).toHaveLength(65);
    expect(textOf(bytesOf(key).buffer)).toBe(key);
    expect(textOf(null)).toBe("");
  });

  it("are known to the server by the hash of their endpoint", async () => {
    const expected = "100680ad546ce6a577f42f52df33b4cfdca756859e664b8d7de329b150d09ce9";
    expect(await fingerprintOf("https://example.com")).toBe(expected);
  });

  it("that lack a part are none", () => {
    const keys = { p256dh: "p", auth: "a" };
    expect(partsOf({ endpoint: "https://e", keys, expirationTime: null })).toEqual({ endpoint: "https://e", keys });
    expect(partsOf({ endpoint: "https://e", keys: { p256dh: "p" } })).toBeNull();
    expect(partsOf({ keys })).toBeNull();
  });

  it("have a name to begin with", () => {
    const pixel = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36";
    expect(suggestedLabel(pixel)).toBe("Chrome · Android");
    expect(suggestedLabel("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0")).toBe("Edge · Windows");
    expect(suggestedLabel("")).toBe("Browser");
  });
});

it("has an address of its own", () => {
  expect(parseRoute("#/devices")).toEqual({ page: "devices" });
});
