-- compatible: yes – tables of their own, a column that may be empty, and a trigger that does as before for whoever writes

-- Prescription and limits, changed by people (decision 45) ---------------------------------------------------------------

-- What other limits would have said of a patient's last treatments, as somebody was shown it before proposing them.
CREATE TABLE prescription_replay (
    replay_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    user_id int NOT NULL REFERENCES user_account,
    asked jsonb NOT NULL,
    treatments int NOT NULL CHECK (treatments >= 0),
    summary jsonb NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX prescription_replay_patient ON prescription_replay (patient_id);
CREATE TRIGGER prescription_replay_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescription_replay
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What somebody wants changed, and what it was judged to be. `based_on`: the number of the newest arrangement they knew of.
CREATE TABLE prescription_proposal (
    proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    based_on bigint NOT NULL,
    contents jsonb NOT NULL,
    changes jsonb NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('harmless', 'narrowing', 'widening', 'dangerous widening')),
    reason text NOT NULL CHECK (reason <> ''),
    replay_id bigint REFERENCES prescription_replay,
    proposed_by int NOT NULL REFERENCES user_account,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > proposed_at)
);
CREATE INDEX prescription_proposal_patient ON prescription_proposal (patient_id, proposal_id);
CREATE TRIGGER prescription_proposal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescription_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What became of it: one thing only, whoever was first. `user_id`: who put it in force, rejected it, or took it back.
CREATE TABLE prescription_outcome (
    proposal_id bigint PRIMARY KEY REFERENCES prescription_proposal,
    outcome text NOT NULL CHECK (outcome IN ('in force', 'rejected', 'withdrawn')),
    user_id int NOT NULL REFERENCES user_account,
    at timestamptz NOT NULL,
    reason text NOT NULL
);
CREATE TRIGGER prescription_outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescription_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whatever a program forgets: a dangerous widening is not signed by whoever proposed it, nobody signs what has expired,
-- and only its proposer takes a proposal back.
CREATE FUNCTION check_outcome() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    proposal prescription_proposal;
BEGIN
    SELECT * INTO proposal FROM prescription_proposal WHERE proposal_id = NEW.proposal_id;
    IF NEW.outcome = 'in force' AND NEW.at >= proposal.expires_at THEN
        RAISE EXCEPTION 'proposal % has expired', NEW.proposal_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome = 'in force' AND (proposal.verdict = 'dangerous widening') = (NEW.user_id = proposal.proposed_by) THEN
        RAISE EXCEPTION 'proposal % is not for this person to put in force', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.outcome = 'withdrawn') <> (NEW.user_id = proposal.proposed_by) AND NEW.outcome <> 'in force' THEN
        RAISE EXCEPTION 'proposal % is taken back by its proposer and rejected by others', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER prescription_outcome_check BEFORE INSERT ON prescription_outcome
    FOR EACH ROW EXECUTE FUNCTION check_outcome();

-- By which proposal it came; empty of what was entered at the command line.
ALTER TABLE arrangement ADD COLUMN proposal_id bigint REFERENCES prescription_proposal;

-- The API arranges now, and may not write marks itself.
CREATE OR REPLACE FUNCTION note_for_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    -- Nobody's temporary table may pass for the marks.
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    IF TG_OP <> 'INSERT' AND OLD.patient_id IS NOT NULL THEN
        INSERT INTO review_mark (patient_id) VALUES (OLD.patient_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.patient_id IS NOT NULL THEN
        INSERT INTO review_mark (patient_id) VALUES (NEW.patient_id);
    END IF;
    RETURN NULL;
END
$$;

ALTER TABLE prescription_replay ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_replay USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = prescription_replay.patient_id));
ALTER TABLE prescription_proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_proposal USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = prescription_proposal.patient_id));
ALTER TABLE prescription_outcome ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_outcome USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM prescription_proposal AS own WHERE own.proposal_id = prescription_outcome.proposal_id));
