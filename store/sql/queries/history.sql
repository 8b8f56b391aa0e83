-- name: history_buckets
-- One row for all buckets, a column's values as bytes one behind the other: they travel without being touched. NaN stands
-- for "none".
SELECT string_agg(int8send(to_us(bucket)), ''), string_agg(int8send(to_us(first)), ''),
    string_agg(int8send(to_us(last)), ''), string_agg(int8send(readings), ''), string_agg(int8send(late), ''),
    string_agg(int8send(corrected), ''), string_agg(int8send(invalid), ''), string_agg(int8send(first_seq), ''),
    string_agg(int8send(last_seq), ''){bytes}
FROM (
    SELECT date_bin(%(width)s * interval '1 microsecond', time, from_us(%(start)s)) AS bucket,
        min(time) AS first, max(time) AS last, count(*) AS readings,
        count(*) FILTER (WHERE flags & 4 <> 0) AS late, count(*) FILTER (WHERE flags & 8 <> 0) AS corrected,
        bit_or(invalid) AS invalid, min(seq) AS first_seq, max(seq) AS last_seq{aggregates}
    FROM reading
    WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
        AND flags & 16 = 0 -- TIME_UNCERTAIN: a time that is not known is nowhere on the time line
    GROUP BY bucket
    ORDER BY bucket
) AS found

-- name: history_limits
-- For this transaction: how long it may take, and room to sort a day of rows without a file.
SELECT set_config('statement_timeout', %(patience)s, true), set_config('work_mem', '64MB', true)

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
