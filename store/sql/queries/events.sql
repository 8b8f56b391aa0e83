-- name: add_machine_events
INSERT INTO machine_event
    (unit_id, epoch, received_at, time, seq, mono_ms, flags, kind, name, code, active, signal, text)
SELECT unit_id, epoch, from_us(received), from_us(time), seq, mono_ms, flags, kind, name, code, active, signal, text
FROM unnest(
    %(units)s::int[], %(epochs)s::text[], %(received)s::bigint[], %(times)s::bigint[], %(seqs)s::bigint[],
    %(monos)s::bigint[], %(flags)s::smallint[], %(kinds)s::text[], %(names)s::text[], %(codes)s::int[],
    %(active)s::boolean[], %(signals)s::text[], %(texts)s::text[]
) AS added (unit_id, epoch, received, time, seq, mono_ms, flags, kind, name, code, active, signal, text)

-- name: add_reading_extras
INSERT INTO reading_extra (unit_id, epoch, seq, time, extra)
SELECT unit_id, epoch, seq, from_us(time), extra
FROM unnest(%(units)s::int[], %(epochs)s::text[], %(seqs)s::bigint[], %(times)s::bigint[], %(extras)s::jsonb[])
    AS added (unit_id, epoch, seq, time, extra)

-- name: machine_events
SELECT unit_id, epoch, to_us(received_at), seq, to_us(time), mono_ms, flags, kind, name, code, active, signal, text
FROM machine_event
WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
ORDER BY time, seq

-- name: standing_alarms
SELECT unit_id, epoch, to_us(received_at), seq, to_us(time), mono_ms, flags, kind, name, code, active, signal, text
FROM (
    SELECT DISTINCT ON (unit_id, name, signal) *
    FROM machine_event
    -- A time that cannot be (ingest/admission.py) does not say which of two came last.
    WHERE unit_id = ANY (%(units)s::int[]) AND kind = 'alarm'
        AND time BETWEEN '2015-01-01 00:00+00' AND received_at + interval '2 days'
    ORDER BY unit_id, name, signal, time DESC, seq DESC
) AS last
WHERE active
ORDER BY time, seq

-- name: events_by_number
SELECT unit_id, epoch, to_us(received_at), seq, to_us(time), mono_ms, flags, kind, name, code, active, signal, text
FROM machine_event
WHERE unit_id = %(unit)s AND time BETWEEN from_us(%(start)s) AND from_us(%(end)s) AND epoch = %(epoch)s
    AND seq = ANY (%(seqs)s::bigint[])
