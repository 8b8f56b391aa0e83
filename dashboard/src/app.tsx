// The frame round every page.
import { useSignalEffect } from "@preact/signals";
import { awaitsAnswer } from "./alerts/priority";
import { AlertBar } from "./components/alert-bar";
import { Banners } from "./components/banner";
import { Header } from "./components/header";
import { useApp } from "./context";
import { AlertsPage } from "./pages/alerts";
import { PatientPage } from "./pages/patient";
import { SignInPage } from "./pages/sign-in";
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
  const { store } = useApp();
  useSignalEffect(() => {
    document.body.dataset.connection = store.connection.value;
  });
  useSignalEffect(() => {
    const waiting = store.open.value.filter(awaitsAnswer).length;
    document.title = waiting > 0 ? `(${waiting}) ${words().product}` : words().product;
  });
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
        {words().nav.skip}
      </button>
      <div class="top">
        <Header />
        <Banners />
        <AlertBar />
      </div>
      <Page />
    </>
  );
}

function Page() {
  const here = route.value;
  switch (here.page) {
    case "wall":
      return <WallPage />;
    case "patient":
      return <PatientPage key={here.unit} id={here.unit} />;
    case "alerts":
      return <AlertsPage selected={here.alert} />;
  }
}
