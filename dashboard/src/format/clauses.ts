// A sentence of ours in Chinese, clause by clause: of a table with the English as it is written beside its Chinese.
//
// {q} a number with its unit, {t} a moment, {s} one of the table's names, {r} a rule, {x} words that stay as they are up
// to the next joint, {f} whatever a person wrote up to the end, {m} a time of day with its colons, {w} clauses of the same
// table. The Chinese names them by their order among their own kind: {q1} is the first number. A sentence of which one
// clause is not known is known not at all: half a translation may say the opposite.

export type Clauses = readonly (readonly [english: string, chinese: string])[];

const UNITS = [
  "mmHg/h",
  "mmHg",
  "mL/min",
  "mL/kg/h",
  "mL/h",
  "mL",
  "mS/cm",
  "°C",
  "%/h",
  "%",
  "kg",
  "min",
  "s",
  "h",
  "CFU/mL",
  "EU/mL",
  "mg/L",
].join("|");
const NUMBER = String.raw`[−-]?\d+(?:\.\d+)?(?:e[-−+]?\d+)?`;
const PLACES: Readonly<Record<string, string>> = {
  q: `(${NUMBER}(?: (?:${UNITS})(?![\\w/]))?)`,
  t: String.raw`(\d{4}-\d\d-\d\d \d\d:\d\d UTC)`,
  r: String.raw`(R\d+)`,
  x: "([^;:]+?)",
  f: "(.+)",
  m: "(.+?)",
  w: "(.+?)",
};
const JOINTS: Readonly<Record<string, string>> = { ", ": "，", "; ": "；", ": ": "：", " and ": "，", ". ": "。" };
const JOINT = /^(?:, and |, |; |: | and |\. )/;

interface Clause {
  readonly pattern: RegExp;
  readonly kinds: readonly string[];
  readonly chinese: string;
}

/** A function that says a sentence in Chinese, or null where it is not wholly known. `names`: in lower case. */
export function speaker(clauses: Clauses, names: Readonly<Record<string, string>>): (text: string) => string | null {
  const ordered = Object.keys(names).sort((left, right) => right.length - left.length);
  const places = { ...PLACES, s: `(${ordered.map(escaped).join("|")})` };
  let made: readonly Clause[] | null = null;

  // One that matches may leave something that nothing matches: then the next is tried.
  function said(text: string): string | null {
    made ??= clauses.map(([english, chinese]) => clause(english, chinese, places));
    for (const one of made) {
      const match = one.pattern.exec(text);
      const first = match && filled(one, match);
      if (match === null || first === null) continue;
      const left = text.slice(match[0].length);
      if (left === "") return first;
      const joint = JOINT.exec(left)?.[0];
      if (joint === undefined) continue;
      const more = said(left.slice(joint.length));
      if (more !== null) return `${first}${JOINTS[joint] ?? "，"}${more}`;
    }
    return null;
  }

  function filled({ kinds, chinese }: Clause, match: RegExpExecArray): string | null {
    const counted = new Map<string, number>();
    const values = new Map<string, string>();
    for (const [index, kind] of kinds.entries()) {
      const count = (counted.get(kind) ?? 0) + 1;
      counted.set(kind, count);
      const found = match[index + 1] ?? "";
      const value = kind === "w" ? said(found) : kind === "s" ? (names[found.toLowerCase()] ?? found) : found;
      if (value === null) return null;
      values.set(`${kind}${count}`, value);
    }
    return chinese.replace(/\{(\w\d)\}/g, (_, name: string) => values.get(name) ?? "");
  }

  return said;
}

function clause(english: string, chinese: string, places: Readonly<Record<string, string>>): Clause {
  const kinds = [...english.matchAll(/\{(\w)\}/g)].map(([, kind]) => kind ?? "");
  const source = english
    .split(/\{\w\}/)
    .map((part, index) => escaped(part) + (places[kinds[index] ?? ""] ?? ""))
    .join("");
  // A clause ends where the text does, or at a joint: never within a word.
  return { pattern: new RegExp(`^${source}(?=$|, |; |: | and |\\. )`, "i"), kinds, chinese };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
