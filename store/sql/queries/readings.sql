-- name: create_reading_partitions
SELECT day
FROM unnest(%(days)s::date[]) AS day
WHERE (SELECT relkind = 'p' FROM pg_class WHERE oid = 'reading'::regclass)
    AND to_regclass('reading_' || to_char(day, 'YYYYMMDD')) IS NULL
    AND create_reading_partition(day)
ORDER BY day

-- name: latest_readings
SELECT unit_id, epoch, seq, to_us(time), mono_ms, to_us(received_at), phase, flags, invalid, {signals}
FROM unnest(%(units)s::int[]) AS wanted (id), LATERAL (
    SELECT * FROM reading
    WHERE unit_id = wanted.id AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
        AND flags & 16 = 0 -- TIME_UNCERTAIN: its time is not known, so it is nowhere on a screen's time line
    ORDER BY time DESC, seq DESC
    LIMIT 1
) AS newest
ORDER BY unit_id

-- name: recent_extremes
SELECT unit_id, least(to_us(time), to_us(received_at)) / %(step_us)s AS step, min({signal}), max({signal})
FROM reading
WHERE unit_id = ANY (%(units)s) AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
    AND {signal} IS NOT NULL
    AND flags & 4 = 0 -- LATE
GROUP BY 1, 2
ORDER BY 1, 2

-- name: readings_since
SELECT unit_id, epoch, seq, to_us(time), mono_ms, to_us(received_at), phase, flags, invalid, {signals}
FROM reading
WHERE unit_id = %(unit)s AND time > from_us(%(after)s)
ORDER BY time, seq
LIMIT %(limit)s

-- name: readings_between
SELECT unit_id, epoch, seq, to_us(time), mono_ms, to_us(received_at), phase, flags, invalid, {signals}
FROM reading
WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
ORDER BY time, seq

-- name: readings_by_number
SELECT unit_id, epoch, seq, to_us(time), mono_ms, to_us(received_at), phase, flags, invalid, {signals}
FROM reading
WHERE unit_id = %(unit)s AND time BETWEEN from_us(%(start)s) AND from_us(%(end)s) AND epoch = %(epoch)s
    AND seq = ANY (%(seqs)s::bigint[])
