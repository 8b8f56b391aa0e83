// One value: its number, its unit, and its own age where that is not the reading's.
import type { ComponentChildren } from "preact";
import { formatValue, type SignalName, signalFormat } from "../format/signals";
import { formatAge } from "../format/times";
import { ownAgeMs, STALE_AFTER_MS } from "../live/freshness";
import { EPISODIC, type Unit } from "../live/unit";
import { words } from "../words";

interface NumberProps {
  readonly unit: Unit;
  readonly signal: SignalName;
  readonly nowMs: number;
}

/** The bare number of a signal, or what there is instead of one. `data-value` carries it unrounded. */
export function SignalNumber({ unit, signal, nowMs }: NumberProps) {
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
  const age = ownAgeMs(measured, unit.readingAt, nowMs);
  const stale = age !== null && age > STALE_AFTER_MS && !EPISODIC.has(signal);
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
  readonly nowMs: number;
  readonly children?: ComponentChildren;
  readonly extra?: ComponentChildren;
}

/** A labelled value. `children` replace the bare number (two numbers of a blood pressure). */
export function Value({ label, unit, signals, nowMs, children, extra }: ValueProps) {
  const [first] = signals;
  const measured = unit.values.get(first);
  const age = measured === undefined ? null : ownAgeMs(measured, unit.readingAt, nowMs);
  const shown = measured !== undefined && !unit.invalid.has(first);
  return (
    <div class="value">
      <dt>
        {label} <span class="unit">{signalFormat(first)?.unit}</span>
      </dt>
      <dd>
        {children ?? <SignalNumber unit={unit} signal={first} nowMs={nowMs} />}
        {extra}
        {age !== null && shown && <span class="own-age">{ageText(formatAge(age), measured.orEarlier)}</span>}
      </dd>
    </div>
  );
}

function ageText(age: string, orEarlier: boolean): string {
  const t = words().tile;
  return orEarlier ? t.atLeast(age) : t.earlier(age);
}

export function BloodPressure({ label, unit, nowMs }: { label: string; unit: Unit; nowMs: number }) {
  const measured = unit.values.has("systolic") || unit.invalid.has("systolic");
  return (
    <Value label={label} unit={unit} signals={["systolic", "diastolic"]} nowMs={nowMs}>
      <SignalNumber unit={unit} signal="systolic" nowMs={nowMs} />
      {measured && <span class="slash">/</span>}
      {measured && <SignalNumber unit={unit} signal="diastolic" nowMs={nowMs} />}
    </Value>
  );
}

/** What was removed, against what is to be removed. */
export function Ultrafiltration({ label, unit, nowMs }: { label: string; unit: Unit; nowMs: number }) {
  const done = unit.values.get("ultrafiltration_volume")?.value;
  const target = unit.values.get("ultrafiltration_target")?.value;
  const share = done === undefined || !target ? null : Math.min(1, Math.max(0, done / target));
  return (
    <Value
      label={label}
      unit={unit}
      signals={["ultrafiltration_volume", "ultrafiltration_target"]}
      nowMs={nowMs}
      extra={share !== null && <progress class="progress" value={share} max={1} aria-label={label} />}
    >
      <SignalNumber unit={unit} signal="ultrafiltration_volume" nowMs={nowMs} />
      {target !== undefined && (
        <span class="of">
          /<SignalNumber unit={unit} signal="ultrafiltration_target" nowMs={nowMs} />
        </span>
      )}
    </Value>
  );
}
