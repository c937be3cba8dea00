-- 連絡の記録の取り消し: what was logged by mistake stays, and counts for nothing.
ALTER TABLE contact ADD COLUMN taken_back_at INTEGER;
ALTER TABLE contact ADD COLUMN taken_back_by BLOB
  CONSTRAINT contact_taken_back_by_whole CHECK ((taken_back_by IS NULL) = (taken_back_at IS NULL));
