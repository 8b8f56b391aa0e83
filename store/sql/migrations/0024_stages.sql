-- compatible: yes – columns with defaults that the release before leaves as they are, and an index

-- Whether a rule has found what it is for once more, of an alert that stood already.
ALTER TABLE alert_event ADD COLUMN again boolean NOT NULL DEFAULT false;
-- The last event of the alert when it was set aside: what a rule finds once more after it was not set aside.
ALTER TABLE shelving_event ADD COLUMN alert_event_id bigint;

-- Boxes that are away, the longest first, without a walk through all boxes.
CREATE INDEX unit_status_away ON unit_status (since) WHERE NOT online;
