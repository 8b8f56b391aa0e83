-- compatible: yes – new columns that may be empty, which the release before neither reads nor writes

-- What the dose and heparin rules (R29, R32) hold a treatment against. NULL: not known, so they are not evaluated; heparin
-- of 0: none is prescribed.
ALTER TABLE patient
    ADD COLUMN prescribed_spktv real CHECK (prescribed_spktv BETWEEN 0.1 AND 4),
    ADD COLUMN prescribed_heparin_ml_h real CHECK (prescribed_heparin_ml_h BETWEEN 0 AND 10),
    ADD COLUMN heparin_stop_min real CHECK (heparin_stop_min BETWEEN 0 AND 600);
