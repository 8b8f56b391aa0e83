-- name: add_quarantine
INSERT INTO quarantine (received_at, topic, unit, reason, payload)
SELECT from_us(received), topic, unit, reason, payload
FROM unnest(%(received)s::bigint[], %(topics)s::text[], %(units)s::text[], %(reasons)s::text[], %(payloads)s::bytea[])
    AS added (received, topic, unit, reason, payload)

-- name: latest_quarantine
SELECT to_us(received_at), topic, unit, reason, payload FROM quarantine ORDER BY quarantine_id DESC LIMIT %(limit)s

-- name: save_engine_states
INSERT INTO engine_state (unit_id, time, state)
SELECT unit_id, from_us(time), state
FROM unnest(%(units)s::int[], %(times)s::bigint[], %(states)s::bytea[]) AS saved (unit_id, time, state)
ON CONFLICT (unit_id) DO UPDATE SET time = EXCLUDED.time, state = EXCLUDED.state

-- name: load_engine_states
SELECT unit_id, to_us(time), state FROM engine_state WHERE unit_id = ANY (%(units)s::int[])

-- name: beat
INSERT INTO service_heartbeat (service, instance, at, detail)
VALUES (%(service)s, %(instance)s, coalesce(from_us(%(at)s::bigint), clock_timestamp()), %(detail)s)
ON CONFLICT (service, instance) DO UPDATE SET at = EXCLUDED.at, detail = EXCLUDED.detail

-- name: last_beats
SELECT service, instance, to_us(at), detail FROM service_heartbeat WHERE service = %(service)s ORDER BY at DESC

-- name: save_unit_statuses
INSERT INTO unit_status AS old
    (unit_id, received_at, heard_at, since, sent_at, online, synchronised, machine, epoch, boot, agent_version, protocol,
     profile, outbox_rows, outbox_oldest_at, thinned, rejected, trouble, config_serial, config_trouble, certificate_until)
SELECT unit_id, from_us(received), from_us(heard), from_us(received), from_us(sent), online, synchronised, machine,
    epoch, boot, agent_version, protocol, profile, outbox_rows, from_us(outbox_oldest), thinned, rejected, trouble,
    config_serial, config_trouble, from_us(certificate_until)
FROM unnest(
    %(units)s::int[], %(received)s::bigint[], %(heard)s::bigint[], %(sent)s::bigint[], %(online)s::boolean[],
    %(synchronised)s::boolean[], %(machines)s::text[], %(epochs)s::text[], %(boots)s::text[], %(versions)s::text[], %(protocols)s::text[],
    %(profiles)s::text[], %(outbox_rows)s::bigint[], %(outbox_oldest)s::bigint[], %(thinned)s::bigint[],
    %(rejected)s::bigint[], %(troubles)s::text[], %(config_serials)s::bigint[], %(config_troubles)s::text[],
    %(certificate_ends)s::bigint[]
) AS saved (unit_id, received, heard, sent, online, synchronised, machine, epoch, boot, agent_version, protocol, profile,
    outbox_rows, outbox_oldest, thinned, rejected, trouble, config_serial, config_trouble, certificate_until)
ON CONFLICT (unit_id) DO UPDATE SET
    received_at = EXCLUDED.received_at,
    heard_at = greatest(old.heard_at, EXCLUDED.heard_at), -- which ignores NULL
    since = CASE
        WHEN (old.online, old.machine) = (EXCLUDED.online, EXCLUDED.machine) THEN old.since
        ELSE EXCLUDED.received_at END,
    sent_at = EXCLUDED.sent_at,
    online = EXCLUDED.online,
    synchronised = EXCLUDED.synchronised,
    machine = EXCLUDED.machine,
    epoch = EXCLUDED.epoch,
    boot = EXCLUDED.boot,
    agent_version = EXCLUDED.agent_version,
    protocol = EXCLUDED.protocol,
    profile = EXCLUDED.profile,
    outbox_rows = EXCLUDED.outbox_rows,
    outbox_oldest_at = EXCLUDED.outbox_oldest_at,
    thinned = EXCLUDED.thinned,
    rejected = EXCLUDED.rejected,
    trouble = EXCLUDED.trouble,
    config_serial = EXCLUDED.config_serial,
    config_trouble = EXCLUDED.config_trouble,
    certificate_until = EXCLUDED.certificate_until

-- name: unit_statuses
SELECT
    s.unit_id, to_us(s.received_at), to_us(s.since), to_us(s.heard_at), unit.name, s.online, to_us(s.sent_at), s.epoch,
    s.boot, s.agent_version, s.synchronised, s.machine, s.protocol, s.profile, s.outbox_rows,
    coalesce(to_us(s.outbox_oldest_at), 0), s.thinned, s.rejected, s.trouble, s.config_serial, s.config_trouble,
    coalesce(to_us(s.certificate_until), 0)
FROM unit_status AS s
JOIN unit USING (unit_id)
WHERE s.unit_id = ANY (%(units)s::int[])

-- name: add_operations_event
INSERT INTO operations_event (kind, since, until, instance, detail)
VALUES (%(kind)s, from_us(%(since)s), from_us(%(until)s), %(instance)s, %(detail)s)

-- name: operations_events
SELECT kind, to_us(since), to_us(until), instance, detail FROM operations_event ORDER BY event_id

-- name: fill_room
-- 4 MB, not compressible, so that pages are really asked for.
CREATE TEMPORARY TABLE room AS
SELECT gen_random_uuid() AS a, gen_random_uuid() AS b, gen_random_uuid() AS c, gen_random_uuid() AS d
FROM generate_series(1, 45000)

-- name: empty_room
DROP TABLE room
