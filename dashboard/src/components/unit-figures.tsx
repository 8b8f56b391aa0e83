// What is known of a unit's box. What is not known says so.

import { formatDay } from "../format/times";
import type { Installation } from "../messages";
import { words } from "../words";
import { Told } from "./told";

export function UnitFigures({ of, nowMs }: { readonly of: Installation; readonly nowMs: number }) {
  const t = words().admin.units;
  const day = (at: string | null) => (at === null ? t.unknown : formatDay(Date.parse(at), nowMs));
  const rows: readonly (readonly [string, string])[] = [
    [t.heard, `${day(of.heard_at)} · ${t.link[of.link]}${of.link_since ? ` ${t.since(day(of.link_since))}` : ""}`],
    [t.serves, `${of.patient ?? (of.bound ? t.somebody : t.nobody)}${of.treating ? ` · ${t.treating}` : ""}`],
    [t.clock, clock(of)],
    [t.waiting, of.outbox_rows === null ? t.unknown : waiting(of.outbox_rows, of.outbox_oldest_s)],
    [t.agent, of.agent_version ?? t.unknown],
    [t.machine, machine(of.machine)],
    [t.certificate, day(of.certificate_until)],
    [t.settings, `${t.inForce(of.settings_in_force, of.settings_newest)}${after(of.settings_trouble)}`],
    [t.refused, String(of.quarantined)],
  ];
  return (
    <dl class="unit-figures">
      {of.trouble !== "" && (
        <div>
          <dt>{t.trouble}</dt>
          <dd>
            <strong>
              <Told text={of.trouble} />
            </strong>
          </dd>
        </div>
      )}
      {rows.map(([name, said]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{said}</dd>
        </div>
      ))}
    </dl>
  );
}

function machine(link: string | null): string {
  const known: Readonly<Record<string, string>> = words().machine;
  return link === null ? words().admin.units.unknown : (known[link] ?? link);
}

function clock(of: Installation): string {
  const t = words().admin.units;
  const off = of.clock_offset_s;
  const said = off === null ? t.unknown : t.clockOff(`${off >= 0 ? "+" : "−"}${Math.abs(off).toFixed(1)}`);
  return of.synchronised === false ? `${said} · ${t.unsynchronised}` : said;
}

function waiting(rows: number, oldestS: number | null): string {
  const t = words().admin.units;
  return `${t.rows(rows)}${rows > 0 && oldestS !== null ? ` · ${t.oldest((oldestS / 60).toFixed(0))}` : ""}`;
}

function after(text: string): string {
  return text === "" ? "" : ` · ${text}`;
}
