-- compatible: yes – columns that may be null; the release before neither reads nor writes them

-- Whether a wall would be heard, as it says itself: what it said last and when it was last there, and when it was last armed.
-- `armed_at` null: it never was, or is not expected to be; whoever was armed once is expected to be heard from then on.
ALTER TABLE kiosk
    ADD COLUMN sound text CHECK (sound IN ('off', 'blocked', 'paused', 'armed')),
    ADD COLUMN sound_at timestamptz,
    ADD COLUMN armed_at timestamptz;
