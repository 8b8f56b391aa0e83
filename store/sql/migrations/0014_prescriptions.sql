-- compatible: yes – one more kind of a table that the release before does not know, and a refusal of what no code does

-- A prescription has versions like all that is arranged: each item holds from its moment until the next of that item does.
ALTER TABLE arrangement DROP CONSTRAINT arrangement_kind_check;
ALTER TABLE arrangement ADD CONSTRAINT arrangement_kind_check
    CHECK (kind IN ('schedule', 'access', 'target weight', 'prescription', 'limits'));

-- What a patient was entered with holds until an item is arranged, and is not changed behind anybody's back.
CREATE TRIGGER patient_prescription_append_only BEFORE UPDATE OF target_weight_kg, pre_systolic_mmhg,
    prescribed_conductivity_ms_cm, transmembrane_limit_mmhg, prescribed_spktv, prescribed_heparin_ml_h, heparin_stop_min
    ON patient FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
