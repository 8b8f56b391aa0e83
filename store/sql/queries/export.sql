-- name: export_csv
COPY (
    SELECT to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), epoch, seq,
        CASE phase {phases} ELSE 'UNKNOWN' END, flags & 1, flags >> 1 & 1, flags >> 2 & 1, flags >> 3 & 1, flags >> 4 & 1,
        CASE WHEN invalid = 0 THEN '' ELSE array_to_string(ARRAY[{invalid}], ' ') END{signals}
    FROM reading
    WHERE unit_id = {unit} AND time >= from_us({start}) AND time < from_us({end})
    ORDER BY time, seq, epoch
) TO STDOUT (FORMAT csv)

-- name: export_rows
-- Every row has the same length, so that it is read without a look at one value: NaN stands for absent.
COPY (
    SELECT to_us(time), seq, invalid, phase, flags, epoch{signals}
    FROM reading
    WHERE unit_id = {unit} AND time >= from_us({start}) AND time < from_us({end})
    ORDER BY time, seq, epoch
) TO STDOUT (FORMAT binary)

-- name: treatment_span
SELECT unit.unit_id, unit.name, to_us(started_at), to_us(ended_at)
FROM treatment JOIN unit USING (unit_id)
WHERE treatment_id = %(treatment)s
