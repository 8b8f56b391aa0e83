-- name: walls_role
-- Whether there is the role; whoever has made it may also work as it.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s)

-- name: walls_member
-- A superuser may be anybody; who may only make roles has to become a member of this one.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE 'GRANT homehd_api TO CURRENT_USER';
    END IF;
END
$$

-- name: walls_schema
SELECT current_schema()

-- name: walls_mark
-- Nothing where a view has gone with what it was of.
SELECT CASE WHEN bool_and(to_regclass('homehd_walls.' || name) IS NOT NULL)
    THEN obj_description(to_regnamespace('homehd_walls'), 'pg_namespace') END
FROM unnest(ARRAY['reading', 'reading_minute']) AS name
WHERE to_regclass(name) IS NOT NULL

-- name: walls_tables_of_readings
SELECT name FROM unnest(ARRAY['reading', 'reading_minute']) AS name WHERE to_regclass(name) IS NOT NULL

-- name: walls_columns
-- By what carries the readings, too: made anew as a hypertable, they have lost their view.
SELECT coalesce(string_agg(format('%s %s %s %s', attrelid, attnum, attname, atttypid), ',' ORDER BY attrelid, attnum), '')
FROM pg_attribute
WHERE attrelid IN (to_regclass('reading'), to_regclass('reading_minute')) AND attnum > 0 AND NOT attisdropped

-- name: walls_view
-- The views' owner reads the tables behind it, so no policy counts there: whose a reading is stands here. Of a home whose
-- past is not as it is now, stretch by stretch, by `moment` of a row.
CREATE VIEW {views}.{table} AS
SELECT r.* FROM {table} AS r
WHERE (SELECT viewer_sees_all())
    OR (r.unit_id IN (SELECT unit_id FROM unit WHERE clinic_id = (SELECT viewer_clinic()))
        OR r.unit_id IN (SELECT viewer_units()))
    <> (r.unit_id IN (SELECT p.unit_id FROM viewer_past() AS p)
        AND r.{moment} < (SELECT max(p.until) FROM viewer_past() AS p) AND EXISTS (SELECT FROM viewer_past() AS p
        WHERE p.unit_id = r.unit_id AND r.{moment} >= p.since AND r.{moment} < p.until))

-- name: walls_standing
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s),
    EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s AND pg_has_role(oid, 'SET')),
    to_regclass(%(view)s) IS NOT NULL AND EXISTS (SELECT FROM pg_roles
        WHERE rolname = %(role)s AND has_table_privilege(oid, to_regclass(%(view)s), 'SELECT'))
