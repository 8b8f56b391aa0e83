-- compatible: yes – new tables; what the release before records of alerts is noted for the notifier by the same trigger

-- What people are told -----------------------------------------------------------------------------------------------

-- Alert events that nobody has decided about yet: the notifier takes them away in the transaction of what it decided.
-- By event, so that no writer of alerts ever waits for a notifier. `rank`: of its priority, the most important first.
CREATE TABLE routing_due (
    event_id bigint PRIMARY KEY,
    alert_id bigint NOT NULL,
    rank smallint NOT NULL
);
CREATE INDEX routing_due_order ON routing_due (rank DESC, event_id);

-- What people are told: the open alerts of one home and cause, or a trouble of the system itself (`unit_id` null,
-- `subject` which one). The columns after `opened_at` are the fold of its events, kept by a trigger.
-- `recheck_at`: when to look again although nothing has happened.
CREATE TABLE notice (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int REFERENCES unit,
    patient_id int REFERENCES patient,
    clinic_id int REFERENCES clinic,
    audience text NOT NULL CHECK (audience IN ('clinical', 'technical', 'operations')),
    cause text NOT NULL CHECK (cause <> ''),
    subject text NOT NULL CHECK ((subject = '') = (unit_id IS NOT NULL)),
    opened_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'nobody',
    priority text NOT NULL,
    round int NOT NULL DEFAULT 0,
    accepted_by int REFERENCES user_account,
    accepted_until timestamptz,
    reason text NOT NULL DEFAULT '',
    changed_at timestamptz,
    last_event_id bigint,
    recheck_at timestamptz
);
CREATE UNIQUE INDEX notice_open ON notice (coalesce(unit_id, 0), coalesce(patient_id, 0), coalesce(clinic_id, 0), cause, subject)
    WHERE state <> 'over';
CREATE INDEX notice_unit ON notice (unit_id, opened_at);
CREATE INDEX notice_changed ON notice (changed_at);
CREATE INDEX notice_recheck ON notice (recheck_at) WHERE recheck_at IS NOT NULL AND state <> 'over';

-- Which notice an alert belongs to, and what the stages last said of it.
CREATE TABLE notice_alert (
    alert_id bigint PRIMARY KEY REFERENCES alert,
    notice_id bigint NOT NULL REFERENCES notice,
    verdict text NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    judged_at timestamptz NOT NULL
);
CREATE INDEX notice_alert_notice ON notice_alert (notice_id);

-- Append-only. `move` empty: the state stays, something is put on record. `actor` null: the notifier did it.
-- `alert_id`, `stage`: of a word on one alert. `until`: of an acceptance.
CREATE TABLE notice_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id bigint NOT NULL REFERENCES notice,
    at timestamptz NOT NULL,
    move text NOT NULL,
    state text NOT NULL CHECK (state IN ('nobody', 'asking', 'accepted', 'unanswered', 'over')),
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    round int NOT NULL,
    actor int REFERENCES user_account,
    answerable int REFERENCES user_account,
    until timestamptz,
    alert_id bigint,
    stage text NOT NULL,
    reason text NOT NULL
);
CREATE INDEX notice_event_notice ON notice_event (notice_id, event_id);

CREATE FUNCTION notice_event_fold() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE notice SET
        changed_at = NEW.at,
        last_event_id = NEW.event_id,
        state = NEW.state,
        priority = NEW.priority,
        round = NEW.round,
        accepted_by = NEW.answerable,
        accepted_until = NEW.until,
        reason = CASE WHEN NEW.move = '' THEN reason ELSE NEW.reason END,
        -- An acceptance that has lasted its time is looked at; least() ignores what is null.
        recheck_at = least(recheck_at, NEW.until)
    WHERE notice_id = NEW.notice_id;
    PERFORM pg_notify('notice_event', NEW.event_id::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER notice_event_fold AFTER INSERT ON notice_event
    FOR EACH ROW EXECUTE FUNCTION notice_event_fold();
CREATE TRIGGER notice_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The plan of a round, written when it begins: what is due when. `outcome`: what came of it, in words.
CREATE TABLE notice_step (
    notice_id bigint NOT NULL REFERENCES notice,
    round int NOT NULL,
    number smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('first', 'second channel', 'backup', 'everyone', 'pathway', 'repeat')),
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    PRIMARY KEY (notice_id, round, number)
);
CREATE INDEX notice_step_due ON notice_step (due_at) WHERE done_at IS NULL;

-- A way to reach a person. `address` may hold a secret (a token): it is shown and logged only masked. `tier` 1: used at
-- once; 2: where the first gave no receipt, or when time is short. `host`: whose trouble all such addresses share.
CREATE TABLE channel (
    channel_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES user_account,
    kind text NOT NULL CHECK (kind IN ('screen', 'web push', 'apprise')),
    address text NOT NULL,
    host text NOT NULL,
    label text NOT NULL,
    tier smallint NOT NULL CHECK (tier IN (1, 2)),
    language text NOT NULL CHECK (language IN ('en', 'zh')),
    created_at timestamptz NOT NULL,
    tested_at timestamptz,
    disabled_at timestamptz,
    disabled_why text NOT NULL DEFAULT '' CHECK ((disabled_why = '') = (disabled_at IS NULL))
);
CREATE UNIQUE INDEX channel_once ON channel (user_id, kind, address) WHERE disabled_at IS NULL;

-- Whoever has an account can be told on the screens where they are signed in.
CREATE FUNCTION user_account_screen() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO channel (user_id, kind, address, host, label, tier, language, created_at)
    VALUES (NEW.user_id, 'screen', '', '', 'screens', 1, 'en', NEW.created_at);
    RETURN NULL;
END
$$;
CREATE TRIGGER user_account_screen AFTER INSERT ON user_account
    FOR EACH ROW EXECUTE FUNCTION user_account_screen();

-- One notice to one channel in one round: never twice. `next_try_at` null: nothing is to be sent any more.
-- `claimed_by`: the notifier that is sending it; whoever finds that one's heart still takes over. `receipt`: what a
-- device shows to say that it has it, known to nobody else.
CREATE TABLE delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id bigint NOT NULL REFERENCES notice,
    round int NOT NULL,
    step smallint NOT NULL,
    channel_id int NOT NULL REFERENCES channel,
    user_id int NOT NULL REFERENCES user_account,
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    queued_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    attempts int NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    claimed_by text,
    claimed_at timestamptz,
    changed_at timestamptz NOT NULL,
    receipt text NOT NULL UNIQUE DEFAULT replace(gen_random_uuid()::text, '-', ''),
    UNIQUE (notice_id, round, channel_id)
);
CREATE INDEX delivery_due ON delivery (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX delivery_user ON delivery (user_id, queued_at);

-- Append-only: what a delivery went through. `detail`: what the channel said, without addresses.
CREATE TABLE delivery_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES delivery,
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'accepted', 'rejected', 'failed')),
    attempt int NOT NULL,
    detail text NOT NULL
);
CREATE INDEX delivery_event_delivery ON delivery_event (delivery_id, event_id);
CREATE TRIGGER delivery_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Setting aside a rule of a unit, and what ended it. Append-only: the newest row of a unit and rule counts. `actor` null:
-- it ended by itself.
CREATE TABLE shelving_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    rule text NOT NULL,
    alert_id bigint NOT NULL REFERENCES alert,
    kind text NOT NULL CHECK (kind IN ('one-shot', 'timed', 'ended')),
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    until timestamptz NOT NULL,
    at timestamptz NOT NULL,
    actor int REFERENCES user_account,
    reason text NOT NULL CHECK (reason <> '')
);
CREATE INDEX shelving_event_newest ON shelving_event (unit_id, rule, event_id);
CREATE TRIGGER shelving_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shelving_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Taking a unit out of service, and back. Append-only: the newest row of a unit counts, `until` at most.
CREATE TABLE unit_service_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    is_out boolean NOT NULL,
    until timestamptz,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    CHECK (is_out = (until IS NOT NULL))
);
CREATE INDEX unit_service_event_newest ON unit_service_event (unit_id, event_id);
CREATE TRIGGER unit_service_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON unit_service_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION priority_rank(priority text) RETURNS smallint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_position(ARRAY['low', 'medium', 'high'], priority)::smallint;

CREATE FUNCTION alert_event_to_route() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO routing_due (event_id, alert_id, rank) VALUES (NEW.event_id, NEW.alert_id, priority_rank(NEW.priority));
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_to_route AFTER INSERT ON alert_event
    FOR EACH ROW EXECUTE FUNCTION alert_event_to_route();

INSERT INTO channel (user_id, kind, address, host, label, tier, language, created_at)
SELECT user_id, 'screen', '', '', 'screens', 1, 'en', created_at FROM user_account;

-- Every alert as it stands, with the finding that raised it last, whom it concerns, and what became of it with people.
CREATE OR REPLACE VIEW alert_current AS
SELECT
    alert.alert_id, alert.unit_id, unit.name AS unit, unit.clinic_id, alert.rule, finding.rule_version, alert.priority,
    alert.state, alert.since, finding.time, alert.changed_at, finding.reason, finding.inputs, finding.limits, alert.late,
    alert.acknowledged_by, user_account.name AS acknowledged_name, alert.acknowledged_at, alert.last_event_id,
    notice.notice_id, notice.state AS notice_state, answerable.name AS answerable_name, notice.accepted_until,
    notice.reason AS notice_reason, notice_alert.stage AS told_stage, notice_alert.reason AS told_reason,
    notice.last_event_id AS notice_event_id
FROM alert
JOIN unit USING (unit_id)
JOIN alert_event AS finding ON finding.event_id = alert.finding_event_id
LEFT JOIN user_account ON user_account.user_id = alert.acknowledged_by
LEFT JOIN notice_alert ON notice_alert.alert_id = alert.alert_id
LEFT JOIN notice ON notice.notice_id = notice_alert.notice_id
LEFT JOIN user_account AS answerable ON answerable.user_id = notice.accepted_by;

-- What stands when this is applied is to be told, too.
INSERT INTO routing_due (event_id, alert_id, rank)
SELECT last_event_id, alert_id, priority_rank(priority) FROM alert WHERE state <> 'normal' AND last_event_id IS NOT NULL;
