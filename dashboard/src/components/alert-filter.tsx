// Above the list of open alerts: which of them, and how many that leaves.
import { EVERYTHING, type Filter, SHOWN } from "../alerts/filter";
import type { Priority } from "../messages";
import { words } from "../words";

const PRIORITIES: readonly Priority[] = ["high", "medium", "low"];

interface Props {
  readonly filter: Filter;
  readonly clinics: readonly string[];
  readonly left: number;
  readonly of: number;
  readonly onChange: (filter: Filter) => void;
}

export function AlertFilter({ filter, clinics, left, of, onChange }: Props) {
  const t = words().inbox;
  const change = (part: Partial<Filter>) => onChange({ ...filter, ...part });
  return (
    <form class="alert-filter" aria-label={t.filter} onSubmit={(event) => event.preventDefault()}>
      <fieldset class="segments">
        <legend class="hidden">{t.filter}</legend>
        {SHOWN.map((shown) => (
          <label key={shown}>
            <input
              type="radio"
              name="shown"
              value={shown}
              checked={filter.shown === shown}
              onChange={() => change({ shown })}
            />
            <span>{t.shown[shown]}</span>
          </label>
        ))}
      </fieldset>
      <label>
        {t.priority}
        <select
          name="priority"
          value={filter.priority ?? ""}
          onChange={(event) => change({ priority: (event.currentTarget.value || null) as Priority | null })}
        >
          <option value="">{t.any}</option>
          {PRIORITIES.map((priority) => (
            <option key={priority} value={priority}>
              {words().priorities[priority]}
            </option>
          ))}
        </select>
      </label>
      {clinics.length > 1 && (
        <label>
          {t.clinic}
          <select
            name="clinic"
            value={filter.clinic ?? ""}
            onChange={(event) => change({ clinic: event.currentTarget.value || null })}
          >
            <option value="">{t.any}</option>
            {clinics.map((clinic) => (
              <option key={clinic}>{clinic}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        {t.patient}
        <input
          type="search"
          name="patient"
          autocomplete="off"
          value={filter.patient}
          onInput={(event) => change({ patient: event.currentTarget.value })}
        />
      </label>
      <p class="note" role="status" data-testid="filter-count">
        {t.count(left, of)}
        {left < of && (
          <>
            {" "}
            <button type="button" class="button button-quiet" onClick={() => onChange(EVERYTHING)}>
              {t.clear}
            </button>
          </>
        )}
      </p>
    </form>
  );
}
