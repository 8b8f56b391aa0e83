// Care teams: who belongs to them, until when, and whose patients are whose.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError } from "../api";
import { AddMember, AddPatient } from "../components/team-forms";
import { useApp } from "../context";
import { formatDay } from "../format/times";
import type { Teams, TeamView } from "../messages";
import { link } from "../routes";
import { words } from "../words";

/** Does something, says where it failed, and shows the teams as they are then. */
export type Doing = (work: Promise<void>) => Promise<boolean>;

export function TeamsPage() {
  const { api, session } = useApp();
  const t = words().teams;
  const loaded = useSignal<Teams | null>(null);
  const failed = useSignal("");
  const load = async () => {
    loaded.value = await api.teams();
  };
  const doing: Doing = async (work) => {
    failed.value = "";
    try {
      await work;
      await load();
    } catch (error) {
      failed.value = error instanceof ApiError && error.hint !== "" ? `${error.message}: ${error.hint}` : t.failed;
    }
    return failed.value === "";
  };
  useEffect(() => void doing(Promise.resolve()), [api]);
  const byTeam = loaded.value?.by_team ?? [];
  return (
    <main id="content" tabIndex={-1} class="page alerts-page teams-page">
      <div class="page-head">
        <h1>{t.title}</h1>
        {session.may("review break glass") && <a href={link.opened}>{t.toReviews}</a>}
      </div>
      {loaded.value !== null && byTeam.length === 0 && <p class="devices-intro">{t.whole}</p>}
      {byTeam.map((clinic) => (
        <p key={clinic} class="devices-intro">
          {t.byTeam(clinic)}
        </p>
      ))}
      {failed.value !== "" && (
        <p class="failure" role="alert">
          {failed.value}
        </p>
      )}
      {loaded.value === null && failed.value === "" && <p class="note">{t.loading}</p>}
      {loaded.value?.teams.length === 0 && <p class="note">{t.none}</p>}
      {loaded.value?.teams.map((team) => (
        <Team key={team.team_id} team={team} doing={doing} />
      ))}
      {session.may("change teams") && session.me.value?.user.clinic != null && <AddTeam doing={doing} />}
    </main>
  );
}

function Team({ team, doing }: { readonly team: TeamView; readonly doing: Doing }) {
  const { api, store } = useApp();
  const t = words().teams;
  const id = team.team_id;
  return (
    <article class="device-card team-card" data-testid="team" data-team={id}>
      <h2>
        {team.name} <span class="note">{team.clinic}</span>
      </h2>
      <h3>{t.members}</h3>
      <ul class="team-list">
        {team.members.length === 0 && <li class="note">{t.nobody}</li>}
        {team.members.map((one) => (
          <li key={one.user_id}>
            <span>
              {one.name} <span class="note">{words().roles[one.role] ?? one.role}</span>{" "}
              {one.clinic !== team.clinic && <span class="note">{one.clinic}</span>}{" "}
              {one.until !== null && <strong>{t.until(formatDay(Date.parse(one.until), store.now.value))}</strong>}
            </span>
            {team.may_change && (
              <TakeOut name={one.name} act={() => doing(api.removeOfTeam(id, `members/${one.user_id}`))} />
            )}
          </li>
        ))}
      </ul>
      {team.may_change && <AddMember team={id} doing={doing} />}
      <h3>{t.patients}</h3>
      <ul class="team-list">
        {team.patients.length === 0 && <li class="note">{t.nobody}</li>}
        {team.patients.map((one) => (
          <li key={one.patient_id}>
            <span>{one.name}</span>
            {team.may_change && (
              <TakeOut name={one.name} act={() => doing(api.removeOfTeam(id, `patients/${one.patient_id}`))} />
            )}
          </li>
        ))}
      </ul>
      {team.may_change && <AddPatient team={team} doing={doing} />}
      {team.may_change && <Remove act={() => doing(api.removeOfTeam(id))} />}
    </article>
  );
}

function TakeOut({ name, act }: { readonly name: string; readonly act: () => Promise<boolean> }) {
  const t = words().teams;
  return (
    <button type="button" class="button button-quiet" aria-label={t.takeOut(name)} onClick={() => void act()}>
      {t.out}
    </button>
  );
}

function Remove({ act }: { readonly act: () => Promise<boolean> }) {
  const t = words().teams;
  const sure = useSignal(false);
  if (!sure.value) {
    return (
      <div class="answer-row">
        <button
          type="button"
          class="button button-quiet"
          onClick={() => {
            sure.value = true;
          }}
        >
          {t.remove}
        </button>
      </div>
    );
  }
  return (
    <div class="answer-row">
      <span>{t.removeSure}</span>
      <button type="button" class="button" onClick={() => void act()}>
        {t.yes}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          sure.value = false;
        }}
      >
        {t.no}
      </button>
    </div>
  );
}

function AddTeam({ doing }: { readonly doing: Doing }) {
  const { api } = useApp();
  const t = words().teams;
  const name = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await doing(api.addTeam(name.value.trim()))) name.value = "";
  };
  return (
    <form class="team-form device-card" onSubmit={(event) => void submit(event)}>
      <label>
        {t.name}
        <input
          name="team"
          required
          maxLength={100}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button button-primary" data-action="add-team">
        {t.add}
      </button>
    </form>
  );
}
