-- compatible: yes – a column that may be empty; the release before neither reads nor writes it, and what comes late while that runs is passed with the treatment's next change

-- From when on the rules may go through an ended treatment once more, because rows of it came late (ingest/late_pass.py).
ALTER TABLE treatment ADD COLUMN late_pass_due_at timestamptz;
CREATE INDEX treatment_late_pass_due ON treatment (late_pass_due_at) WHERE late_pass_due_at IS NOT NULL;
