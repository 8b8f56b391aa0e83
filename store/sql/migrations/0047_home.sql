-- compatible: yes – tables of their own, which the release before does not know

-- The patient's own page (decision 68) ---------------------------------------------------------------------------------

-- Whose treatment an account at home is shown: the patient's own, or of who is there with them. An account that looks after
-- somebody else from now on is changed, and sees nothing of the one before.
CREATE TABLE patient_account (
    user_id int PRIMARY KEY REFERENCES user_account,
    patient_id int NOT NULL REFERENCES patient,
    since timestamptz NOT NULL
);
CREATE INDEX patient_account_patient ON patient_account (patient_id);
ALTER TABLE patient_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_account USING (
    (SELECT viewer_sees_all()) OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = patient_account.patient_id));

-- By what number a home reaches its clinic where nothing else goes.
ALTER TABLE clinic ADD COLUMN phone text CHECK (phone ~ '^[+0-9][0-9 ()/.-]{2,39}$');

-- What was said at home, by the number that the page gave it: said again over a bad line it is not done twice.
CREATE TABLE said_at_home (
    user_id int NOT NULL REFERENCES user_account,
    said uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('help', 'helped', 'handling', 'symptom', 'measurement', 'message')),
    alert_id bigint REFERENCES alert,
    at timestamptz NOT NULL,
    PRIMARY KEY (user_id, said)
);

-- Somebody at home is dealing with what an alert is about: told to whoever looks after them, and silences nothing.
-- `event_id` is of the alerts' own numbers: by it a screen tells what it has been told already.
CREATE TABLE handling (
    alert_id bigint PRIMARY KEY REFERENCES alert,
    user_id int NOT NULL REFERENCES user_account,
    at timestamptz NOT NULL,
    event_id bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('alert_event', 'event_id'))
);
CREATE FUNCTION tell_handling() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('alert_event', last_event_id::text) FROM alert WHERE alert_id = NEW.alert_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER handling_told AFTER INSERT ON handling
    FOR EACH ROW EXECUTE FUNCTION tell_handling();
CREATE TRIGGER handling_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handling
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE handling ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON handling USING (
    (SELECT viewer_sees_all()) OR EXISTS (SELECT FROM alert AS own WHERE own.alert_id = handling.alert_id));
