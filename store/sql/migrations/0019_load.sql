-- compatible: yes – a column that the release before leaves empty, and indexes

-- With which delivery to the same channel this one went out, as one page: only medium ones, only while their person is
-- in a flood. Empty again when that page was not taken.
ALTER TABLE delivery ADD COLUMN folded_into bigint REFERENCES delivery;
CREATE INDEX delivery_folded ON delivery (folded_into) WHERE folded_into IS NOT NULL;
CREATE INDEX delivery_queued ON delivery (queued_at);
CREATE INDEX alert_since ON alert (since);
