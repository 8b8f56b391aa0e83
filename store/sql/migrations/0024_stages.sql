-- compatible: yes – columns with defaults that the release before leaves as they are, an index, and a table of its own

-- Whether a rule has found what it is for once more, of an alert that stood already.
ALTER TABLE alert_event ADD COLUMN again boolean NOT NULL DEFAULT false;
-- The last event of the alert when it was set aside: what a rule finds once more after it was not set aside.
ALTER TABLE shelving_event ADD COLUMN alert_event_id bigint;

-- Boxes that are away, the longest first, without a walk through all boxes.
CREATE INDEX unit_status_away ON unit_status (since) WHERE NOT online;

-- That who is on call was told once a day what is on the work list: of which line of duty, on which of its local days.
-- `notice_id` null: nothing was to be told, or nobody to be told. `open`, `days`: how many, and how long the oldest.
CREATE TABLE digest (
    rota_id int NOT NULL REFERENCES rota,
    day date NOT NULL,
    at timestamptz NOT NULL,
    open int NOT NULL DEFAULT 0,
    days int NOT NULL DEFAULT 0,
    notice_id bigint UNIQUE REFERENCES notice,
    PRIMARY KEY (rota_id, day)
);
