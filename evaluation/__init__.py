"""Where rules and store meet: what rules know of a patient, alerts from findings, stored treatments once more."""
