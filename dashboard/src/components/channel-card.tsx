// One of one's own channels: what it is, whether it works, a test of it with its result, taking it away.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../context";
import { formatClock } from "../format/times";
import type { OwnChannel } from "../messages";
import type { Devices } from "../push/devices";
import { words } from "../words";
import { Told } from "./told";

interface Props {
  readonly channel: OwnChannel;
  readonly devices: Devices;
}

export function ChannelCard({ channel, devices }: Props) {
  const t = words().devices;
  const when = useWhen();
  const isHere = channel.fingerprint !== null && channel.fingerprint === devices.here.value?.fingerprint;
  const isScreen = channel.kind === "screen";
  const gone = channel.gone_at;
  const failure = devices.failure.value;
  return (
    <article class="device-card" data-testid="channel" data-channel={channel.channel_id} data-gone={gone !== null}>
      <h3>
        {isScreen ? t.kinds.screen : channel.label}
        {isHere && <span class="mark-badge">{t.thisOne}</span>}
      </h3>
      <p class="note device-facts">
        {isScreen ? t.screens : `${t.kinds[channel.kind]} · ${channel.address} · ${t.tiers[channel.tier]}`}
        {!isScreen && ` · ${channel.tested_at === null ? t.untested : t.tested(when(channel.tested_at))}`}
      </p>
      {gone !== null && (
        <p class="failure" data-testid="gone">
          {t.gone(when(gone))}: <Told text={channel.gone_why ?? ""} />
        </p>
      )}
      <Result channel={channel} />
      {!isScreen && gone === null && <Buttons channel={channel} devices={devices} />}
      {failure?.of === channel.channel_id && (
        <p class="failure" role="alert">
          {failure.text}
        </p>
      )}
    </article>
  );
}

/** How the newest test stands, told to screen readers as it changes. */
function Result({ channel }: { readonly channel: OwnChannel }) {
  const t = words().devices.result;
  const { test } = channel;
  if (channel.kind === "screen") return null;
  const outcome = test === null ? null : outcomeOf(channel);
  return (
    <p class="device-result" role="status" data-testid="test-result" data-state={test?.state ?? "none"}>
      {outcome !== null && t[outcome]}
      {/* Of what is gone it has been said above. */}
      {test !== null && channel.gone_at === null && (outcome === "again" || outcome === "failed") && (
        <span class="note">
          {" "}
          <Told text={test.detail} />
        </span>
      )}
    </p>
  );
}

function outcomeOf({ kind, test }: OwnChannel) {
  if (test === null) return null;
  if (test.state === "sent" && kind === "web push") return "sent-push";
  if (test.state !== "queued") return test.state;
  if (!test.waiting) return "stopped";
  return test.attempts > 0 && test.detail !== "" ? "again" : "queued";
}

function Buttons({ channel, devices }: Props) {
  const t = words().devices;
  const asking = useSignal(false);
  const question = useRef<HTMLFieldSetElement>(null);
  // The button that was pressed is gone: the keyboard goes on at the question.
  useEffect(() => {
    if (asking.value) question.current?.querySelector("button")?.focus();
  }, [asking.value]);
  const ask = (value: boolean) => () => {
    asking.value = value;
  };
  const busy = devices.busy.value !== null;
  if (!asking.value) {
    const testing = channel.test?.waiting ?? false;
    return (
      <div class="answer-row">
        <button
          type="button"
          class="button"
          data-action="test"
          aria-disabled={busy || testing}
          onClick={() => !testing && void devices.test(channel)}
        >
          {testing ? t.testing : t.test}
        </button>
        <button type="button" class="button button-quiet" data-action="remove-ask" onClick={ask(true)}>
          {t.remove}
        </button>
      </div>
    );
  }
  return (
    <fieldset class="answer-confirm" ref={question}>
      <legend>{t.removeSure(channel.label)}</legend>
      {isLast(channel, devices) && <p class="note device-last">{t.removeLast}</p>}
      <button
        type="button"
        class="button"
        data-action="remove"
        aria-disabled={busy}
        onClick={() => void devices.remove(channel)}
      >
        {t.removeYes}
      </button>
      <button type="button" class="button" onClick={ask(false)}>
        {t.no}
      </button>
    </fieldset>
  );
}

function isLast(channel: OwnChannel, devices: Devices): boolean {
  const others = devices.channels.value?.filter(
    (other) => other.kind !== "screen" && other.gone_at === null && other.channel_id !== channel.channel_id,
  );
  return others?.length === 0;
}

function useWhen(): (iso: string) => string {
  const { store } = useApp();
  return (iso) => formatClock(Date.parse(iso), store.now.value);
}
