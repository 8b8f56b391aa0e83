// A page that the server would refuse to this role says so, instead of asking and showing what did not come.
import { BarredIcon } from "../components/icons";
import { useApp } from "../context";
import type { Me } from "../messages";
import type { Route } from "../routes";
import { words } from "../words";

type Action = Me["may"][number];

/** What a page cannot be shown without; a page that is not named here decides by itself. */
const NEEDS: Partial<Record<Route["page"], Action>> = {
  wall: "see units",
  patient: "see units",
  treatments: "see treatments",
  trends: "see treatments",
  alerts: "see alerts",
  notices: "see notices",
  delivery: "see notices",
  devices: "keep channels",
  rota: "see rota",
  handover: "see load",
  load: "see load",
  reviews: "see treatments",
  report: "see treatments",
  prescription: "see prescription",
  signatures: "change prescription",
  teams: "see teams",
  opened: "review break glass",
  "break-glass": "break glass",
  units: "see installations",
  unit: "see installations",
  users: "manage users",
  audit: "see audit",
  system: "see system",
};

export function isForRole(page: Route["page"], may: (action: Action) => boolean): boolean {
  const needed = NEEDS[page];
  return needed === undefined || may(needed);
}

export function NotForRolePage() {
  const { session } = useApp();
  const t = words().notForRole;
  const role = session.me.value?.user.role ?? "";
  return (
    <main id="content" tabIndex={-1} class="page" data-testid="not-for-role">
      <div class="empty">
        <h1>
          <BarredIcon /> {t.title}
        </h1>
        <p>{t.why(words().roles[role] ?? role)}</p>
      </div>
    </main>
  );
}
