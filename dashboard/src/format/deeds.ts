// What a row of the record says: coming in and going out in words, every other deed as it stands there.
import type { DeedView } from "../messages";
import { words } from "../words";

/** The kind of a deed, for the list of kinds. */
export function deedName(action: string): string {
  return words().admin.deeds.names[action] ?? action;
}

/** A row's deed, with what is worth telling of it. */
export function deedSaid(row: Pick<DeedView, "action" | "detail">): string {
  const say = words().admin.deeds.say[row.action];
  if (say === undefined) return deedName(row.action);
  const detail: Readonly<Record<string, unknown>> = row.detail;
  const text = (of: unknown): string | undefined => (typeof of === "string" ? of : undefined);
  const counted = detail.count ?? detail.refused;
  const addresses = Array.isArray(detail.addresses) ? detail.addresses.filter((one) => typeof one === "string") : [];
  return say({
    how: text(detail.how),
    why: text(detail.why),
    address: text(detail.address) ?? (addresses.length === 0 ? undefined : addresses.join(", ")),
    count: typeof counted === "number" ? counted : 1,
  });
}

/** Who did it, or what it is about, where no name stands behind it. */
export function deedWho(word: string): string {
  const t = words().admin.deeds;
  if (word === "nobody") return t.nobody;
  return word === "service:api" ? t.service : word;
}
