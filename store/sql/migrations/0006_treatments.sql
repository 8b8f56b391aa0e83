-- What phase a machine was in, as stretches in which it was seen in one and the same, with no gap above five minutes.
-- Disjoint in time. It follows from `reading` and `machine_event` whatever order those came in; the newest stretch of a
-- unit lags a minute behind them. `mark`: the phase's number times two, plus one if it was derived; -1: the machine was
-- lost. `clock_low`, `clock_high`: extremes of the machine's treatment clock, minutes.
CREATE TABLE phase_run (
    unit_id int NOT NULL REFERENCES unit,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    mark smallint NOT NULL,
    clock_low real,
    clock_high real,
    PRIMARY KEY (unit_id, first_at, mark)
);

-- One treatment, as the phases tell; `ended_at` is null while it goes on. `patient_id`: whom the unit served when it
-- began. `interruptions`: [{"since", "until", "cause", "phase"}], times in microseconds. `unusual`: how many changes of
-- phase around and in it were out of the ordinary. `revision` rises when it or the rows under it change; a summary is
-- due from `summary_due_at` on.
CREATE TABLE treatment (
    treatment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    patient_id int REFERENCES patient,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_known text CHECK (end_known IN
        ('said by the machine', 'derived', 'machine lost', 'next treatment began', 'clock limit')),
    derived boolean NOT NULL,
    unusual smallint NOT NULL,
    interruptions jsonb NOT NULL,
    revision int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    summary_due_at timestamptz,
    CHECK ((ended_at IS NULL) = (end_known IS NULL))
);
CREATE INDEX treatment_unit ON treatment (unit_id, started_at);
CREATE INDEX treatment_patient ON treatment (patient_id, started_at);
CREATE INDEX treatment_open ON treatment (unit_id) WHERE ended_at IS NULL;
CREATE INDEX treatment_summary_due ON treatment (summary_due_at) WHERE summary_due_at IS NOT NULL;

-- What a treatment came to, from the rows stored of it. `revision`: of the treatment it was computed from; `version`:
-- of the way it is computed. `signals`: {name: {"count", "median", "min", "max"}} of the valid values in treatment.
CREATE TABLE treatment_summary (
    treatment_id bigint PRIMARY KEY REFERENCES treatment ON DELETE CASCADE,
    revision int NOT NULL,
    version smallint NOT NULL,
    computed_at timestamptz NOT NULL,
    readings bigint NOT NULL,
    treated_s double precision NOT NULL,
    unseen_s double precision NOT NULL,
    machine_time_min real,
    volume_removed_ml real,
    blood_processed_l real,
    spktv real,
    ektv real,
    signals jsonb NOT NULL
);

-- A treatment with all that is known of it. `clinic_id`: the patient's, or the unit's where no patient was known.
CREATE VIEW treatment_report AS
SELECT
    t.treatment_id, unit.name AS unit,
    CASE WHEN t.patient_id IS NULL THEN unit.clinic_id ELSE patient.clinic_id END AS clinic_id, t.patient_id,
    patient.display_name AS patient, t.revision, to_us(t.changed_at) AS changed_us, to_us(t.started_at) AS start_us,
    to_us(t.ended_at) AS end_us, t.end_known, t.derived, t.unusual, t.interruptions, s.revision AS summary_revision,
    s.version, to_us(s.computed_at) AS computed_us, s.readings, s.treated_s, s.unseen_s,
    s.machine_time_min::float8 AS machine_time_min, s.volume_removed_ml::float8 AS volume_removed_ml,
    s.blood_processed_l::float8 AS blood_processed_l, s.spktv::float8 AS spktv, s.ektv::float8 AS ektv, s.signals,
    t.unit_id, t.started_at
FROM treatment AS t
JOIN unit USING (unit_id)
LEFT JOIN patient USING (patient_id)
LEFT JOIN treatment_summary AS s USING (treatment_id);
