-- name: fleet
SELECT
    count(*) FILTER (WHERE s.online),
    count(*) FILTER (WHERE NOT s.online),
    count(*) FILTER (WHERE s.unit_id IS NULL),
    coalesce(sum(s.outbox_rows) FILTER (WHERE s.online), 0)::float8,
    -- Both times are the box's own, so a clock that is off does not matter; one that was at 1970 then tells nothing.
    coalesce(max(extract(epoch FROM s.sent_at - s.outbox_oldest_at)) FILTER (WHERE s.online
        AND s.sent_at - s.outbox_oldest_at < interval '40 days'), 0)::float8,
    count(*) FILTER (WHERE s.online AND s.sent_at - s.outbox_oldest_at > %(behind)s::float8 * interval '1 second'),
    count(*) FILTER (WHERE s.online AND s.trouble <> ''),
    count(*) FILTER (WHERE s.online AND s.machine <> 'connected')
FROM unit
LEFT JOIN unit_status AS s USING (unit_id)
WHERE unit.revoked_at IS NULL AND NOT unit.is_test AND unit.shard = ANY (%(shards)s::int[])
