-- name: history_buckets
-- One row for all buckets, a column's values as bytes one behind the other: they travel without being touched. NaN stands
-- for "none".
SELECT string_agg(int8send(to_us(bucket)), ''), string_agg(int8send(to_us(first)), ''),
    string_agg(int8send(to_us(last)), ''), string_agg(int8send(readings), ''), string_agg(int8send(late), ''),
    string_agg(int8send(corrected), ''), string_agg(int8send(invalid), ''), string_agg(int8send(first_seq), ''),
    string_agg(int8send(last_seq), ''){bytes}
FROM ({found}) AS found

-- name: history_of_rows
SELECT date_bin(%(width)s * interval '1 microsecond', time, from_us(%(start)s)) AS bucket,
    min(time) AS first, max(time) AS last, count(*) AS readings,
    count(*) FILTER (WHERE flags & 4 <> 0) AS late, count(*) FILTER (WHERE flags & 8 <> 0) AS corrected,
    bit_or(invalid) AS invalid, min(seq) AS first_seq, max(seq) AS last_seq{aggregates}
FROM reading
WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
    AND flags & 16 = 0 -- TIME_UNCERTAIN: a time that is not known is nowhere on the time line
    AND NOT %(hidden)s::tstzmultirange @> time
GROUP BY bucket
ORDER BY bucket

-- name: history_edges
-- Up to when minutes serve a question, and which before that have to be computed again. Asked first: with times that are
-- known when it is planned, what follows looks at the days of the span and no others.
SELECT to_us(edge), coalesce(range_agg(span), '{}')::text, to_us(coalesce(min(lower(span)), edge)),
    to_us(coalesce(max(upper(span)), edge))
FROM (
    SELECT greatest(least(until, date_trunc('minute', from_us(%(end)s))), from_us(%(start)s)) AS edge
    FROM reading_minute_state
) AS state
LEFT JOIN LATERAL (
    SELECT minutes * tstzrange(from_us(%(start)s), edge) AS span
    FROM reading_minute_due
    WHERE minutes && tstzrange(from_us(%(start)s), edge)
) AS due ON true
GROUP BY edge

-- name: history_of_minutes
-- The same from whole minutes, where `start` and `width` are whole minutes, too. What is not computed yet, or has to be
-- computed again, comes from the rows.
SELECT date_bin(%(width)s * interval '1 microsecond', minute, from_us(%(start)s)) AS bucket,
    min(first_at) AS first, max(last_at) AS last, sum(readings)::bigint AS readings, sum(late)::bigint AS late,
    sum(corrected)::bigint AS corrected, bit_or(invalid) AS invalid, min(first_seq) AS first_seq,
    max(last_seq) AS last_seq{aggregates}
FROM (
    SELECT minute, first_at, last_at, readings, late, corrected, invalid, first_seq, last_seq{minutes}
    FROM reading_minute
    WHERE unit_id = %(unit)s AND minute >= from_us(%(start)s) AND minute < from_us(%(edge)s)
        AND NOT %(due)s::tstzmultirange @> minute
        -- A minute that holds any of what is not to be shown cannot be taken apart.
        AND NOT %(hidden)s::tstzmultirange && tstzrange(minute, minute + interval '1 minute')
    UNION ALL
    SELECT time, time, time, 1, flags >> 2 & 1, flags >> 3 & 1, invalid, seq, seq{rows}
    FROM reading
    WHERE unit_id = %(unit)s AND time >= from_us(%(edge)s) AND time < from_us(%(end)s) AND flags & 16 = 0
        AND NOT %(hidden)s::tstzmultirange @> time
    UNION ALL
    SELECT time, time, time, 1, flags >> 2 & 1, flags >> 3 & 1, invalid, seq, seq{rows}
    FROM reading
    WHERE unit_id = %(unit)s AND time >= from_us(%(due_low)s) AND time < from_us(%(due_high)s)
        AND %(due)s::tstzmultirange @> time AND flags & 16 = 0 AND NOT %(hidden)s::tstzmultirange @> time
) AS pieces
GROUP BY bucket
ORDER BY bucket

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
