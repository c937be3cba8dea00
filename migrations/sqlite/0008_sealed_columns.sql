-- 暗号化された欄: personal columns hold sealed text from here on. What stands in them is left plain: this file has no key. `tsunagi key rotate` seals it.
-- A sealed day is no day to the database, a sealed answer no JSON.
DROP INDEX patient_by_kana;
DROP INDEX patient_by_insured_number;
CREATE INDEX patient_by_region ON patient (region_id, id);
ALTER TABLE patient ADD COLUMN birth_on_anew TEXT NOT NULL DEFAULT '';
UPDATE patient SET birth_on_anew = birth_on;
ALTER TABLE patient DROP COLUMN birth_on;
ALTER TABLE patient RENAME COLUMN birth_on_anew TO birth_on;

ALTER TABLE screening ADD COLUMN answers_anew TEXT NOT NULL DEFAULT '';
ALTER TABLE screening ADD COLUMN facts_anew TEXT NOT NULL DEFAULT '';
ALTER TABLE screening ADD COLUMN outcome_anew TEXT NOT NULL DEFAULT '';
UPDATE screening SET answers_anew = answers, facts_anew = facts, outcome_anew = outcome;
ALTER TABLE screening DROP COLUMN answers;
ALTER TABLE screening DROP COLUMN facts;
ALTER TABLE screening DROP COLUMN outcome;
ALTER TABLE screening RENAME COLUMN answers_anew TO answers;
ALTER TABLE screening RENAME COLUMN facts_anew TO facts;
ALTER TABLE screening RENAME COLUMN outcome_anew TO outcome;

-- Keyed hashes by which a person is found.
CREATE TABLE patient_mark (
  mark BLOB NOT NULL,
  patient_id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  CONSTRAINT patient_mark_pk PRIMARY KEY (mark, patient_id),
  CONSTRAINT patient_mark_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_mark_by_patient ON patient_mark (patient_id);

-- A sealed word for every key that ever sealed here. Belongs to the installation.
CREATE TABLE sealing_key (
  id TEXT NOT NULL,
  canary TEXT NOT NULL,
  CONSTRAINT sealing_key_pk PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
-- Whoever was here before stands plain, and is believed until it is sealed.
INSERT INTO sealing_key (id, canary) SELECT 'plain', '' WHERE EXISTS (SELECT 1 FROM region);
