// How the services are, worst first, in plain words with what to do. What is not known says so.
import { NotLoaded } from "../components/not-loaded";
import { useApp } from "../context";
import { toldNow } from "../format/reasons";
import { formatDay } from "../format/times";
import type { SystemPart } from "../messages";
import { words } from "../words";
import { useAsked } from "./asked";

const EVERY_MS = 5_000;

export function SystemPage() {
  const { api } = useApp();
  const t = words().admin;
  const asked = useAsked(() => api.system(), "system", "", EVERY_MS);
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="system-page">
      <div class="page-head">
        <h1>{t.system.title}</h1>
        {typeof asked !== "string" && <p class="note">{t.system.version(asked.version)}</p>}
      </div>
      {typeof asked === "string" ? (
        <NotLoaded state={asked} failed={t.failed} />
      ) : (
        <ul class="parts">
          {asked.parts.map((part) => (
            <Part key={`${part.part} ${part.name}`} of={part} nowMs={Date.parse(asked.server_time)} />
          ))}
        </ul>
      )}
    </main>
  );
}

function Part({ of, nowMs }: { readonly of: SystemPart; readonly nowMs: number }) {
  const t = words().admin.system;
  const { name, said, todo } = t.parts[of.part];
  // The part of the way, and the kind of channel, are words; the rest are names.
  const named = of.part === "selftest" || of.part === "channels" ? toldNow(of.name).text : of.name;
  const empty = of.standing === "unknown" && Object.values(of.figures).every((figure) => !figure);
  return (
    <li class="sheet part" data-part={of.part} data-standing={of.standing}>
      <h2>
        {name} <span class="part-standing">{t.standing[of.standing]}</span>
      </h2>
      <p>
        {empty ? t.unknown : said(of.figures, named)} {of.version ? `${t.ofVersion(of.version)} ` : ""}
        {of.at !== null && <time dateTime={of.at}>{formatDay(Date.parse(of.at), nowMs)}</time>}
      </p>
      {of.standing !== "good" && <p class="note">{todo}</p>}
    </li>
  );
}
