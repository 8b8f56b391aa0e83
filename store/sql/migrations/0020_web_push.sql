-- compatible: yes – a table and an index of its own; a delivery without a notice is left queued by the notifier before

-- The key that browsers subscribe to (VAPID): the notifier, which has the private one, says it to the API, which has not.
-- One row at most; none: web push is not set up.
CREATE TABLE push_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    public_key text NOT NULL CHECK (public_key ~ '^[A-Za-z0-9_-]{87}$'),
    since timestamptz NOT NULL
);

-- A delivery without a notice: a person tries a channel of their own.
ALTER TABLE delivery ALTER COLUMN notice_id DROP NOT NULL;
CREATE INDEX delivery_test ON delivery (channel_id, delivery_id) WHERE notice_id IS NULL;
