// The record of who did what: browse it, take it away, and see whether its chain holds.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { AuditFilter } from "../api";
import { NotLoaded } from "../components/not-loaded";
import { useApp } from "../context";
import { deedName, deedSaid, deedWho } from "../format/deeds";
import { formatDay } from "../format/times";
import type { ChainView, DeedView } from "../messages";
import { words } from "../words";
import { useAsked } from "./asked";

type Kind = keyof ReturnType<typeof words>["admin"]["audit"]["kinds"];
const KINDS: readonly Kind[] = ["all", "looks", "sign-ins", "deeds"];

export function AuditPage() {
  const { api } = useApp();
  const t = words().admin.audit;
  const filter = useSignal<AuditFilter>({ kind: "all" });
  const actions = useAsked(() => api.auditActions(), "actions", "", null);
  const set = (some: AuditFilter) => {
    const { kind = "all", ...rest } = { ...filter.value, ...some };
    filter.value = { kind, ...Object.fromEntries(Object.entries(rest).filter(([, word]) => word !== "")) };
  };
  return (
    <main id="content" tabIndex={-1} class="page duty-page" data-testid="audit-page">
      <div class="page-head">
        <h1>{t.title}</h1>
      </div>
      <Chain />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {t.kind}
          <select value={filter.value.kind} onChange={(event) => set({ kind: event.currentTarget.value })}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t.kinds[kind]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.action}
          <select value={filter.value.action ?? ""} onChange={(event) => set({ action: event.currentTarget.value })}>
            <option value="">{t.anyAction}</option>
            {typeof actions !== "string" &&
              actions.actions.map((one) => (
                <option key={one} value={one}>
                  {deedName(one)}
                </option>
              ))}
          </select>
        </label>
        <Day label={t.from} onDay={(start) => set({ start })} />
        <Day label={t.until} onDay={(end) => set({ end })} />
        {(["actor", "subject"] as const).map(
          (of) =>
            filter.value[of] && (
              <button key={of} type="button" class="button" onClick={() => set({ [of]: "" })}>
                {t.only(deedWho(filter.value[of] ?? ""))} – {t.clear}
              </button>
            ),
        )}
        <a class="button" href={api.auditExport(filter.value, "csv")} download>
          {t.csv}
        </a>
        <a class="button" href={api.auditExport(filter.value, "ndjson")} download>
          {t.ndjson}
        </a>
      </form>
      <Rows key={JSON.stringify(filter.value)} filter={filter.value} onFilter={set} />
    </main>
  );
}

function Day({ label, onDay }: { readonly label: string; readonly onDay: (iso: string) => void }) {
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        onChange={(event) => {
          const at = event.currentTarget.value;
          onDay(at === "" ? "" : new Date(at).toISOString());
        }}
      />
    </label>
  );
}

function Rows({ filter, onFilter }: { readonly filter: AuditFilter; readonly onFilter: (some: AuditFilter) => void }) {
  const { api } = useApp();
  const t = words().admin;
  const rows = useSignal<readonly DeedView[]>([]);
  const next = useSignal<string | null>(null);
  const state = useSignal<"loading" | "failed" | "loaded">("loading");
  const load = (cursor: string | null) => {
    state.value = "loading";
    return api.audit(filter, cursor).then(
      (answer) => {
        rows.value = cursor === null ? answer.rows : [...rows.value, ...answer.rows];
        next.value = answer.next;
        state.value = "loaded";
      },
      () => {
        state.value = "failed";
      },
    );
  };
  useEffect(() => void load(null), []);
  const only = (of: "actor" | "subject", word: string, shown: ComponentChildren) => (
    <button type="button" class="link-button" data-only={of} onClick={() => onFilter({ [of]: word })}>
      {shown}
    </button>
  );
  return (
    <section class="sheet table deeds">
      <table>
        <thead>
          <tr>
            {[t.audit.when, t.audit.who, t.audit.what, t.audit.about].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.value.map((row) => (
            <tr key={row.row} data-row={row.row}>
              <td>
                <time dateTime={row.at}>{formatDay(Date.parse(row.at), Date.now())}</time>
              </td>
              <td>{only("actor", row.actor, row.who || deedWho(row.actor))}</td>
              <td>{deedSaid(row)}</td>
              <td>{only("subject", row.subject, row.about || deedWho(row.subject))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {state.value === "loaded" && rows.value.length === 0 && <p>{t.audit.none}</p>}
      {state.value !== "loaded" && <NotLoaded state={state.value} failed={t.failed} />}
      {state.value === "loaded" && next.value !== null && (
        <button type="button" class="button" onClick={() => void load(next.value)}>
          {t.more}
        </button>
      )}
    </section>
  );
}

function Chain() {
  const { api } = useApp();
  const asks = useSignal(0);
  const found = useAsked(() => api.chain(), "chain", String(asks.value), 2_000);
  const t = words().admin.audit.chain;
  if (typeof found === "string") return <NotLoaded state={found} failed={words().admin.failed} />;
  return (
    <section class="sheet part" data-testid="chain" data-state={found.state} data-standing={standing(found)}>
      <p role={found.state === "broken" ? "alert" : undefined}>{sentence(found)}</p>
      {found.running ? (
        <p class="note">{t.running(String(found.looked_at), String(found.rows))}</p>
      ) : (
        <button
          type="button"
          class="button"
          data-action="verify"
          onClick={() =>
            void api.verifyChain().finally(() => {
              asks.value += 1;
            })
          }
        >
          {t.verify}
        </button>
      )}
    </section>
  );
}

function standing(of: ChainView): string {
  return { never: "unknown", intact: "good", broken: "bad" }[of.state];
}

function sentence(of: ChainView): string {
  const t = words().admin.audit.chain;
  if (of.state === "broken") return t.broken(String(of.broken_row), of.why);
  if (of.verified_at === null) return t.never;
  return t.intact(String(of.verified_rows), formatDay(Date.parse(of.verified_at), Date.now()));
}
