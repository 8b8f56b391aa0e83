// Sentences on record in the page's language. The record is the English one: what is shown in Chinese is made of it, with
// the very numbers that stand in it. What is not wholly known is shown in English.
import { type Language, language } from "../language";
import { speaker } from "./clauses";
import { CLAUSES, NAMES } from "./reasons-zh";
import { TOLD, TOLD_NAMES } from "./told-zh";

export interface Said {
  readonly text: string;
  /** Undefined where it is not known: it may be what a person wrote. */
  readonly lang: Language | undefined;
}

/** A rule's sentence in Chinese, or null when it is not wholly known. */
export const reasonInChinese = speaker(CLAUSES, NAMES);
/** The same of what is said of notices, of who is asked and of what troubles a box. */
export const toldInChinese = speaker(TOLD, TOLD_NAMES);

/** A rule's sentence in the page's language, and in which language it is. */
export function reasonNow(text: string): Said {
  return now(text, reasonInChinese, "en");
}

/** The same of a sentence about who is told, and of what troubles the system. */
export function toldNow(text: string): Said {
  return now(text, toldInChinese, undefined);
}

function now(text: string, chinese: (text: string) => string | null, otherwise: Language | undefined): Said {
  const said = language.value === "zh-Hans" ? chinese(text) : null;
  return said === null ? { text, lang: otherwise } : { text: said, lang: "zh-Hans" };
}
