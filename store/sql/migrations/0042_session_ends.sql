-- compatible: yes – a column that may be null; the release before works out for itself that such a session is over

-- When a session was found to be over, which is on record once (decision 62); null: not yet. One that nobody used stays in
-- its place until it would have expired anyway, so that it can be said when its owner was last seen.
ALTER TABLE session ADD COLUMN ended_at timestamptz;
