// Beside an alert that the database has not taken yet, where there is no room for the sentence.
import { words } from "../words";
import { UnsavedIcon } from "./icons";

export function UnsavedMark() {
  return (
    <span class="mark-badge mark-trouble" data-unsaved="true">
      <UnsavedIcon />
      {words().alerts.unsaved}
    </span>
  );
}
