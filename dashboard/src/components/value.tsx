// One value: its number, its unit, and its own age where that is not the reading's.
import type { ComponentChildren } from "preact";
import { useApp } from "../context";
import { formatValue, type SignalName, signalFormat } from "../format/signals";
import { formatAge } from "../format/times";
import { ageMs, hasOwnAge, STALE_AFTER_MS } from "../live/freshness";
import { EPISODIC, type Measured, type Unit } from "../live/unit";
import { words } from "../words";

interface NumberProps {
  readonly unit: Unit;
  readonly signal: SignalName;
}

/** The bare number of a signal, or what there is instead of one. `data-value` carries it unrounded. */
export function SignalNumber({ unit, signal }: NumberProps) {
  const { store } = useApp();
  const t = words().tile;
  const measured = unit.values.get(signal);
  if (unit.invalid.has(signal)) {
    return (
      <span class="implausible" data-signal={signal} data-invalid="true">
        {t.implausible}
      </span>
    );
  }
  if (measured === undefined) {
    return (
      <span class="number missing" data-signal={signal} data-missing="true">
        <span aria-hidden="true">–</span>
        <span class="hidden">{t.notMeasured}</span>
      </span>
    );
  }
  // The time is asked for only where it shows: a number as young as its reading is not drawn anew each second.
  const grows = !EPISODIC.has(signal) && hasOwnAge(measured, unit.readingAt);
  const stale = grows && ageMs(measured.at, store.now.value) > STALE_AFTER_MS;
  return (
    <span class="number" data-signal={signal} data-value={measured.value} data-stale={stale}>
      {formatValue(signal, measured.value)}
    </span>
  );
}

interface ValueProps {
  readonly label: string;
  readonly unit: Unit;
  /** The signals whose age counts here; the first gives the unit of measure. */
  readonly signals: readonly [SignalName, ...SignalName[]];
  readonly children?: ComponentChildren;
  readonly extra?: ComponentChildren;
}

/** A labelled value. `children` replace the bare number (two numbers of a blood pressure). */
export function Value({ label, unit, signals, children, extra }: ValueProps) {
  const [first] = signals;
  const measured = unit.values.get(first);
  const aged = measured !== undefined && !unit.invalid.has(first) && hasOwnAge(measured, unit.readingAt);
  return (
    <div class="value">
      <dt>
        {label} <span class="unit">{signalFormat(first)?.unit}</span>
      </dt>
      <dd>
        {children ?? <SignalNumber unit={unit} signal={first} />}
        {extra}
        {aged && <OwnAge measured={measured} />}
      </dd>
    </div>
  );
}

function OwnAge({ measured }: { readonly measured: Measured }) {
  const t = words().tile;
  const age = formatAge(ageMs(measured.at, useApp().store.now.value));
  return <span class="own-age">{measured.orEarlier ? t.atLeast(age) : t.earlier(age)}</span>;
}

export function BloodPressure({ label, unit }: { label: string; unit: Unit }) {
  const measured = unit.values.has("systolic") || unit.invalid.has("systolic");
  return (
    <Value label={label} unit={unit} signals={["systolic", "diastolic"]}>
      <SignalNumber unit={unit} signal="systolic" />
      {measured && <span class="slash">/</span>}
      {measured && <SignalNumber unit={unit} signal="diastolic" />}
    </Value>
  );
}

/** What was removed, against what is to be removed. */
export function Ultrafiltration({ label, unit }: { label: string; unit: Unit }) {
  const done = unit.values.get("ultrafiltration_volume")?.value;
  const target = unit.values.get("ultrafiltration_target")?.value;
  const share = done === undefined || !target ? null : Math.min(1, Math.max(0, done / target));
  return (
    <Value
      label={label}
      unit={unit}
      signals={["ultrafiltration_volume", "ultrafiltration_target"]}
      extra={share !== null && <progress class="progress" value={share} max={1} aria-label={label} />}
    >
      <SignalNumber unit={unit} signal="ultrafiltration_volume" />
      {target !== undefined && (
        <span class="of">
          /<SignalNumber unit={unit} signal="ultrafiltration_target" />
        </span>
      )}
    </Value>
  );
}
