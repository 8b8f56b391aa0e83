// What a machine's alarm is called in the reader's language; as the machine sent it where nobody has a word for it.
import { words } from "../words";

export function alarmLabel({ name, label }: { readonly name: string; readonly label: string }): string {
  return words().alarms[name] ?? label;
}
