-- compatible: yes – tables of their own, and columns that the release before leaves empty: it lists no sessions

-- A passkey (WebAuthn) of an account. The public key is as the authenticator gave it (COSE).
-- `suspected_at`: its counter went back, so there may be a copy of it; it is good for nothing any more.
CREATE TABLE passkey (
    passkey_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES user_account,
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    label text NOT NULL CHECK (label <> ''),
    added_at timestamptz NOT NULL,
    used_at timestamptz,
    suspected_at timestamptz
);
CREATE INDEX passkey_of_user ON passkey (user_id);

-- Who is meant by what the hospital's provider says: its subject is for ever, an e-mail address is not.
CREATE TABLE identity (
    issuer text NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    user_id int NOT NULL REFERENCES user_account,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
);

-- Half a sign-in, for a few minutes: no session, so nothing else of the system takes it for one. By the SHA-256 of its
-- token, and good once: whoever uses it takes it away. `content`: what the answer must fit.
CREATE TABLE sign_in_step (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    kind text NOT NULL CHECK (kind IN ('hospital', 'passkey', 'first passkey', 'own passkey')),
    user_id int REFERENCES user_account,
    content json NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((user_id IS NULL) = (kind = 'hospital'))
);

-- For their owner to tell sessions apart. `how`: by what they signed in; null: by the release before.
ALTER TABLE session
    ADD COLUMN session_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN how text CHECK (how IN ('password', 'passkey', 'hospital')),
    ADD COLUMN address text,
    ADD COLUMN browser text;
