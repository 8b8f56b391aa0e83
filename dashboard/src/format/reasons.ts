// A rule's sentence in the page's language. The record is the English one: what is shown in Chinese is made of it, with
// the very numbers that stand in it. A sentence of which one clause is not known is shown in English, whole.
import { type Language, language } from "../language";
import { CLAUSES, NAMES } from "./reasons-zh";

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
const ORDERED_NAMES = Object.keys(NAMES).sort((left, right) => right.length - left.length);
const PLACES: Readonly<Record<string, string>> = {
  q: `(${NUMBER}(?: (?:${UNITS})(?![\\w/]))?)`,
  t: String.raw`(\d{4}-\d\d-\d\d \d\d:\d\d UTC)`,
  s: `(${ORDERED_NAMES.map(escaped).join("|")})`,
  r: String.raw`(R\d+)`,
  x: "([^;:]+?)",
};
const JOINTS: Readonly<Record<string, string>> = { ", ": "，", "; ": "；", ": ": "：", " and ": "，" };
const JOINT = /^(?:, and |, |; |: | and )/;

interface Clause {
  readonly pattern: RegExp;
  readonly kinds: readonly string[];
  readonly chinese: string;
}

let made: readonly Clause[] | null = null;

/** The sentence in the page's language, and in which language it is. */
export function reasonNow(text: string): { readonly text: string; readonly lang: Language } {
  const chinese = language.value === "zh-Hans" ? reasonInChinese(text) : null;
  return chinese === null ? { text, lang: "en" } : { text: chinese, lang: "zh-Hans" };
}

/** The sentence in Chinese, or null when it is not wholly known. */
export function reasonInChinese(text: string): string | null {
  made ??= CLAUSES.map(([english, chinese]) => clause(english, chinese));
  return rest(text, made);
}

// One that matches may leave something that nothing matches: then the next is tried.
function rest(text: string, clauses: readonly Clause[]): string | null {
  for (const { pattern, kinds, chinese } of clauses) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const said = filled(chinese, kinds, match);
    const left = text.slice(match[0].length);
    if (left === "") return said;
    const joint = JOINT.exec(left)?.[0];
    if (joint === undefined) continue;
    const more = rest(left.slice(joint.length), clauses);
    if (more !== null) return `${said}${JOINTS[joint] ?? "，"}${more}`;
  }
  return null;
}

function clause(english: string, chinese: string): Clause {
  const kinds = [...english.matchAll(/\{(\w)\}/g)].map(([, kind]) => kind ?? "");
  const source = english
    .split(/\{\w\}/)
    .map((part, index) => escaped(part) + (PLACES[kinds[index] ?? ""] ?? ""))
    .join("");
  // A clause ends where the text does, or at a joint: never within a word.
  return { pattern: new RegExp(`^${source}(?=$|, |; |: | and )`, "i"), kinds, chinese };
}

function filled(chinese: string, kinds: readonly string[], match: RegExpExecArray): string {
  const counted = new Map<string, number>();
  const values = new Map<string, string>();
  for (const [index, kind] of kinds.entries()) {
    const count = (counted.get(kind) ?? 0) + 1;
    counted.set(kind, count);
    const found = match[index + 1] ?? "";
    values.set(`${kind}${count}`, kind === "s" ? (NAMES[found.toLowerCase()] ?? found) : found);
  }
  return chinese.replace(/\{(\w\d)\}/g, (_, name: string) => values.get(name) ?? "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
