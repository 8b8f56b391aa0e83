// Who is to belong to a team, and whose patient it is to have.
import { useSignal } from "@preact/signals";
import { useApp } from "../context";
import type { TeamView } from "../messages";
import { words } from "../words";

interface Props {
  readonly team: string;
  readonly doing: (work: Promise<void>) => Promise<boolean>;
}

export function AddMember({ team, doing }: Props) {
  const { api } = useApp();
  const t = words().teams;
  const email = useSignal("");
  const day = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await doing(api.putMember(team, email.value.trim(), endOf(day.value)))) {
      email.value = "";
      day.value = "";
    }
  };
  return (
    <form class="team-form team-row" onSubmit={(event) => void submit(event)}>
      <label>
        {t.email}
        <input
          name="email"
          type="email"
          required
          maxLength={254}
          autocomplete="off"
          value={email.value}
          onInput={(event) => {
            email.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        {t.lastDay}
        <input
          name="until"
          type="date"
          value={day.value}
          onInput={(event) => {
            day.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button" data-action="add-member">
        {t.addMember}
      </button>
      <p class="note">{t.guests}</p>
    </form>
  );
}

interface PatientProps {
  readonly team: TeamView;
  readonly doing: (work: Promise<void>) => Promise<boolean>;
}

/** Of the patients this person sees, those with a home who are not in the team yet. */
export function AddPatient({ team, doing }: PatientProps) {
  const { api, store } = useApp();
  const t = words().teams;
  const unit = useSignal("");
  const there = new Set(team.patients.map((one) => one.name));
  const choices = store.units().filter((one) => one.patient !== null && !there.has(one.patient));
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await doing(api.addToTeam(team.team_id, unit.value))) unit.value = "";
  };
  return (
    <form class="team-form team-row" onSubmit={(event) => void submit(event)}>
      <label>
        {t.home}
        <select
          name="unit"
          required
          value={unit.value}
          onChange={(event) => {
            unit.value = event.currentTarget.value;
          }}
        >
          <option value="" />
          {choices.map((one) => (
            <option key={one.id} value={one.id}>
              {one.patient} ({one.label})
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button" data-action="add-patient">
        {t.addPatient}
      </button>
    </form>
  );
}

/** The moment at which the day is over here; null without one. */
export function endOf(day: string): string | null {
  if (day === "") return null;
  const end = new Date(`${day}T00:00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}
