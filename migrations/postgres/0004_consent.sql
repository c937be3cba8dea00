-- 同意と法令: consent, disclosures, retention.
-- What the consents on sharing come to stands with the person: a decision reads it without reading them.
ALTER TABLE patient ADD COLUMN sharing text NOT NULL DEFAULT 'none'
  CONSTRAINT patient_sharing_known CHECK (sharing IN ('none', 'care', 'everyone'));
-- Notices from before carried everything.
ALTER TABLE notice ADD COLUMN content text NOT NULL DEFAULT 'full'
  CONSTRAINT notice_content_known CHECK (content IN ('full', 'minimal'));

-- 同意: append-only
CREATE TABLE consent (
  patient_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  kind text NOT NULL,
  act text NOT NULL,
  scope text,
  given_by text NOT NULL,
  way text NOT NULL,
  declared_on date NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by uuid NOT NULL,
  organization_id uuid NOT NULL,
  CONSTRAINT consent_pk PRIMARY KEY (patient_id, id),
  CONSTRAINT consent_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT consent_kind_known CHECK (kind IN ('information_sharing', 'survey')),
  CONSTRAINT consent_act_known CHECK (act IN ('given', 'withdrawn')),
  CONSTRAINT consent_scope_iff_given CHECK ((scope IS NOT NULL) = (act = 'given')),
  CONSTRAINT consent_scope_known CHECK (scope IN ('care', 'everyone')),
  CONSTRAINT consent_given_by_known CHECK (given_by IN ('person', 'family', 'representative')),
  CONSTRAINT consent_way_known CHECK (way IN ('written', 'oral'))
);

-- 第三者提供の記録, of what is neither a notice nor a contact: append-only
CREATE TABLE disclosure (
  patient_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  occasion text NOT NULL,
  to_whom text NOT NULL,
  items jsonb NOT NULL,
  disclosed_at timestamptz NOT NULL,
  disclosed_by uuid NOT NULL,
  organization_id uuid NOT NULL,
  CONSTRAINT disclosure_pk PRIMARY KEY (patient_id, id),
  CONSTRAINT disclosure_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT disclosure_occasion_known CHECK (occasion IN ('notice', 'information_sheet', 'outside_word', 'export'))
);

-- 保全
CREATE TABLE legal_hold (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  patient_id uuid NOT NULL,
  encounter_id uuid,
  why text NOT NULL,
  held_at timestamptz NOT NULL,
  held_by uuid NOT NULL,
  lifted_at timestamptz,
  lifted_by uuid,
  lifted_why text,
  CONSTRAINT legal_hold_pk PRIMARY KEY (id),
  CONSTRAINT legal_hold_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT legal_hold_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT legal_hold_lifted_by_whole CHECK ((lifted_by IS NULL) = (lifted_at IS NULL)),
  CONSTRAINT legal_hold_lifted_why_whole CHECK ((lifted_why IS NULL) = (lifted_at IS NULL))
);
CREATE INDEX legal_hold_by_patient ON legal_hold (patient_id);
CREATE INDEX legal_hold_by_region ON legal_hold (region_id, id);

-- What a purge let go, in numbers: JSON, as printed.
CREATE TABLE purge (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  purged_at timestamptz NOT NULL,
  ended_before_on date NOT NULL,
  gone text NOT NULL,
  CONSTRAINT purge_pk PRIMARY KEY (region_id, id)
);
