-- name: history_buckets
-- One row for all buckets: an array a column travels without a value being touched on its way. NaN stands for "none",
-- because an array with nulls has no fixed layout.
SELECT array_agg(to_us(bucket)), array_agg(to_us(first)), array_agg(to_us(last)), array_agg(readings),
    array_agg(late), array_agg(corrected), array_agg(invalid), array_agg(first_seq), array_agg(last_seq){arrays}
FROM (
    SELECT date_bin(%(width)s * interval '1 microsecond', time, from_us(%(start)s)) AS bucket,
        min(time) AS first, max(time) AS last, count(*) AS readings,
        count(*) FILTER (WHERE flags & 4 <> 0) AS late, count(*) FILTER (WHERE flags & 8 <> 0) AS corrected,
        bit_or(invalid) AS invalid, min(seq) AS first_seq, max(seq) AS last_seq{aggregates}
    FROM reading
    WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
        AND flags & 16 = 0 -- a time that is not known is nowhere on the time line
    GROUP BY bucket
    ORDER BY bucket
) AS found

-- name: history_events
-- What can be the reason of a gap: links that were lost, what the box said of itself. What went for want of room is told
-- afterwards, when the line is back.
SELECT unit_id, epoch, to_us(received_at), seq, to_us(time), mono_ms, flags, kind, name, code, active, signal, text
FROM (
    (
        SELECT *
        FROM machine_event
        WHERE unit_id = %(unit)s AND kind = 'link' AND time < from_us(%(start)s)
        ORDER BY time DESC, seq DESC
        LIMIT %(links_before)s
    )
    UNION ALL
    SELECT *
    FROM machine_event
    WHERE unit_id = %(unit)s AND kind IN ('link', 'agent')
        AND time >= from_us(%(start)s) AND time < from_us(%(told_until)s)
) AS found
ORDER BY time, seq
LIMIT %(limit)s
