// How I am reached: this browser's notifications, and all my channels with a test of each.
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ChannelCard } from "../components/channel-card";
import { BellIcon } from "../components/icons";
import { OwnSignInSections } from "../components/own-sign-in";
import { useApp } from "../context";
import { suggestedLabel } from "../push/browser";
import { Devices } from "../push/devices";
import { words } from "../words";

export function DevicesPage() {
  const { api } = useApp();
  const devices = useMemo(() => new Devices(api), [api]);
  const t = words().devices;
  useLooking(devices);
  const channels = devices.channels.value;
  return (
    <main id="content" tabIndex={-1} class="page alerts-page devices">
      <div class="page-head">
        <h1>{t.title}</h1>
      </div>
      <p class="devices-intro">{t.intro}</p>
      <ThisBrowser devices={devices} />
      <section class="alert-list" aria-labelledby="channels-title" data-testid="channels">
        <h2 id="channels-title">{t.list}</h2>
        {channels === null && !devices.loadFailed.value && <p class="note">{t.loading}</p>}
        {devices.loadFailed.value && (
          <p class="failure" role="alert">
            {t.loadFailed}
          </p>
        )}
        {channels?.map((channel) => (
          <ChannelCard key={channel.channel_id} channel={channel} devices={devices} />
        ))}
      </section>
      <OwnSignInSections />
    </main>
  );
}

function useLooking(devices: Devices): void {
  useEffect(() => {
    let timer = 0;
    let current = true;
    const again = async () => {
      await devices.look();
      if (current) timer = window.setTimeout(() => void again(), devices.pauseMs);
    };
    void again();
    // What was just asked for is looked after at once, not when the long pause is over.
    const stop = devices.busy.subscribe((busy) => {
      if (busy !== null || timer === 0) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void again(), devices.pauseMs);
    });
    return () => {
      current = false;
      window.clearTimeout(timer);
      stop();
    };
  }, [devices]);
}

const MAY_SWITCH_ON: ReadonlySet<string> = new Set(["off", "refused", "other-key", "gone", "unlisted"]);

function ThisBrowser({ devices }: { readonly devices: Devices }) {
  const t = words().devices;
  const here = devices.here.value;
  const standing = here?.standing ?? "looking";
  const own = devices.channels.value?.find(
    (channel) => channel.fingerprint !== null && channel.fingerprint === here?.fingerprint && channel.gone_at === null,
  );
  const { what, todo } = t.standing[standing];
  const failure = devices.failure.value;
  return (
    <section class="device-card" aria-labelledby="here-title" data-testid="this-browser" data-standing={standing}>
      <h2 id="here-title">{t.here}</h2>
      <p class="device-standing" role="status">
        <BellIcon silent={standing !== "on"} />
        <span>{what}</span>
      </p>
      {todo !== "" && <p class="note">{todo}</p>}
      {MAY_SWITCH_ON.has(standing) && standing !== "refused" && <SwitchOn devices={devices} />}
      {standing === "on" && own !== undefined && (
        <div class="answer-row">
          <button
            type="button"
            class="button"
            data-action="unsubscribe"
            aria-disabled={devices.busy.value !== null}
            onClick={() => void devices.remove(own)}
          >
            {t.unsubscribe}
          </button>
        </div>
      )}
      {failure?.of === "here" && (
        <p class="failure" role="alert">
          {failure.text}
        </p>
      )}
    </section>
  );
}

function SwitchOn({ devices }: { readonly devices: Devices }) {
  const t = words().devices;
  const here = devices.here.value?.fingerprint ?? null;
  const before = here === null ? undefined : devices.channels.value?.find(({ fingerprint }) => fingerprint === here);
  const label = useSignal(before?.label ?? suggestedLabel(navigator.userAgent));
  const busy = devices.busy.value === "here";
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void devices.switchOn(label.value.trim() || suggestedLabel(navigator.userAgent));
  };
  return (
    <form class="device-form" onSubmit={submit}>
      <label class="shelf-reason">
        {t.label}
        <input
          name="label"
          type="text"
          required
          maxLength={100}
          autocomplete="off"
          value={label.value}
          onInput={(event) => {
            label.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button button-primary" data-action="subscribe" aria-disabled={busy}>
        {busy ? t.subscribing : t.subscribe}
      </button>
    </form>
  );
}
