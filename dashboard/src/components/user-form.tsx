// An account to be made or changed; only roles and clinics that whoever asks may give are offered.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { UserChange } from "../api";
import type { UserAccount, Users } from "../messages";
import { words } from "../words";

interface Props {
  readonly of: UserAccount | null;
  readonly offered: Users;
  readonly onSubmit: (email: string, change: UserChange) => void;
  readonly onCancel: () => void;
}

export function UserForm({ of, offered, onSubmit, onCancel }: Props) {
  const t = words().admin.users;
  const form = useRef<HTMLFormElement>(null);
  const email = useSignal(of?.email ?? "");
  const name = useSignal(of?.name ?? "");
  const role = useSignal<UserChange["role"]>((of?.role as UserChange["role"] | undefined) ?? "nurse");
  const clinic = useSignal(of === null ? (offered.clinics[0] ?? "") : (of.clinic ?? ""));
  useEffect(() => form.current?.querySelector<HTMLElement>("input")?.focus(), []);
  return (
    <form
      ref={form}
      class="reason-form"
      data-testid="user-form"
      aria-label={of === null ? t.add : t.change}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(email.value, { name: name.value, role: role.value, clinic: clinic.value || null });
      }}
    >
      {of === null && (
        <label>
          {t.email}
          <input
            type="email"
            name="new-email"
            required
            maxLength={254}
            autocomplete="off"
            value={email.value}
            onInput={(event) => {
              email.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      <label>
        {t.name}
        <input
          name="new-name"
          required
          maxLength={200}
          autocomplete="off"
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        {t.role}
        <select
          name="role"
          value={role.value}
          onChange={(event) => {
            role.value = event.currentTarget.value as UserChange["role"];
          }}
        >
          {offered.roles.map((one) => (
            <option key={one} value={one}>
              {words().roles[one] ?? one}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.clinic}
        <select
          name="clinic"
          value={clinic.value}
          onChange={(event) => {
            clinic.value = event.currentTarget.value;
          }}
        >
          {offered.all_clinics && <option value="">{t.allClinics}</option>}
          {offered.clinics.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <div class="answer-row">
        <button type="submit" class="button button-primary">
          {t.save}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {words().admin.cancel}
        </button>
      </div>
    </form>
  );
}
