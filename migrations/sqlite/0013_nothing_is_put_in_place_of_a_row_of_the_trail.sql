-- `INSERT OR REPLACE` takes a row away without asking the triggers that refuse to change or delete one. Where the key stands already, nothing
-- is inserted. `audit` alone has a number of its own beside its key; of a row that names none it is -1 here.
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
  WHEN EXISTS (SELECT 1 FROM audit AS a WHERE a.writer_id = NEW.writer_id AND a.seq = NEW.seq)
    OR (NEW.rowid > 0 AND EXISTS (SELECT 1 FROM audit AS a WHERE a.rowid = NEW.rowid))
  BEGIN SELECT RAISE(ABORT, 'audit_no_replace'); END;
CREATE TRIGGER audit_seal_no_replace BEFORE INSERT ON audit_seal
  WHEN EXISTS (SELECT 1 FROM audit_seal AS s WHERE s.number = NEW.number)
  BEGIN SELECT RAISE(ABORT, 'audit_seal_no_replace'); END;
CREATE TRIGGER audit_seal_end_no_replace BEFORE INSERT ON audit_seal_end
  WHEN EXISTS (SELECT 1 FROM audit_seal_end AS e WHERE e.number = NEW.number AND e.writer_id = NEW.writer_id)
  BEGIN SELECT RAISE(ABORT, 'audit_seal_end_no_replace'); END;
CREATE TRIGGER audit_review_no_replace BEFORE INSERT ON audit_review
  WHEN EXISTS (SELECT 1 FROM audit_review AS r WHERE r.region_id = NEW.region_id AND r.id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'audit_review_no_replace'); END;
