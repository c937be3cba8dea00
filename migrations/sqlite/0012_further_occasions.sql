-- 第三者提供の記録: a record that was opened in an emergency, and a stay that was read by whoever was never sent a notice of it.
-- SQLite changes no constraint of a table that is there.
CREATE TABLE disclosure_anew (
  patient_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  occasion TEXT NOT NULL,
  to_whom TEXT NOT NULL,
  items TEXT CHECK (json_valid(items)) NOT NULL,
  disclosed_at INTEGER NOT NULL,
  disclosed_by BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  CONSTRAINT disclosure_pk PRIMARY KEY (patient_id, id),
  CONSTRAINT disclosure_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT disclosure_occasion_known
    CHECK (occasion IN ('notice', 'information_sheet', 'outside_word', 'export', 'emergency', 'reading'))
) STRICT, WITHOUT ROWID;
INSERT INTO disclosure_anew
  SELECT patient_id, id, region_id, occasion, to_whom, items, disclosed_at, disclosed_by, organization_id FROM disclosure;
DROP TABLE disclosure;
ALTER TABLE disclosure_anew RENAME TO disclosure;
