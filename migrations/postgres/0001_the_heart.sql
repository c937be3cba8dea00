-- Tsunagi's tables. The other engine's file of the same name holds the same tables, columns and constraint names (tests/it/schema.rs).
CREATE TABLE region (
  id uuid NOT NULL,
  name text NOT NULL,
  agreement text NOT NULL,
  directory_version bigint NOT NULL DEFAULT 1,
  CONSTRAINT region_pk PRIMARY KEY (id)
);

-- 機関
CREATE TABLE organization (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  code text,
  phone text,
  districts jsonb NOT NULL,
  hours jsonb NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT organization_pk PRIMARY KEY (id),
  CONSTRAINT organization_region_fk FOREIGN KEY (region_id) REFERENCES region (id),
  CONSTRAINT organization_kind_known CHECK (kind IN ('hospital', 'care_office', 'support_centre', 'municipality', 'guest'))
);
CREATE INDEX organization_by_region ON organization (region_id);

CREATE TABLE ward (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  CONSTRAINT ward_pk PRIMARY KEY (id),
  CONSTRAINT ward_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id)
);
CREATE INDEX ward_by_region ON ward (region_id);

CREATE TABLE contact_point (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  ward_id uuid,
  use_for text NOT NULL,
  email text NOT NULL,
  CONSTRAINT contact_point_pk PRIMARY KEY (id),
  CONSTRAINT contact_point_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT contact_point_ward_fk FOREIGN KEY (ward_id) REFERENCES ward (id),
  CONSTRAINT contact_point_use_known CHECK (use_for IN ('first', 'second', 'coordination_desk', 'ward'))
);
CREATE INDEX contact_point_by_region ON contact_point (region_id);

CREATE TABLE care_manager (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  email text,
  CONSTRAINT care_manager_pk PRIMARY KEY (id),
  CONSTRAINT care_manager_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id)
);
CREATE INDEX care_manager_by_region ON care_manager (region_id);

CREATE TABLE account (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  ward_id uuid,
  care_manager_id uuid,
  login text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  password_hash text NOT NULL,
  failed_logins bigint NOT NULL,
  locked_until timestamptz,
  CONSTRAINT account_pk PRIMARY KEY (id),
  CONSTRAINT account_login_once UNIQUE (login),
  CONSTRAINT account_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT account_role_known CHECK (role IN ('ward_staff', 'coordinator', 'care_manager', 'municipality', 'auditor', 'administrator')),
  CONSTRAINT account_failed_logins_not_negative CHECK (failed_logins >= 0)
);

-- The token itself is only in the cookie; here stands its SHA-256.
CREATE TABLE session (
  token_hash bytea NOT NULL,
  region_id uuid NOT NULL,
  account_id uuid NOT NULL,
  csrf text NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT session_pk PRIMARY KEY (token_hash),
  CONSTRAINT session_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX session_by_expiry ON session (expires_at);

-- 本人
CREATE TABLE patient (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  name text NOT NULL,
  kana text COLLATE "C" NOT NULL,
  birth_on date NOT NULL,
  sex text NOT NULL,
  district text NOT NULL,
  insured_number text COLLATE "C",
  care_level text NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT patient_pk PRIMARY KEY (id),
  CONSTRAINT patient_region_fk FOREIGN KEY (region_id) REFERENCES region (id),
  CONSTRAINT patient_sex_known CHECK (sex IN ('female', 'male', 'other', 'unknown')),
  CONSTRAINT patient_care_level_known CHECK (care_level IN ('not_applied', 'applying', 'change_applied', 'not_eligible',
    'programme_target', 'support1', 'support2', 'care1', 'care2', 'care3', 'care4', 'care5'))
);
CREATE INDEX patient_by_kana ON patient (region_id, kana, id);
CREATE INDEX patient_by_insured_number ON patient (region_id, insured_number) WHERE insured_number IS NOT NULL;

-- 担当
CREATE TABLE care_team_member (
  patient_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  care_manager_id uuid NOT NULL,
  from_on date NOT NULL,
  until_on date,
  CONSTRAINT care_team_member_pk PRIMARY KEY (patient_id, id),
  CONSTRAINT care_team_member_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT care_team_member_care_manager_fk FOREIGN KEY (care_manager_id) REFERENCES care_manager (id),
  CONSTRAINT care_team_member_days_in_order CHECK (until_on IS NULL OR from_on <= until_on)
);
CREATE INDEX care_team_member_by_organization ON care_team_member (organization_id, patient_id);

-- 入院: what the events of the stay fold to
CREATE TABLE encounter (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  patient_id uuid NOT NULL,
  hospital_id uuid NOT NULL,
  ward_id uuid NOT NULL,
  state text NOT NULL,
  planned_on date,
  discharged_on date,
  destination text,
  admitted_at timestamptz NOT NULL,
  emergency boolean NOT NULL,
  version bigint NOT NULL,
  revision bigint NOT NULL,
  CONSTRAINT encounter_pk PRIMARY KEY (id),
  CONSTRAINT encounter_region_fk FOREIGN KEY (region_id) REFERENCES region (id),
  CONSTRAINT encounter_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT encounter_hospital_fk FOREIGN KEY (hospital_id) REFERENCES organization (id),
  CONSTRAINT encounter_ward_fk FOREIGN KEY (ward_id) REFERENCES ward (id),
  CONSTRAINT encounter_state_known CHECK (state IN ('in_progress', 'discharge_planned', 'discharged', 'cancelled', 'entered_in_error')),
  CONSTRAINT encounter_planned_on_iff_discharge_planned CHECK ((planned_on IS NOT NULL) = (state = 'discharge_planned')),
  CONSTRAINT encounter_discharged_on_iff_discharged CHECK ((discharged_on IS NOT NULL) = (state = 'discharged')),
  CONSTRAINT encounter_destination_iff_discharged CHECK ((destination IS NOT NULL) = (state = 'discharged')),
  CONSTRAINT encounter_destination_known CHECK (destination IN ('home', 'facility', 'other_hospital', 'died', 'other'))
);
CREATE INDEX encounter_by_patient ON encounter (patient_id);
CREATE INDEX encounter_by_hospital ON encounter (hospital_id, id);
CREATE INDEX encounter_by_region ON encounter (region_id, id);

-- 入退院の記録: append-only
CREATE TABLE encounter_event (
  encounter_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  event text NOT NULL,
  ward_id uuid,
  emergency boolean,
  respite boolean,
  planned_on date,
  discharged_on date,
  destination text,
  support_unchanged boolean,
  cancels_id uuid,
  entered_in_error boolean,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by uuid NOT NULL,
  note text,
  CONSTRAINT encounter_event_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT encounter_event_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT encounter_event_known CHECK (event IN ('admit', 'cancel_admit', 'transfer', 'pending_discharge',
    'cancel_pending_discharge', 'discharge', 'cancel_discharge')),
  CONSTRAINT encounter_event_ward_iff_admit_or_transfer CHECK ((ward_id IS NOT NULL) = (event IN ('admit', 'transfer'))),
  CONSTRAINT encounter_event_emergency_iff_admit CHECK ((emergency IS NOT NULL) = (event = 'admit')),
  CONSTRAINT encounter_event_respite_iff_admit CHECK ((respite IS NOT NULL) = (event = 'admit')),
  CONSTRAINT encounter_event_planned_on_iff_pending_discharge CHECK ((planned_on IS NOT NULL) = (event = 'pending_discharge')),
  CONSTRAINT encounter_event_discharged_on_iff_discharge CHECK ((discharged_on IS NOT NULL) = (event = 'discharge')),
  CONSTRAINT encounter_event_destination_iff_discharge CHECK ((destination IS NOT NULL) = (event = 'discharge')),
  CONSTRAINT encounter_event_support_iff_discharge CHECK ((support_unchanged IS NOT NULL) = (event = 'discharge')),
  CONSTRAINT encounter_event_cancels_iff_cancel CHECK ((cancels_id IS NOT NULL) = (event IN ('cancel_admit', 'cancel_pending_discharge', 'cancel_discharge'))),
  CONSTRAINT encounter_event_error_iff_cancel_admit CHECK ((entered_in_error IS NOT NULL) = (event = 'cancel_admit'))
);

-- 判定
CREATE TABLE screening (
  encounter_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  edition text NOT NULL,
  answers jsonb NOT NULL,
  facts jsonb NOT NULL,
  outcome jsonb NOT NULL,
  give_notice boolean,
  why text,
  screened_at timestamptz NOT NULL,
  screened_by uuid NOT NULL,
  CONSTRAINT screening_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT screening_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT screening_why_iff_decided CHECK ((why IS NOT NULL) = (give_notice IS NOT NULL))
);

-- 連絡
CREATE TABLE notice (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  encounter_id uuid NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  settled_at timestamptz,
  settled_by uuid,
  why text,
  replaced_with uuid,
  sender_id uuid NOT NULL,
  recipient_id uuid NOT NULL,
  care_manager_id uuid,
  because text NOT NULL,
  serial bigint NOT NULL,
  planned_on date,
  message text NOT NULL,
  screening_id uuid,
  replaces uuid,
  issued_at timestamptz NOT NULL,
  issued_by uuid NOT NULL,
  CONSTRAINT notice_pk PRIMARY KEY (id),
  CONSTRAINT notice_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT notice_recipient_fk FOREIGN KEY (recipient_id) REFERENCES organization (id),
  CONSTRAINT notice_serial_once UNIQUE (recipient_id, serial),
  CONSTRAINT notice_serial_given CHECK (serial > 0),
  CONSTRAINT notice_kind_known CHECK (kind IN ('admission', 'admission_information', 'planned_discharge', 'discharge')),
  CONSTRAINT notice_state_known CHECK (state IN ('issued', 'acknowledged', 'declined', 'withdrawn', 'replaced')),
  CONSTRAINT notice_because_known CHECK (because IN ('care_manager', 'support_centre_of_district', 'municipality', 'hospital_of_stay', 'named_by_receiver')),
  CONSTRAINT notice_settled_at_iff_not_issued CHECK ((settled_at IS NOT NULL) = (state <> 'issued')),
  CONSTRAINT notice_settled_by_iff_not_issued CHECK ((settled_by IS NOT NULL) = (state <> 'issued')),
  CONSTRAINT notice_why_iff_withdrawn CHECK ((why IS NOT NULL) = (state = 'withdrawn')),
  CONSTRAINT notice_replaced_with_iff_replaced CHECK ((replaced_with IS NOT NULL) = (state = 'replaced'))
);
CREATE INDEX notice_by_encounter ON notice (encounter_id);
CREATE INDEX notice_by_sender ON notice (sender_id, id);

-- The last number of each receiving organization (第n号).
CREATE TABLE serial_counter (
  organization_id uuid NOT NULL,
  region_id uuid NOT NULL,
  last bigint NOT NULL,
  CONSTRAINT serial_counter_pk PRIMARY KEY (organization_id)
);

-- 受領確認
CREATE TABLE acknowledgement (
  notice_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  encounter_id uuid NOT NULL,
  answer text NOT NULL,
  other_office_id uuid,
  acknowledged_at timestamptz NOT NULL,
  acknowledged_by uuid NOT NULL,
  CONSTRAINT acknowledgement_pk PRIMARY KEY (notice_id, id),
  CONSTRAINT acknowledgement_notice_fk FOREIGN KEY (notice_id) REFERENCES notice (id),
  CONSTRAINT acknowledgement_answer_known CHECK (answer IN ('accepted', 'not_our_client', 'other_office', 'away')),
  CONSTRAINT acknowledgement_office_iff_other_office CHECK ((other_office_id IS NOT NULL) = (answer = 'other_office'))
);

CREATE TABLE reading (
  notice_id uuid NOT NULL,
  account_id uuid NOT NULL,
  region_id uuid NOT NULL,
  first_read_at timestamptz NOT NULL,
  CONSTRAINT reading_pk PRIMARY KEY (notice_id, account_id),
  CONSTRAINT reading_notice_fk FOREIGN KEY (notice_id) REFERENCES notice (id)
);

-- 連絡の記録
CREATE TABLE contact (
  encounter_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  kind text NOT NULL,
  medium text NOT NULL,
  by_organization_id uuid NOT NULL,
  with_whom text NOT NULL,
  told_on date,
  planned_on date,
  receipt_confirmed boolean NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by uuid NOT NULL,
  CONSTRAINT contact_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT contact_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT contact_kind_known CHECK (kind IN ('admission', 'admission_information', 'planned_discharge', 'discharge')),
  CONSTRAINT contact_medium_known CHECK (medium IN ('visit', 'phone', 'fax', 'mail', 'post', 'meeting', 'other'))
);

-- 期限
CREATE TABLE deadline (
  encounter_id uuid NOT NULL,
  rule text NOT NULL,
  subject uuid NOT NULL,
  due_on date NOT NULL,
  region_id uuid NOT NULL,
  planned_on date,
  known_at timestamptz NOT NULL,
  verdict text NOT NULL,
  days bigint,
  excuse text,
  open boolean NOT NULL,
  next_at timestamptz,
  organization_id uuid NOT NULL,
  set_aside text,
  set_aside_at timestamptz,
  CONSTRAINT deadline_pk PRIMARY KEY (encounter_id, rule, subject, due_on),
  CONSTRAINT deadline_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT deadline_rule_known CHECK (rule IN ('discharge_notice', 'acknowledgement')),
  CONSTRAINT deadline_verdict_known CHECK (verdict IN ('not_due', 'due', 'met', 'late', 'missed', 'impossible', 'excused')),
  CONSTRAINT deadline_days_iff_told CHECK ((days IS NOT NULL) = (verdict IN ('met', 'late'))),
  CONSTRAINT deadline_excuse_iff_excused CHECK ((excuse IS NOT NULL) = (verdict = 'excused')),
  CONSTRAINT deadline_excuse_known CHECK (excuse IN ('not_required', 'date_moved', 'cancelled', 'excluded', 'taken_back'))
);
-- The sweep's whole cost: only what is open, in the order in which it comes due.
CREATE INDEX deadline_due ON deadline (next_at) WHERE open AND set_aside IS NULL;
CREATE INDEX deadline_overdue ON deadline (region_id, due_on) WHERE verdict IN ('missed', 'impossible') AND open;
CREATE INDEX deadline_set_aside ON deadline (region_id) WHERE set_aside IS NOT NULL;

-- 警告
CREATE TABLE warning (
  encounter_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  rule text NOT NULL,
  subject uuid NOT NULL,
  due_on date NOT NULL,
  level text NOT NULL,
  warned_at timestamptz NOT NULL,
  CONSTRAINT warning_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT warning_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT warning_once UNIQUE (encounter_id, rule, subject, due_on, level),
  CONSTRAINT warning_rule_known CHECK (rule IN ('discharge_notice', 'acknowledgement'))
);
CREATE INDEX warning_by_region ON warning (region_id, id);

-- 配信: the outbox
CREATE TABLE delivery (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  encounter_id uuid,
  notice_id uuid,
  warning_id uuid,
  email text NOT NULL,
  letter jsonb NOT NULL,
  state text NOT NULL,
  attempts bigint NOT NULL,
  next_attempt_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz NOT NULL,
  lease_worker uuid,
  lease_until timestamptz,
  CONSTRAINT delivery_pk PRIMARY KEY (id),
  CONSTRAINT delivery_state_known CHECK (state IN ('pending', 'delivered', 'given_up')),
  CONSTRAINT delivery_next_attempt_iff_pending CHECK ((next_attempt_at IS NOT NULL) = (state = 'pending')),
  CONSTRAINT delivery_finished_iff_not_pending CHECK ((finished_at IS NOT NULL) = (state <> 'pending')),
  CONSTRAINT delivery_lease_whole CHECK ((lease_worker IS NULL) = (lease_until IS NULL)),
  CONSTRAINT delivery_lease_only_pending CHECK (lease_worker IS NULL OR state = 'pending'),
  CONSTRAINT delivery_attempts_not_negative CHECK (attempts >= 0)
);
-- Office by office, so that a claim is fair.
CREATE INDEX delivery_pending_by_organization ON delivery (organization_id, next_attempt_at, id) WHERE state = 'pending';
CREATE INDEX delivery_by_notice ON delivery (notice_id) WHERE notice_id IS NOT NULL;

CREATE TABLE attempt (
  delivery_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  attempted_at timestamptz NOT NULL,
  response text NOT NULL,
  code bigint,
  detail text,
  CONSTRAINT attempt_pk PRIMARY KEY (delivery_id, id),
  CONSTRAINT attempt_delivery_fk FOREIGN KEY (delivery_id) REFERENCES delivery (id),
  CONSTRAINT attempt_response_known CHECK (response IN ('ok', 'transient_error', 'fatal_error')),
  CONSTRAINT attempt_detail_iff_error CHECK ((detail IS NOT NULL) = (response <> 'ok'))
);

-- 入退院連絡調査: one row a stay, and the counts that every change keeps true
CREATE TABLE survey_fact (
  encounter_id uuid NOT NULL,
  region_id uuid NOT NULL,
  hospital_id uuid NOT NULL,
  office_id uuid,
  care_group text NOT NULL,
  admitted_on date NOT NULL,
  admission_method text,
  admission_exclusion text,
  discharged_on date,
  discharge_method text,
  lead text,
  discharge_exclusion text,
  CONSTRAINT survey_fact_pk PRIMARY KEY (encounter_id),
  CONSTRAINT survey_fact_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT survey_fact_care_group_known CHECK (care_group IN ('care', 'support', 'other')),
  CONSTRAINT survey_fact_lead_iff_discharge_told CHECK ((lead IS NOT NULL) = (discharge_method IS NOT NULL)),
  CONSTRAINT survey_fact_told_only_discharged CHECK (discharge_method IS NULL OR discharged_on IS NOT NULL),
  CONSTRAINT survey_fact_excluded_only_discharged CHECK (discharge_exclusion IS NULL OR discharged_on IS NOT NULL)
);

-- An absent part of the key is '' (or the nil id), because neither engine holds NULLs equal in a key by default.
CREATE TABLE survey_cell (
  region_id uuid NOT NULL,
  measure text NOT NULL,
  month bigint NOT NULL,
  side text NOT NULL,
  party_id uuid NOT NULL,
  care_group text NOT NULL,
  method text NOT NULL,
  lead text NOT NULL,
  exclusion text NOT NULL,
  stays bigint NOT NULL,
  CONSTRAINT survey_cell_pk PRIMARY KEY (region_id, month, measure, side, party_id, care_group, method, lead, exclusion),
  CONSTRAINT survey_cell_measure_known CHECK (measure IN ('admission', 'discharge')),
  CONSTRAINT survey_cell_side_known CHECK (side IN ('hospital', 'office')),
  CONSTRAINT survey_cell_month_is_one CHECK (month % 100 BETWEEN 1 AND 12),
  CONSTRAINT survey_cell_lead_iff_discharge_told CHECK ((lead <> '') = (measure = 'discharge' AND method <> ''))
);

-- Text, not JSON: a published year keeps its bytes.
CREATE TABLE published_survey (
  region_id uuid NOT NULL,
  id text NOT NULL,
  report text NOT NULL,
  published_at timestamptz NOT NULL,
  CONSTRAINT published_survey_pk PRIMARY KEY (region_id, id)
);

-- The cabinet office's holiday table as loaded; the latest is in force. Belongs to the installation.
CREATE TABLE calendar_file (
  loaded_at timestamptz NOT NULL,
  loaded_by uuid NOT NULL,
  csv bytea NOT NULL,
  CONSTRAINT calendar_file_pk PRIMARY KEY (loaded_at)
);

-- 監査: one chain a writer
CREATE TABLE audit (
  writer_id uuid NOT NULL,
  seq bigint NOT NULL,
  region_id uuid NOT NULL,
  audited_at timestamptz NOT NULL,
  account_id uuid,
  organization_id uuid,
  patient_id uuid,
  encounter_id uuid,
  notice_id uuid,
  action text NOT NULL,
  request_id uuid NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_pk PRIMARY KEY (writer_id, seq),
  CONSTRAINT audit_seq_from_one CHECK (seq >= 1)
);
CREATE INDEX audit_by_patient ON audit (patient_id, audited_at) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_by_time ON audit (region_id, audited_at);

CREATE TABLE idempotency (
  account_id uuid NOT NULL,
  key text NOT NULL,
  region_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  status bigint NOT NULL,
  body text NOT NULL,
  location text,
  encounter_id uuid,
  created_at timestamptz NOT NULL,
  CONSTRAINT idempotency_pk PRIMARY KEY (account_id, key)
);

-- Bookkeeping of the instance's own work; belongs to no region.
CREATE TABLE sweep (
  id bigint NOT NULL,
  swept_at timestamptz NOT NULL,
  CONSTRAINT sweep_pk PRIMARY KEY (id),
  CONSTRAINT sweep_only_one CHECK (id = 1)
);
CREATE TABLE job_run (
  name text NOT NULL,
  claimed_at timestamptz NOT NULL,
  CONSTRAINT job_run_pk PRIMARY KEY (name)
);
