// What is typed on the prescription page, as changes of what holds. Pure.
import type { Changes, LevelView, Prescription } from "../messages";

/** Field ("limits.R13.high", "items.prescribed_spktv") -> what stands in it; a field nobody touched is not there. */
export type Draft = ReadonlyMap<string, string>;

/** Field -> what is wrong with it. */
export type Wrong = ReadonlyMap<string, string>;

export const limitField = (rule: string, level: string) => `limits.${rule}.${level}`;
export const itemField = (item: string) => `items.${item}`;

export function shown(value: number | null): string {
  return value === null ? "" : String(value);
}

/** A number as people type it, with a point or a comma; null: the field is empty; undefined: it is none. */
export function typed(text: string): number | null | undefined {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  if (plain === "") return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** The fields whose value is another than what holds. */
export function changed(prescription: Prescription, draft: Draft): Draft {
  const held = holding(prescription);
  return new Map([...draft].filter(([field, text]) => typed(text) !== (held.get(field) ?? null)));
}

export function changesOf(prescription: Prescription, draft: Draft): Required<Changes> {
  const limits: Record<string, Record<string, number | null>> = {};
  const items: Record<string, number | null> = {};
  for (const [field, text] of changed(prescription, draft)) {
    const [kind, name = "", level = ""] = field.split(".");
    const value = typed(text) ?? null;
    if (kind === "items") items[name] = value;
    else limits[name] = { ...limits[name], [level]: value };
  }
  return { limits, items };
}

/** What is wrong before anybody is asked: no number, or out of range. */
export function wrongIn(
  prescription: Prescription,
  draft: Draft,
  words: { readonly noNumber: string; readonly range: (low: number, high: number) => string },
): Wrong {
  const found = new Map<string, string>();
  const check = (field: string, low: number, high: number) => {
    const text = draft.get(field);
    if (text === undefined) return;
    const value = typed(text);
    if (value === undefined) found.set(field, words.noNumber);
    else if (value !== null && !(value >= low && value <= high)) found.set(field, words.range(low, high));
  };
  for (const item of prescription.items) check(itemField(item.item), item.low, item.high);
  for (const rule of prescription.rules) {
    for (const level of rule.levels) check(limitField(rule.rule, level.name), level.low, level.high);
  }
  return found;
}

/** The server's word on each value, by field; a rule as a whole is said at its first number. */
export function wrongFrom(
  prescription: Prescription,
  errors: readonly { readonly where: string; readonly why: string }[],
): Wrong {
  const fields = [...holding(prescription).keys()];
  return new Map(
    errors.map(({ where, why }) => {
      const field = where.replace(/^body\./, "");
      return [fields.find((one) => one === field) ?? fields.find((one) => one.startsWith(`${field}.`)) ?? field, why];
    }),
  );
}

/** The rule's own, as it stands beside the patient's. */
export function usual(level: LevelView): string {
  return level.usual.join(" / ");
}

function holding(prescription: Prescription): ReadonlyMap<string, number | null> {
  const items = prescription.items.map((one) => [itemField(one.item), one.value] as const);
  const limits = prescription.rules.flatMap((rule) =>
    rule.levels.map((level) => [limitField(rule.rule, level.name), level.own] as const),
  );
  return new Map<string, number | null>([...items, ...limits]);
}
