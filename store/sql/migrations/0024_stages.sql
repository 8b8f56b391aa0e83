-- compatible: yes – columns with defaults, which the release before leaves as they are

-- Whether a rule has found what it is for once more, of an alert that stood already.
ALTER TABLE alert_event ADD COLUMN again boolean NOT NULL DEFAULT false;
-- The last event of the alert when it was set aside: what a rule finds once more after it was not set aside.
ALTER TABLE shelving_event ADD COLUMN alert_event_id bigint;
