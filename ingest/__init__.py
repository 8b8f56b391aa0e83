"""From broker to store: admission, rules, one transaction, acknowledgement, live frame."""
