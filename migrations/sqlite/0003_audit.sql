-- The audit trail can't be bent: its rows are only ever added, its chains are sealed every day, and what is done about it is kept.
-- A daily seal over the ends of all chains; one chain of its own over the seals. Belongs to the installation, as the chains do.
CREATE TABLE audit_seal (
  number INTEGER NOT NULL,
  sealed_at INTEGER NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT audit_seal_pk PRIMARY KEY (number),
  CONSTRAINT audit_seal_number_from_one CHECK (number >= 1)
) STRICT, WITHOUT ROWID;

-- The end of each chain that had grown since the seal before.
CREATE TABLE audit_seal_end (
  number INTEGER NOT NULL,
  writer_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT audit_seal_end_pk PRIMARY KEY (number, writer_id),
  CONSTRAINT audit_seal_end_seal_fk FOREIGN KEY (number) REFERENCES audit_seal (number),
  CONSTRAINT audit_seal_end_seq_from_one CHECK (seq >= 1)
) STRICT, WITHOUT ROWID;

-- 監査記録の点検: who looked through the trail of a month, and what was found
CREATE TABLE audit_review (
  region_id BLOB NOT NULL,
  id BLOB NOT NULL,
  month INTEGER NOT NULL,
  remark TEXT NOT NULL,
  reviewed_at INTEGER NOT NULL,
  reviewed_by BLOB NOT NULL,
  CONSTRAINT audit_review_pk PRIMARY KEY (region_id, id),
  CONSTRAINT audit_review_month_is_one CHECK (month % 100 BETWEEN 1 AND 12)
) STRICT, WITHOUT ROWID;

-- 緊急閲覧: somebody without relation opened a record in an emergency
CREATE TABLE break_glass (
  region_id BLOB NOT NULL,
  id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  patient_id BLOB NOT NULL,
  encounter_id BLOB,
  reason TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  CONSTRAINT break_glass_pk PRIMARY KEY (region_id, id),
  CONSTRAINT break_glass_ends_after_it_began CHECK (until_at > opened_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX break_glass_by_account ON break_glass (account_id, patient_id, until_at);

-- Nobody corrects the trail; a row that is wrong is followed by one that says so.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit_no_update'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit_no_delete'); END;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'audit_seal_no_update'); END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN SELECT RAISE(ABORT, 'audit_seal_no_delete'); END;
CREATE TRIGGER audit_seal_end_no_update BEFORE UPDATE ON audit_seal_end BEGIN SELECT RAISE(ABORT, 'audit_seal_end_no_update'); END;
CREATE TRIGGER audit_seal_end_no_delete BEFORE DELETE ON audit_seal_end BEGIN SELECT RAISE(ABORT, 'audit_seal_end_no_delete'); END;
CREATE TRIGGER audit_review_no_update BEFORE UPDATE ON audit_review BEGIN SELECT RAISE(ABORT, 'audit_review_no_update'); END;
CREATE TRIGGER audit_review_no_delete BEFORE DELETE ON audit_review BEGIN SELECT RAISE(ABORT, 'audit_review_no_delete'); END;
