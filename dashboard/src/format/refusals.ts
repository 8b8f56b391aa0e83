// Why the server did not do something, in the page's language: what it said, where all of it is known here, else what
// kind of refusal it is, with the server's English after it.
import { ApiError } from "../api";
import { language } from "../language";
import { speaker } from "./clauses";
import { toldInChinese } from "./reasons";
import { KINDS, REFUSED, REFUSED_NAMES } from "./refusals-zh";

const known = speaker(REFUSED, REFUSED_NAMES);

/** What a refusal says, or asks for, in Chinese; null when it is not wholly known. */
export function refusedInChinese(text: string): string | null {
  return text === "" ? "" : (known(text) ?? toldInChinese(text));
}

/** One line without a full stop; `otherwise` where nobody answered, or it was no answer of ours. */
export function refusalNow(error: unknown, otherwise: string): string {
  if (!(error instanceof ApiError) || error.status === 0 || error.message === "") return otherwise;
  const english = [error.message, error.hint].filter(Boolean).join(": ");
  if (language.value !== "zh-Hans") return english;
  const said = [refusedInChinese(error.message), refusedInChinese(error.hint)];
  if (said.every((one) => one !== null)) return said.filter(Boolean).join("：");
  return `${KINDS[error.kind] ?? KINDS.internal}（${english}）`;
}

/** What is wrong with one value. */
export function wrongNow(why: string): string {
  return (language.value === "zh-Hans" ? refusedInChinese(why) : null) ?? why;
}
