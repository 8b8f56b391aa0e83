// Where somebody follows an address that is not for their role.
import { words } from "../words";

export function NotAllowed() {
  return (
    <main id="content" tabIndex={-1} class="page" data-testid="not-allowed">
      <p role="alert">{words().admin.notAllowed}</p>
    </main>
  );
}
