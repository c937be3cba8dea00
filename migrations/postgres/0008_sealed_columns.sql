-- 暗号化された欄: personal columns hold sealed text from here on. What stands in them is left plain: this file has no key. `tsunagi key rotate` seals it.
-- A sealed day is no day to the database, a sealed answer no JSON.
DROP INDEX patient_by_kana;
DROP INDEX patient_by_insured_number;
CREATE INDEX patient_by_region ON patient (region_id, id);
ALTER TABLE patient ALTER COLUMN birth_on TYPE text USING to_char(birth_on, 'YYYY-MM-DD');

ALTER TABLE screening
  ALTER COLUMN answers TYPE text USING answers::text,
  ALTER COLUMN facts TYPE text USING facts::text,
  ALTER COLUMN outcome TYPE text USING outcome::text;

-- Keyed hashes by which a person is found.
CREATE TABLE patient_mark (
  mark uuid NOT NULL,
  patient_id uuid NOT NULL,
  region_id uuid NOT NULL,
  CONSTRAINT patient_mark_pk PRIMARY KEY (mark, patient_id),
  CONSTRAINT patient_mark_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id)
);
CREATE INDEX patient_mark_by_patient ON patient_mark (patient_id);

-- A sealed word for every key that ever sealed here. Belongs to the installation.
CREATE TABLE sealing_key (
  id text NOT NULL,
  canary text NOT NULL,
  CONSTRAINT sealing_key_pk PRIMARY KEY (id)
);
-- Whoever was here before stands plain, and is believed until it is sealed.
INSERT INTO sealing_key (id, canary) SELECT 'plain', '' WHERE EXISTS (SELECT 1 FROM region);
