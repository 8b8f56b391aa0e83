// Whose treatment the account of a person at home is shown: chosen among the homes that serve somebody.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import type { Installation } from "../messages";
import { words } from "../words";

export function HomeAccount({ user }: { readonly user: string }) {
  const { api, session } = useApp();
  const t = words().home.connect;
  const homes = useSignal<readonly Installation[]>([]);
  const unit = useSignal("");
  const said = useSignal("");
  useEffect(() => {
    api.installations(null).then(
      (answer) => {
        homes.value = answer.units.filter((one) => one.bound);
      },
      () => {
        said.value = t.failed;
      },
    );
  }, [api]);
  if (!session.may("open homes")) return null;
  const connect = (event: Event) => {
    event.preventDefault();
    api.openHome(user, unit.value || null).then(
      ({ patient }) => {
        said.value = patient === null ? t.undone : t.done(patient);
      },
      () => {
        said.value = t.failed;
      },
    );
  };
  return (
    <form class="answer-row" data-testid="home-account" aria-label={t.title} onSubmit={connect}>
      <label>
        {t.choose}{" "}
        <select
          name="home"
          value={unit.value}
          onChange={(event) => {
            unit.value = event.currentTarget.value;
          }}
        >
          <option value="">{t.nobody}</option>
          {homes.value.map((one) => (
            <option key={one.unit} value={one.unit}>
              {one.patient ?? one.label} · {one.unit}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button" data-action="connect-home">
        {t.save}
      </button>
      {said.value !== "" && <p role="status">{said.value}</p>}
    </form>
  );
}
