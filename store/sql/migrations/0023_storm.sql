-- compatible: yes – an index, and a remark

-- What a channel was asked to carry lately is looked up for every page.
CREATE INDEX delivery_channel ON delivery (channel_id, queued_at);
