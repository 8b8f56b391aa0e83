// Bind, unbind, retire, a new patient. Each is asked once more, and during a treatment only with a tick of its own.
import { useSignal } from "@preact/signals";
import type { UnitDeed } from "../api";
import { useApp } from "../context";
import type { InstallationAnswer } from "../messages";
import { words } from "../words";

interface Props {
  readonly of: InstallationAnswer;
  readonly act: (work: () => Promise<unknown>) => Promise<void>;
}

export function UnitDeeds({ of, act }: Props) {
  const { api } = useApp();
  const t = words().admin.units;
  const asked = useSignal<UnitDeed | null>(null);
  const picked = useSignal("");
  // Of somebody who is not on the list, where it does not have them all.
  const number = useSignal("");
  const { unit } = of;
  const listed = of.free_patients.find((one) => one.patient_id === picked.value) ?? of.free_patients[0];
  const patient = number.value === "" ? listed : { patient_id: number.value, name: t.numbered(number.value) };
  const offered: readonly UnitDeed[] = [
    ...(unit.bound ? (["unbind"] as const) : []),
    ...(unit.retired_at === null ? (["retire"] as const) : []),
  ];
  if (asked.value !== null) {
    return (
      <Sure
        deed={asked.value}
        about={asked.value === "bind" ? (patient?.name ?? "") : unit.label}
        treating={unit.treating}
        onCancel={() => {
          asked.value = null;
        }}
        onSure={(confirmed) => {
          const deed = asked.value;
          asked.value = null;
          if (deed !== null) {
            void act(() => api.unitDeed(unit, deed, confirmed, deed === "bind" ? patient?.patient_id : undefined));
          }
        }}
      />
    );
  }
  return (
    <div class="unit-deeds">
      {unit.retired_at === null && !unit.bound && (
        <>
          {patient !== undefined && (
            <form
              class="filters"
              onSubmit={(event) => {
                event.preventDefault();
                if (number.value === "") picked.value = patient.patient_id;
                asked.value = "bind";
              }}
            >
              <label>
                {t.pick}
                <select
                  name="patient"
                  value={listed?.patient_id ?? ""}
                  onChange={(event) => {
                    picked.value = event.currentTarget.value;
                  }}
                >
                  {of.free_patients.map((one) => (
                    <option key={one.patient_id} value={one.patient_id}>
                      {one.name}
                    </option>
                  ))}
                </select>
              </label>
              {of.free_beyond && (
                <label>
                  {t.number}
                  <input
                    name="number"
                    pattern="[1-9][0-9]{0,8}"
                    inputMode="numeric"
                    autocomplete="off"
                    value={number.value}
                    onInput={(event) => {
                      number.value = event.currentTarget.value;
                    }}
                  />
                </label>
              )}
              <button type="submit" class="button" data-action="bind">
                {t.bind}
              </button>
            </form>
          )}
          {of.free_beyond && <p class="note">{t.freeBeyond}</p>}
          <NewPatient clinic={unit.clinic} act={act} />
        </>
      )}
      <div class="answer-row">
        {offered.map((deed) => (
          <button
            key={deed}
            type="button"
            class="button"
            data-action={deed}
            onClick={() => {
              asked.value = deed;
            }}
          >
            {t[deed]}
          </button>
        ))}
      </div>
    </div>
  );
}

function NewPatient({ clinic, act }: { readonly clinic: string | null; readonly act: Props["act"] }) {
  const { api } = useApp();
  const t = words().admin.units;
  const name = useSignal("");
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        void act(async () => {
          await api.addPatient({ name: name.value, clinic });
          name.value = "";
        });
      }}
    >
      <label>
        {t.newPatient}
        <input
          name="new-patient"
          required
          maxLength={200}
          autocomplete="off"
          placeholder={t.name}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button" data-action="add-patient">
        {t.add}
      </button>
    </form>
  );
}

interface SureProps {
  readonly deed: UnitDeed;
  readonly about: string;
  readonly treating: boolean;
  readonly onSure: (confirmed: boolean) => void;
  readonly onCancel: () => void;
}

function Sure({ deed, about, treating, onSure, onCancel }: SureProps) {
  const t = words().admin.units;
  const confirmed = useSignal(false);
  return (
    <form
      class="reason-form"
      aria-label={t[deed]}
      data-testid="sure"
      onSubmit={(event) => {
        event.preventDefault();
        onSure(confirmed.value);
      }}
    >
      <p>
        <strong>
          {t[deed]}: {about}
        </strong>
      </p>
      <p>{t.sure[deed]}</p>
      {treating && (
        <label>
          <input
            type="checkbox"
            name="confirmed"
            required
            checked={confirmed.value}
            onChange={(event) => {
              confirmed.value = event.currentTarget.checked;
            }}
          />{" "}
          {t.during}
        </label>
      )}
      <div class="answer-row">
        <button type="submit" class="button button-primary" data-action="sure">
          {t.yes}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {words().admin.cancel}
        </button>
      </div>
    </form>
  );
}
