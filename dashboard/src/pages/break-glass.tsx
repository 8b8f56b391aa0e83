// Opening access by name, for whoever has no address of a home.
import { BreakGlassForm } from "../components/break-glass";
import { useApp } from "../context";
import { words } from "../words";

export function BreakGlassPage() {
  const { session } = useApp();
  const t = words().teams.notYours;
  return (
    <main id="content" tabIndex={-1} class="page alerts-page">
      <section class="device-card break-glass" aria-labelledby="not-yours">
        <h1 id="not-yours">{t.title}</h1>
        {session.may("break glass") ? (
          <>
            <p>{t.detail}</p>
            <BreakGlassForm whom="" />
          </>
        ) : (
          <p class="note">{words().tile.notForRole}</p>
        )}
      </section>
    </main>
  );
}
