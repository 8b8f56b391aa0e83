// What is on record about who was told, and about troubles, as the page's language has it; its own language is told where
// it is known, so that a screen reader speaks the right tongue.
import { reasonNow, toldNow } from "../format/reasons";

interface Props {
  readonly text: string;
}

export function Told({ text }: Props) {
  const said = toldNow(text);
  return <span lang={said.lang}>{said.text}</span>;
}

/** Of a rule's sentence; the English on record when it is pointed at. */
export function Reason({ text }: Props) {
  const said = reasonNow(text);
  return (
    <span lang={said.lang} title={said.text === text ? undefined : text}>
      {said.text}
    </span>
  );
}
