-- name: load_received
SELECT received.unit_id, received.epoch, lower(piece), upper(piece) - 1
FROM unnest(%(units)s::int[], %(epochs)s::text[]) AS wanted (unit_id, epoch)
JOIN received USING (unit_id, epoch), unnest(received.seqs) AS piece
ORDER BY 1, 2, 3

-- name: load_received_of_units
SELECT unit_id, epoch, lower(piece), upper(piece) - 1
FROM received, unnest(seqs) AS piece
WHERE unit_id = ANY (%(units)s::int[])
ORDER BY 1, 2, 3

-- name: update_received
UPDATE received SET seqs = received.seqs + added.seqs
FROM (
    SELECT unit_id, epoch, range_agg(int8range(first, last, '[]')) AS seqs
    FROM unnest(%(units)s::int[], %(epochs)s::text[], %(firsts)s::bigint[], %(lasts)s::bigint[])
        AS piece (unit_id, epoch, first, last)
    GROUP BY unit_id, epoch
) AS added
WHERE received.unit_id = added.unit_id AND received.epoch = added.epoch

-- name: insert_received
INSERT INTO received (unit_id, epoch, seqs)
SELECT unit_id, epoch, range_agg(int8range(first, last, '[]'))
FROM unnest(%(units)s::int[], %(epochs)s::text[], %(firsts)s::bigint[], %(lasts)s::bigint[])
    AS piece (unit_id, epoch, first, last)
GROUP BY unit_id, epoch
ORDER BY unit_id, epoch
ON CONFLICT (unit_id, epoch) DO UPDATE SET seqs = received.seqs + EXCLUDED.seqs
