// What the rules say to people, in the language of the page. Without the server's answer an alert speaks for itself.
import { signal } from "@preact/signals";
import type { Api } from "../api";
import type { Language } from "../language";
import type { AlertView, RuleView } from "../messages";

export class RuleBook {
  readonly #rules = signal<ReadonlyMap<string, RuleView>>(new Map());
  #wanted = "";

  constructor(readonly api: Api) {}

  /** Fetches the words of a language; the ones before stay until they are here, and when they do not come. */
  async load(language: Language): Promise<boolean> {
    this.#wanted = language;
    try {
      const { rules } = await this.api.rules(language);
      if (this.#wanted === language) this.#rules.value = new Map(rules.map((rule) => [rule.rule, rule]));
      return true;
    } catch {
      return false;
    }
  }

  of(rule: string): RuleView | undefined {
    return this.#rules.value.get(rule);
  }

  /** The alert's title: in the page's language where the rule is still known, else as it is on record. */
  title(alert: Pick<AlertView, "rule" | "title">): string {
    const rule = this.of(alert.rule);
    return rule === undefined || rule.language === "en" ? alert.title : rule.title;
  }
}
