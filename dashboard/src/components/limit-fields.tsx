// The values of a prescription: beside each the rule's own, its unit and its range; a field where it may be changed.

import { useApp } from "../context";
import { wrongNow } from "../format/refusals";
import type { ItemView, LevelView, RuleLimits } from "../messages";
import { type Draft, itemField, limitField, shown, usual, type Wrong } from "../prescription/draft";
import { words } from "../words";

export interface Editing {
  readonly draft: Draft;
  readonly changed: Draft;
  readonly wrong: Wrong;
  readonly onType: (field: string, text: string) => void;
}

/** "R13 High", "R02 Medium, mean pressure", or a prescribed item by its name. */
export function nameOf(rule: string, name: string): string {
  const t = words().prescription;
  return rule === "" ? (t.itemNames[name] ?? name) : `${rule} ${levelName(name)}`;
}

function levelName(name: string): string {
  const [priority = "", ...rest] = name.split("_");
  const part = rest.join("_");
  const word = (words().priorities as Readonly<Record<string, string>>)[priority] ?? priority;
  return part === "" ? word : `${word}, ${words().prescription.parts[part] ?? part}`;
}

export function Items({ items, editing }: { readonly items: readonly ItemView[]; readonly editing: Editing | null }) {
  const t = words().prescription;
  return (
    <section class="prescription-part" aria-labelledby="prescribed">
      <h2 id="prescribed">{t.items}</h2>
      <div class="limit-rows">
        {items.map((one) => (
          <Row
            key={one.item}
            field={itemField(one.item)}
            label={nameOf("", one.item)}
            value={one.value}
            absent={t.notKnown}
            unit={one.unit}
            range={t.range(one.low, one.high, one.unit)}
            editing={editing}
          />
        ))}
      </div>
    </section>
  );
}

export function Rules({ of, editing }: { readonly of: readonly RuleLimits[]; readonly editing: Editing | null }) {
  const { rules } = useApp();
  const t = words().prescription;
  return (
    <section class="prescription-part" aria-labelledby="own-limits">
      <h2 id="own-limits">{t.limits}</h2>
      <p class="note">{t.limitsNote}</p>
      {of.map((rule) => (
        <section key={rule.rule} class="limit-rule" data-rule={rule.rule}>
          <h3>
            <span class="rule-id">{rule.rule}</span> {rules.title(rule)}
          </h3>
          <div class="limit-rows">
            {rule.levels.map((level) => (
              <Level key={level.name} rule={rule.rule} level={level} editing={editing} />
            ))}
          </div>
        </section>
      ))}
    </section>
  );
}

interface LevelProps {
  readonly rule: string;
  readonly level: LevelView;
  readonly editing: Editing | null;
}

function Level({ rule, level, editing }: LevelProps) {
  const t = words().prescription;
  const hints = [t.range(level.low, level.high, level.unit), t.less[level.less], ...(level.vital ? [t.vital] : [])];
  return (
    <Row
      field={limitField(rule, level.name)}
      label={levelName(level.name)}
      value={level.own}
      absent={usual(level)}
      unit={level.unit}
      range={hints.join(" · ")}
      beside={t.usual(usual(level), level.unit)}
      editing={editing}
    />
  );
}

interface RowProps {
  readonly field: string;
  readonly label: string;
  readonly value: number | null;
  readonly absent: string;
  readonly unit: string;
  readonly range: string;
  readonly beside?: string;
  readonly editing: Editing | null;
}

function Row({ field, label, value, absent, unit, range, beside, editing }: RowProps) {
  const id = `field-${field}`;
  const wrong = editing?.wrong.get(field);
  if (editing === null) {
    return (
      <div class="limit-row" data-field={field}>
        <span class="limit-label">{label}</span>
        <span class="limit-value" data-own={value !== null}>
          {value ?? absent} {unit}
        </span>
        <span class="note">{beside}</span>
      </div>
    );
  }
  return (
    <div class="limit-row" data-field={field} data-changed={editing.changed.has(field)}>
      <label class="limit-label" for={id}>
        {label}
      </label>
      <span class="limit-value" data-own={value !== null}>
        <input
          id={id}
          inputMode="text"
          autocomplete="off"
          placeholder={absent}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-note`}
          value={editing.draft.get(field) ?? shown(value)}
          onInput={(event) => editing.onType(field, event.currentTarget.value)}
        />{" "}
        {unit}
      </span>
      <span class="note" id={`${id}-note`}>
        {wrong !== undefined && (
          <strong class="failure" role="alert">
            {wrongNow(wrong)}{" "}
          </strong>
        )}
        {beside !== undefined && `${beside} · `}
        {range}
      </span>
    </div>
  );
}
