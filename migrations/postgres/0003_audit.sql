-- The audit trail can't be bent: its rows are only ever added, its chains are sealed every day, and what is done about it is kept.
-- A daily seal over the ends of all chains; one chain of its own over the seals. Belongs to the installation, as the chains do.
CREATE TABLE audit_seal (
  number bigint NOT NULL,
  sealed_at timestamptz NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_seal_pk PRIMARY KEY (number),
  CONSTRAINT audit_seal_number_from_one CHECK (number >= 1)
);

-- The end of each chain that had grown since the seal before.
CREATE TABLE audit_seal_end (
  number bigint NOT NULL,
  writer_id uuid NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_seal_end_pk PRIMARY KEY (number, writer_id),
  CONSTRAINT audit_seal_end_seal_fk FOREIGN KEY (number) REFERENCES audit_seal (number),
  CONSTRAINT audit_seal_end_seq_from_one CHECK (seq >= 1)
);

-- 監査記録の点検: who looked through the trail of a month, and what was found
CREATE TABLE audit_review (
  region_id uuid NOT NULL,
  id uuid NOT NULL,
  month bigint NOT NULL,
  remark text NOT NULL,
  reviewed_at timestamptz NOT NULL,
  reviewed_by uuid NOT NULL,
  CONSTRAINT audit_review_pk PRIMARY KEY (region_id, id),
  CONSTRAINT audit_review_month_is_one CHECK (month % 100 BETWEEN 1 AND 12)
);

-- 緊急閲覧: somebody without relation opened a record in an emergency
CREATE TABLE break_glass (
  region_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  patient_id uuid NOT NULL,
  encounter_id uuid,
  reason text NOT NULL,
  opened_at timestamptz NOT NULL,
  until_at timestamptz NOT NULL,
  CONSTRAINT break_glass_pk PRIMARY KEY (region_id, id),
  CONSTRAINT break_glass_ends_after_it_began CHECK (until_at > opened_at)
);
CREATE INDEX break_glass_by_account ON break_glass (account_id, patient_id, until_at);

-- Nobody corrects the trail; a row that is wrong is followed by one that says so.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_NAME USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END
$$;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_end_no_update BEFORE UPDATE ON audit_seal_end FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_end_no_delete BEFORE DELETE ON audit_seal_end FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_end_no_truncate BEFORE TRUNCATE ON audit_seal_end FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_review_no_update BEFORE UPDATE ON audit_review FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_review_no_delete BEFORE DELETE ON audit_review FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_review_no_truncate BEFORE TRUNCATE ON audit_review FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
