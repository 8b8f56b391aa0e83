// What a patient told of themselves: the word they pressed in the reader's language, their own words as they wrote them.
import type { PatientEvent } from "../messages";
import { words } from "../words";

export function entryText(event: Pick<PatientEvent, "kind" | "text" | "author">): string {
  if (event.kind !== "symptom" || event.author !== null) return event.text;
  const [pressed = "", ...own] = event.text.split(": ");
  const kinds: Readonly<Record<string, string>> = words().home.symptoms.kinds;
  const kind = kinds[pressed];
  return kind === undefined ? event.text : [kind, ...own].join(": ");
}
