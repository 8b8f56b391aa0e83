-- compatible: yes – a column that may be null; the release before neither reads nor writes it

-- In which language a person wants to be spoken to; null: they have not said. Every channel has its own, as before.
ALTER TABLE user_account ADD COLUMN language text CHECK (language IN ('en', 'zh'));
