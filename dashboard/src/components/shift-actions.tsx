// What a person may do about a shift: accept or decline an own one, name another, swap two.
import { useSignal } from "@preact/signals";
import { shiftKey } from "../alerts/answering";
import type { ShiftChange } from "../api";
import { useApp } from "../context";
import { localStretch } from "../format/local";
import type { OverrideView, RotaView, ShiftView } from "../messages";
import { words } from "../words";
import { ReasonForm } from "./reason-form";
import { Refusal } from "./refusal";

type Asking = Exclude<ShiftChange, "accept"> | null;
const NOBODY = "nobody";
const NOT_CHOSEN = "";

interface Props {
  readonly rota: RotaView;
  readonly shift: ShiftView;
}

export function ShiftActions({ rota, shift }: Props) {
  const { api, answering } = useApp();
  const t = words().duty.rota;
  const asking = useSignal<Asking>(null);
  const chosen = useSignal(NOT_CHOSEN);
  const key = shiftKey(shift.shift_id);
  const doing = answering.doing.value.get(key);
  const sending = doing?.kind === "sending";
  const change = async (what: ShiftChange, body: object) => {
    if (await answering.attempt(key, what, async () => void (await api.changeShift(shift.shift_id, what, body)))) {
      asking.value = null;
    }
  };
  const open = (what: Asking) => () => {
    chosen.value = what === "swap" ? (others(rota, shift)[0]?.shift_id ?? NOT_CHOSEN) : NOT_CHOSEN;
    asking.value = what;
  };
  const close = () => {
    asking.value = null;
  };
  const choose = (event: Event) => {
    if (event.currentTarget instanceof HTMLSelectElement) chosen.value = event.currentTarget.value;
  };
  const form = { sending, onCancel: close };
  return (
    <div class="answer-row">
      {asking.value === null && shift.may.includes("accept") && (
        <button
          type="button"
          class="button button-primary"
          data-action="accept-shift"
          aria-disabled={sending}
          onClick={() => void change("accept", {})}
        >
          {sending ? t.sending : t.accept}
        </button>
      )}
      {asking.value === null &&
        (["decline", "override", "swap"] as const)
          .filter((what) => shift.may.includes(what))
          .map((what) => (
            <button
              key={what}
              type="button"
              class="button button-quiet"
              data-action={`${what}-ask`}
              onClick={open(what)}
            >
              {t[what]}
            </button>
          ))}
      {asking.value === "decline" && (
        <ReasonForm
          {...form}
          label={t.decline}
          submit={t.declineYes}
          onSubmit={(reason) => void change("decline", { reason })}
        />
      )}
      {asking.value === "override" && (
        <ReasonForm
          {...form}
          label={t.override}
          submit={t.overrideYes}
          onSubmit={(reason) =>
            void change("override", { person_id: chosen.value === NOBODY ? null : chosen.value, reason })
          }
        >
          <label>
            {t.who}
            {/* Nobody is never what stands there by itself. */}
            <select name="person" required value={chosen.value} onChange={choose}>
              <option value={NOT_CHOSEN} disabled>
                {t.choose}
              </option>
              {rota.people.map((one) => (
                <option key={one.person_id} value={one.person_id}>
                  {one.name}
                </option>
              ))}
              <option value={NOBODY}>{t.nobodyOnPurpose}</option>
            </select>
          </label>
        </ReasonForm>
      )}
      {asking.value === "swap" && (
        <ReasonForm
          {...form}
          label={t.swap}
          submit={t.swapYes}
          onSubmit={(reason) => void change("swap", { other: chosen.value, reason })}
        >
          <label>
            {t.with}
            <select name="other" required value={chosen.value} onChange={choose}>
              {others(rota, shift).map((one) => (
                <option key={one.shift_id} value={one.shift_id}>
                  {`${one.person}: ${localStretch(one.start, one.end)}`}
                </option>
              ))}
            </select>
          </label>
        </ReasonForm>
      )}
      <Refusal of={key} />
    </div>
  );
}

function others(rota: RotaView, shift: ShiftView): readonly ShiftView[] {
  return rota.shifts.filter((one) => one.may.includes("swap") && one.person !== shift.person);
}

export function WithdrawOverride({ of }: { readonly of: OverrideView }) {
  const { api, answering } = useApp();
  const t = words().duty.rota;
  const asking = useSignal(false);
  const key = shiftKey(`override ${of.override_id}`);
  const sending = answering.doing.value.get(key)?.kind === "sending";
  const ask = (value: boolean) => () => {
    asking.value = value;
  };
  const withdraw = (reason: string) =>
    answering.attempt(key, "withdraw", async () => void (await api.withdrawOverride(of.override_id, reason)));
  return (
    <div class="answer-row">
      {asking.value ? (
        <ReasonForm
          label={t.withdraw}
          submit={t.withdrawYes}
          sending={sending}
          onSubmit={(reason) => void withdraw(reason)}
          onCancel={ask(false)}
        />
      ) : (
        <button type="button" class="button button-quiet" data-action="withdraw-ask" onClick={ask(true)}>
          {t.withdraw}
        </button>
      )}
      <Refusal of={key} />
    </div>
  );
}
