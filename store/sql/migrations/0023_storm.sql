-- compatible: yes – an index, and a trigger that does the same for all rows of a statement

-- What a channel was asked to carry lately is looked up for every page.
CREATE INDEX delivery_channel ON delivery (channel_id, queued_at);

DROP TRIGGER notice_event_fold ON notice_event;
CREATE OR REPLACE FUNCTION notice_event_fold() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    -- Once for each notice, however many events of it come together: in a storm that is most of what they cost.
    WITH last AS (
        SELECT DISTINCT ON (notice_id) * FROM added ORDER BY notice_id, event_id DESC
    ), moved AS (
        SELECT DISTINCT ON (notice_id) notice_id, reason FROM added WHERE move <> '' ORDER BY notice_id, event_id DESC
    ), first AS (
        SELECT notice_id, min(until) AS until FROM added GROUP BY notice_id
    )
    UPDATE notice SET
        changed_at = last.at,
        last_event_id = last.event_id,
        state = last.state,
        priority = last.priority,
        round = last.round,
        accepted_by = last.answerable,
        accepted_until = last.until,
        reason = coalesce(moved.reason, notice.reason),
        -- An acceptance that has lasted its time is looked at; least() ignores what is null.
        recheck_at = least(notice.recheck_at, first.until)
    FROM last JOIN first USING (notice_id) LEFT JOIN moved USING (notice_id)
    WHERE notice.notice_id = last.notice_id;
    PERFORM pg_notify('notice_event', event_id::text) FROM (SELECT event_id FROM added ORDER BY event_id) AS told;
    RETURN NULL;
END
$$;
CREATE TRIGGER notice_event_fold AFTER INSERT ON notice_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION notice_event_fold();
