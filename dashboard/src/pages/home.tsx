// The patient's own page: who sees them, help, what the machine says, how they feel. One column, large, plain.
import { useEffect, useMemo } from "preact/hooks";
import { HelpButton } from "../components/help-button";
import { HomeAlerts } from "../components/home-alerts";
import { HomeSeen } from "../components/home-seen";
import { HomeValues } from "../components/home-values";
import { Symptoms } from "../components/symptoms";
import { useApp } from "../context";
import { Following } from "../home/following";
import { Sayings } from "../home/sayings";
import { words } from "../words";

export function HomePage() {
  const { api, session } = useApp();
  const user = session.me.value?.user.email ?? "";
  const following = useMemo(() => new Following(api), [api]);
  const sayings = useMemo(() => new Sayings(api, user, () => void following.ask()), [api, user, following]);
  useEffect(() => {
    following.start();
    sayings.start();
    return () => {
      following.stop();
      sayings.stop();
    };
  }, [following, sayings]);
  const t = words().home;
  const heard = following.heard.value;
  if (heard === null) {
    return (
      <main id="content" tabIndex={-1} class="home" data-testid="home-page">
        <h1 class="hidden">{t.title}</h1>
        {following.lost.value ? <HomeSeen following={following} /> : <p role="status">{t.loading}</p>}
      </main>
    );
  }
  if (!heard.home.connected) {
    return (
      <main id="content" tabIndex={-1} class="home" data-testid="home-page">
        <div class="empty">
          <h1>{t.unconnected.title}</h1>
          <p>{t.unconnected.why}</p>
        </div>
      </main>
    );
  }
  return (
    <main id="content" tabIndex={-1} class="home" data-testid="home-page" data-lost={following.lost.value}>
      <h1 class="home-name">{heard.home.patient}</h1>
      <HomeSeen following={following} />
      <HelpButton following={following} sayings={sayings} />
      <HomeAlerts following={following} sayings={sayings} />
      <HomeValues following={following} />
      <Symptoms sayings={sayings} />
    </main>
  );
}
