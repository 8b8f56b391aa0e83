-- name: prescription_alone
SELECT pg_advisory_xact_lock(hashtext('homehd prescription'), %(patient)s)

-- name: prescribed_patient
SELECT
    -- By way of numeric: 1.4 as it was typed, not as a real holds it.
    display_name, clinic_id, target_weight_kg::numeric::float8, pre_systolic_mmhg::numeric::float8,
    prescribed_conductivity_ms_cm::numeric::float8, transmembrane_limit_mmhg::numeric::float8,
    prescribed_spktv::numeric::float8, prescribed_heparin_ml_h::numeric::float8, heparin_stop_min::numeric::float8
FROM patient
WHERE patient_id = %(patient)s

-- name: arrangements_numbered
-- At the end: whether two people signed it.
SELECT a.arrangement_id, to_us(a.since), a.kind, a.content, coalesce(o.user_id <> p.proposed_by, false)
FROM arrangement AS a
LEFT JOIN prescription_proposal AS p USING (proposal_id)
LEFT JOIN prescription_outcome AS o ON o.proposal_id = p.proposal_id AND o.outcome = 'in force'
WHERE a.patient_id = %(patient)s
ORDER BY a.arrangement_id

-- name: arrange_proposed
INSERT INTO arrangement (patient_id, kind, content, since, author, reason, entered_at, proposal_id)
VALUES (%(patient)s, %(kind)s, %(content)s, from_us(%(since)s), %(author)s, %(reason)s, from_us(%(now)s), %(proposal)s)

-- name: prescription_history
SELECT
    a.arrangement_id, a.kind, a.content, to_us(a.since), to_us(a.entered_at), a.author, coalesce(author.name, a.author),
    a.reason, a.proposal_id, p.verdict, signer.name, to_us(o.at)
FROM arrangement AS a
LEFT JOIN user_account AS author ON author.user_id = substring(a.author FROM '^user:([0-9]{1,9})$')::int
LEFT JOIN prescription_proposal AS p USING (proposal_id)
LEFT JOIN prescription_outcome AS o ON o.proposal_id = p.proposal_id AND o.user_id <> p.proposed_by
LEFT JOIN user_account AS signer ON signer.user_id = o.user_id
WHERE a.patient_id = %(patient)s AND a.kind IN ('prescription', 'target weight', 'limits')
    AND (%(before)s::bigint IS NULL OR a.arrangement_id < %(before)s::bigint)
ORDER BY a.arrangement_id DESC
LIMIT %(limit)s

-- name: add_prescription_replay
INSERT INTO prescription_replay (patient_id, user_id, asked, treatments, summary, asked_at)
VALUES (%(patient)s, %(user)s, %(asked)s, %(treatments)s, %(summary)s, from_us(%(now)s))
RETURNING replay_id

-- name: prescription_replay
SELECT patient_id, user_id, asked, treatments, summary, to_us(asked_at)
FROM prescription_replay
WHERE replay_id = %(replay)s

-- name: add_prescription_proposal
INSERT INTO prescription_proposal
    (patient_id, based_on, contents, changes, verdict, reason, replay_id, proposed_by, proposed_at, expires_at)
VALUES (%(patient)s, %(based_on)s, %(contents)s, %(changes)s, %(verdict)s, %(reason)s, %(replay)s, %(user)s,
    from_us(%(now)s), from_us(%(expires)s))
RETURNING proposal_id

-- name: settle_prescription_proposal
INSERT INTO prescription_outcome (proposal_id, outcome, user_id, at, reason)
VALUES (%(proposal)s, %(outcome)s, %(user)s, from_us(%(now)s), %(reason)s)

-- name: prescription_proposals
SELECT
    p.proposal_id, p.patient_id, patient.display_name, patient.clinic_id, unit.name, p.based_on, p.contents, p.changes,
    p.verdict, p.reason, p.proposed_by, proposer.name, to_us(p.proposed_at), to_us(p.expires_at), o.outcome, decider.name,
    to_us(o.at), o.reason, r.summary,
    p.based_on < (SELECT coalesce(max(arrangement_id), 0) FROM arrangement AS a WHERE a.patient_id = p.patient_id)
FROM prescription_proposal AS p
JOIN patient USING (patient_id)
JOIN user_account AS proposer ON proposer.user_id = p.proposed_by
LEFT JOIN prescription_outcome AS o USING (proposal_id)
LEFT JOIN user_account AS decider ON decider.user_id = o.user_id
LEFT JOIN prescription_replay AS r ON r.replay_id = p.replay_id
LEFT JOIN binding AS b ON b.patient_id = p.patient_id AND b.until IS NULL
LEFT JOIN unit ON unit.unit_id = b.unit_id
WHERE (%(patient)s::int IS NULL OR p.patient_id = %(patient)s::int)
    AND (%(proposal)s::bigint IS NULL OR p.proposal_id = %(proposal)s::bigint)
    AND (NOT %(waiting)s OR o.proposal_id IS NULL AND p.expires_at > from_us(%(now)s) AND p.based_on = (
        SELECT coalesce(max(arrangement_id), 0) FROM arrangement AS a WHERE a.patient_id = p.patient_id))
    AND p.proposal_id > %(after)s
ORDER BY CASE WHEN %(waiting)s THEN p.proposal_id ELSE -p.proposal_id END
LIMIT %(limit)s
