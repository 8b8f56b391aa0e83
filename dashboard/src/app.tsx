// The frame round every page.
import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { awaitsAnswer } from "./alerts/priority";
import { HomeTop } from "./components/home-top";
import { Keys } from "./components/keys";
import { Top } from "./components/top";
import { useApp } from "./context";
import type { Priority } from "./messages";
import { AlertsPage } from "./pages/alerts";
import { AuditPage } from "./pages/audit";
import { BreakGlassPage } from "./pages/break-glass";
import { DeliveryPage } from "./pages/delivery";
import { DevicesPage } from "./pages/devices";
import { HandoverPage } from "./pages/handover";
import { HomePage } from "./pages/home";
import { LoadPage } from "./pages/load";
import { isForRole, NotForRolePage } from "./pages/not-for-role";
import { NoticesPage } from "./pages/notices";
import { OpenedPage } from "./pages/opened";
import { PatientPage } from "./pages/patient";
import { PrescriptionPage } from "./pages/prescription";
import { ReportPage } from "./pages/report";
import { ReviewsPage } from "./pages/reviews";
import { RotaPage } from "./pages/rota";
import { SignInPage } from "./pages/sign-in";
import { SignaturesPage } from "./pages/signatures";
import { SystemPage } from "./pages/system";
import { TeamsPage } from "./pages/teams";
import { TreatmentsPage } from "./pages/treatments";
import { TrendsPage } from "./pages/trends";
import { UnitPage } from "./pages/unit";
import { UnitsPage } from "./pages/units";
import { UsersPage } from "./pages/users";
import { WallPage } from "./pages/wall";
import { route } from "./routes";
import { words } from "./words";

export function Root() {
  const { session } = useApp();
  switch (session.standing.value) {
    case "unknown":
      return (
        <main id="content" tabIndex={-1} class="sign-in">
          <p role="status">{words().signIn.waiting}</p>
        </main>
      );
    case "signed-in":
      return session.may("see home") ? <HomeFrame /> : <Frame />;
    default:
      return <SignInPage />;
  }
}

function Frame() {
  const { store, pages } = useApp();
  useSignalEffect(() => {
    document.body.dataset.connection = store.connection.value;
  });
  useSignalEffect(() => {
    const waiting = store.open.value.filter(awaitsAnswer).length;
    document.title = pageTitle(waiting, pages.open.value[0]?.priority);
  });
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
        {words().nav.skip}
      </button>
      <Top />
      <Keys />
      <Page />
    </>
  );
}

/** Somebody at home sees their own page and nothing beside it. */
function HomeFrame() {
  useEffect(() => {
    document.body.dataset.page = "home";
    document.title = words().product;
  }, []);
  return (
    <>
      <HomeTop />
      <HomePage />
    </>
  );
}

/** What a tab in the background shows: first that this person is asked, else how many alerts wait for anybody. */
export function pageTitle(waiting: number, asked: Priority | undefined): string {
  const t = words();
  if (asked !== undefined) return `${t.answers.page.title(t.priorities[asked])} – ${t.product}`;
  return waiting > 0 ? `(${waiting}) ${t.product}` : t.product;
}

function Page() {
  const { session } = useApp();
  const here = route.value;
  const allowed = isForRole(here.page, (action) => session.may(action));
  // By which a style or a test knows which page this is.
  useEffect(() => {
    document.body.dataset.page = here.page;
  }, [here.page]);
  if (!allowed) return <NotForRolePage />;
  switch (here.page) {
    case "wall":
      return <WallPage />;
    case "patient":
      return <PatientPage key={here.unit} id={here.unit} />;
    case "treatments":
      return <TreatmentsPage key={here.unit} id={here.unit} />;
    case "trends":
      return <TrendsPage key={JSON.stringify(here.of)} of={here.of} />;
    case "reviews":
      return <ReviewsPage />;
    case "report":
      return <ReportPage key={here.treatment} id={here.treatment} />;
    case "prescription":
      return <PrescriptionPage key={here.unit} id={here.unit} />;
    case "signatures":
      return <SignaturesPage />;
    case "alerts":
      return <AlertsPage selected={here.alert} />;
    case "notices":
      return <NoticesPage selected={here.notice} />;
    case "devices":
      return <DevicesPage />;
    case "delivery":
      return <DeliveryPage key={here.delivery} delivery={here.delivery} />;
    case "rota":
      return <RotaPage />;
    case "handover":
      return <HandoverPage />;
    case "load":
      return <LoadPage />;
    case "units":
      return <UnitsPage />;
    case "unit":
      return <UnitPage key={here.unit} unit={here.unit} />;
    case "users":
      return <UsersPage />;
    case "audit":
      return <AuditPage />;
    case "system":
      return <SystemPage />;
    case "teams":
      return <TeamsPage />;
    case "opened":
      return <OpenedPage />;
    case "break-glass":
      return <BreakGlassPage />;
  }
}
