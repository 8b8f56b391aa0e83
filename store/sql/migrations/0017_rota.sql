-- compatible: yes – tables of its own, which the release before does not read

-- A line of duty: of a clinic, for an audience, 1 primary and 2 backup. Without a clinic it is of every clinic that has
-- none of its own for that audience and line. `zone`: where its hand-over times are local.
CREATE TABLE rota (
    rota_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id int REFERENCES clinic,
    audience text NOT NULL CHECK (audience IN ('clinical', 'technical', 'operations')),
    line smallint NOT NULL CHECK (line IN (1, 2)),
    zone text NOT NULL CHECK (zone <> ''),
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text CHECK (withdrawn_by <> ''),
    withdrawn_reason text CHECK (withdrawn_reason <> ''),
    CHECK (clinic_id IS NOT NULL OR audience <> 'clinical'),
    CHECK (num_nulls(withdrawn_at, withdrawn_by, withdrawn_reason) IN (0, 3))
);
CREATE UNIQUE INDEX rota_line ON rota (coalesce(clinic_id, 0), audience, line) WHERE withdrawn_at IS NULL;

-- Who has it in turn, every version: it holds from `since` until the next does. `people`: accounts in order, none when
-- the rotation ends. The first of them begins a turn on `anchor` (a local day) at `hand_over` (local).
CREATE TABLE rota_rotation (
    rotation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota_id int NOT NULL REFERENCES rota,
    people int[] NOT NULL CHECK (cardinality(people) <= 50),
    every_days smallint NOT NULL CHECK (every_days BETWEEN 1 AND 56),
    hand_over time NOT NULL,
    anchor date NOT NULL CHECK (anchor BETWEEN '1970-01-01' AND '2100-01-01'),
    since timestamptz NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX rota_rotation_rota ON rota_rotation (rota_id);
CREATE TRIGGER rota_rotation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rota_rotation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Somebody else, or nobody (null), for a stretch: written by hand, as half of a swap (`swap_of`: the other half), or of a
-- calendar, whose event it is by `uid` and `recurrence` (RFC 5545).
CREATE TABLE rota_override (
    override_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota_id int NOT NULL REFERENCES rota,
    source text NOT NULL CHECK (source IN ('override', 'swap', 'calendar')),
    user_id int REFERENCES user_account,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    swap_of bigint REFERENCES rota_override CHECK (swap_of IS NULL OR source = 'swap'),
    uid text,
    recurrence text,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text CHECK (withdrawn_by <> ''),
    withdrawn_reason text CHECK (withdrawn_reason <> ''),
    CHECK (end_at > start_at),
    CHECK (num_nonnulls(uid, recurrence) = CASE source WHEN 'calendar' THEN 2 ELSE 0 END),
    CHECK (num_nulls(withdrawn_at, withdrawn_by, withdrawn_reason) IN (0, 3))
);
CREATE INDEX rota_override_rota ON rota_override (rota_id, end_at) WHERE withdrawn_at IS NULL;
CREATE INDEX rota_override_swap ON rota_override (swap_of) WHERE swap_of IS NOT NULL;
CREATE UNIQUE INDEX rota_override_event ON rota_override (rota_id, uid, recurrence)
    WHERE source = 'calendar' AND withdrawn_at IS NULL;

-- A person's word about a stretch: accepted, or declined. The later entry counts.
CREATE TABLE rota_acceptance (
    acceptance_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota_id int NOT NULL REFERENCES rota,
    user_id int NOT NULL REFERENCES user_account,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    accepted boolean NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (accepted OR reason <> ''),
    recorded_at timestamptz NOT NULL,
    CHECK (end_at > start_at)
);
CREATE INDEX rota_acceptance_rota ON rota_acceptance (rota_id, end_at);
CREATE TRIGGER rota_acceptance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rota_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was written stays as it was; it can be withdrawn, once.
CREATE FUNCTION rota_withdraw_only() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    mark text[] := '{withdrawn_at,withdrawn_by,withdrawn_reason}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
            AND to_jsonb(NEW) - mark = to_jsonb(OLD) - mark THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% can be withdrawn, once, and nothing else: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER rota_withdraw_only BEFORE UPDATE OR DELETE ON rota
    FOR EACH ROW EXECUTE FUNCTION rota_withdraw_only();
CREATE TRIGGER rota_no_truncate BEFORE TRUNCATE ON rota
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rota_override_withdraw_only BEFORE UPDATE OR DELETE ON rota_override
    FOR EACH ROW EXECUTE FUNCTION rota_withdraw_only();
CREATE TRIGGER rota_override_no_truncate BEFORE TRUNCATE ON rota_override
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
