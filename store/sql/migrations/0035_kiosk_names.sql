-- compatible: yes – a column with a default; the release before shows names on these screens too, as it did

-- A screen that hangs where visitors pass: the names of patients, and what people wrote about them, never leave the server
-- for it.
ALTER TABLE kiosk ADD COLUMN hides_names boolean NOT NULL DEFAULT false;
