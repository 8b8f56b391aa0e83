// The frame round every page.
import { useSignalEffect } from "@preact/signals";
import { awaitsAnswer } from "./alerts/priority";
import { AlertBar } from "./components/alert-bar";
import { Banners } from "./components/banner";
import { DutyLine } from "./components/duty-line";
import { Header } from "./components/header";
import { PageBanners } from "./components/page-banner";
import { useApp } from "./context";
import type { Priority } from "./messages";
import { AlertsPage } from "./pages/alerts";
import { AuditPage } from "./pages/audit";
import { DeliveryPage } from "./pages/delivery";
import { DevicesPage } from "./pages/devices";
import { HandoverPage } from "./pages/handover";
import { LoadPage } from "./pages/load";
import { NoticesPage } from "./pages/notices";
import { PatientPage } from "./pages/patient";
import { RotaPage } from "./pages/rota";
import { SignInPage } from "./pages/sign-in";
import { SystemPage } from "./pages/system";
import { TreatmentsPage } from "./pages/treatments";
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
      return <Frame />;
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
      <div class="top">
        <Header />
        <DutyLine />
        <Banners />
        <PageBanners />
        <AlertBar />
      </div>
      <Page />
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
  const here = route.value;
  switch (here.page) {
    case "wall":
      return <WallPage />;
    case "patient":
      return <PatientPage key={here.unit} id={here.unit} />;
    case "treatments":
      return <TreatmentsPage key={here.unit} id={here.unit} />;
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
  }
}
