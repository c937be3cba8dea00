-- Tsunagi's tables. The other engine's file of the same name holds the same tables, columns and constraint names (tests/it/schema.rs).
-- Ids are 16 bytes, civil days YYYY-MM-DD, instants whole microseconds since 1970 UTC, booleans 0 or 1.
-- Small rows that are found by their key stand in the key's own tree (WITHOUT ROWID). What every filing adds is appended in the order in
-- which it comes, and found through indexes: rows of a thousand bytes in a tree of random keys cost a page or two each, and one beside it.
CREATE TABLE region (
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  agreement TEXT NOT NULL,
  directory_version INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT region_pk PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- 機関
CREATE TABLE organization (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  code TEXT,
  phone TEXT,
  districts TEXT CHECK (json_valid(districts)) NOT NULL,
  hours TEXT CHECK (json_valid(hours)) NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT organization_pk PRIMARY KEY (id),
  CONSTRAINT organization_region_fk FOREIGN KEY (region_id) REFERENCES region (id),
  CONSTRAINT organization_kind_known CHECK (kind IN ('hospital', 'care_office', 'support_centre', 'municipality', 'guest'))
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_by_region ON organization (region_id);

CREATE TABLE ward (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT ward_pk PRIMARY KEY (id),
  CONSTRAINT ward_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ward_by_region ON ward (region_id);

CREATE TABLE contact_point (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  ward_id BLOB,
  use_for TEXT NOT NULL,
  email TEXT NOT NULL,
  CONSTRAINT contact_point_pk PRIMARY KEY (id),
  CONSTRAINT contact_point_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT contact_point_ward_fk FOREIGN KEY (ward_id) REFERENCES ward (id),
  CONSTRAINT contact_point_use_known CHECK (use_for IN ('first', 'second', 'coordination_desk', 'ward'))
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_point_by_region ON contact_point (region_id);

CREATE TABLE care_manager (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  name TEXT NOT NULL,
  email TEXT,
  CONSTRAINT care_manager_pk PRIMARY KEY (id),
  CONSTRAINT care_manager_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX care_manager_by_region ON care_manager (region_id);

CREATE TABLE account (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  ward_id BLOB,
  care_manager_id BLOB,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  failed_logins INTEGER NOT NULL,
  locked_until INTEGER,
  CONSTRAINT account_pk PRIMARY KEY (id),
  CONSTRAINT account_login_once UNIQUE (login),
  CONSTRAINT account_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT account_role_known CHECK (role IN ('ward_staff', 'coordinator', 'care_manager', 'municipality', 'auditor', 'administrator')),
  CONSTRAINT account_failed_logins_not_negative CHECK (failed_logins >= 0)
) STRICT, WITHOUT ROWID;

-- The token itself is only in the cookie; here stands its SHA-256.
CREATE TABLE session (
  token_hash BLOB NOT NULL,
  region_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  csrf TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CONSTRAINT session_pk PRIMARY KEY (token_hash),
  CONSTRAINT session_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_expiry ON session (expires_at);

-- 本人
CREATE TABLE patient (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  name TEXT NOT NULL,
  kana TEXT NOT NULL,
  birth_on TEXT CHECK (birth_on IS date(birth_on)) NOT NULL,
  sex TEXT NOT NULL,
  district TEXT NOT NULL,
  insured_number TEXT,
  care_level TEXT NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT patient_pk PRIMARY KEY (id),
  CONSTRAINT patient_region_fk FOREIGN KEY (region_id) REFERENCES region (id),
  CONSTRAINT patient_sex_known CHECK (sex IN ('female', 'male', 'other', 'unknown')),
  CONSTRAINT patient_care_level_known CHECK (care_level IN ('not_applied', 'applying', 'change_applied', 'not_eligible',
    'programme_target', 'support1', 'support2', 'care1', 'care2', 'care3', 'care4', 'care5'))
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_by_kana ON patient (region_id, kana, id);
CREATE INDEX patient_by_insured_number ON patient (region_id, insured_number) WHERE insured_number IS NOT NULL;

-- 担当
CREATE TABLE care_team_member (
  patient_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  care_manager_id BLOB NOT NULL,
  from_on TEXT CHECK (from_on IS date(from_on)) NOT NULL,
  until_on TEXT CHECK (until_on IS date(until_on)),
  CONSTRAINT care_team_member_pk PRIMARY KEY (patient_id, id),
  CONSTRAINT care_team_member_patient_fk FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT care_team_member_care_manager_fk FOREIGN KEY (care_manager_id) REFERENCES care_manager (id),
  CONSTRAINT care_team_member_days_in_order CHECK (until_on IS NULL OR from_on <= until_on)
) STRICT, WITHOUT ROWID;
CREATE INDEX care_team_member_by_organization ON care_team_member (organization_id, patient_id);

-- 入院: what the events of the stay fold to
CREATE TABLE encounter (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  patient_id BLOB NOT NULL,
  hospital_id BLOB NOT NULL,
  ward_id BLOB NOT NULL,
  state TEXT NOT NULL,
  planned_on TEXT CHECK (planned_on IS date(planned_on)),
  discharged_on TEXT CHECK (discharged_on IS date(discharged_on)),
  destination TEXT,
  admitted_at INTEGER NOT NULL,
  emergency INTEGER CHECK (emergency IN (0, 1)) NOT NULL,
  version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
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
) STRICT, WITHOUT ROWID;
CREATE INDEX encounter_by_patient ON encounter (patient_id);
CREATE INDEX encounter_by_hospital ON encounter (hospital_id, id);
CREATE INDEX encounter_by_region ON encounter (region_id, id);

-- 入退院の記録: append-only
CREATE TABLE encounter_event (
  encounter_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  event TEXT NOT NULL,
  ward_id BLOB,
  emergency INTEGER CHECK (emergency IN (0, 1)),
  respite INTEGER CHECK (respite IN (0, 1)),
  planned_on TEXT CHECK (planned_on IS date(planned_on)),
  discharged_on TEXT CHECK (discharged_on IS date(discharged_on)),
  destination TEXT,
  support_unchanged INTEGER CHECK (support_unchanged IN (0, 1)),
  cancels_id BLOB,
  entered_in_error INTEGER CHECK (entered_in_error IN (0, 1)),
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by BLOB NOT NULL,
  note TEXT,
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
) STRICT;

-- 判定
CREATE TABLE screening (
  encounter_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  edition TEXT NOT NULL,
  answers TEXT CHECK (json_valid(answers)) NOT NULL,
  facts TEXT CHECK (json_valid(facts)) NOT NULL,
  outcome TEXT CHECK (json_valid(outcome)) NOT NULL,
  give_notice INTEGER CHECK (give_notice IN (0, 1)),
  why TEXT,
  screened_at INTEGER NOT NULL,
  screened_by BLOB NOT NULL,
  CONSTRAINT screening_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT screening_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT screening_why_iff_decided CHECK ((why IS NOT NULL) = (give_notice IS NOT NULL))
) STRICT;

-- 連絡
CREATE TABLE notice (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  encounter_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  settled_at INTEGER,
  settled_by BLOB,
  why TEXT,
  replaced_with BLOB,
  sender_id BLOB NOT NULL,
  recipient_id BLOB NOT NULL,
  care_manager_id BLOB,
  because TEXT NOT NULL,
  serial INTEGER NOT NULL,
  planned_on TEXT CHECK (planned_on IS date(planned_on)),
  message TEXT NOT NULL,
  screening_id BLOB,
  replaces BLOB,
  issued_at INTEGER NOT NULL,
  issued_by BLOB NOT NULL,
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
) STRICT;
CREATE INDEX notice_by_encounter ON notice (encounter_id);
CREATE INDEX notice_by_sender ON notice (sender_id, id);

-- The last number of each receiving organization (第n号).
CREATE TABLE serial_counter (
  organization_id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  last INTEGER NOT NULL,
  CONSTRAINT serial_counter_pk PRIMARY KEY (organization_id)
) STRICT, WITHOUT ROWID;

-- 受領確認
CREATE TABLE acknowledgement (
  notice_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  encounter_id BLOB NOT NULL,
  answer TEXT NOT NULL,
  other_office_id BLOB,
  acknowledged_at INTEGER NOT NULL,
  acknowledged_by BLOB NOT NULL,
  CONSTRAINT acknowledgement_pk PRIMARY KEY (notice_id, id),
  CONSTRAINT acknowledgement_notice_fk FOREIGN KEY (notice_id) REFERENCES notice (id),
  CONSTRAINT acknowledgement_answer_known CHECK (answer IN ('accepted', 'not_our_client', 'other_office', 'away')),
  CONSTRAINT acknowledgement_office_iff_other_office CHECK ((other_office_id IS NOT NULL) = (answer = 'other_office'))
) STRICT, WITHOUT ROWID;

CREATE TABLE reading (
  notice_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  first_read_at INTEGER NOT NULL,
  CONSTRAINT reading_pk PRIMARY KEY (notice_id, account_id),
  CONSTRAINT reading_notice_fk FOREIGN KEY (notice_id) REFERENCES notice (id)
) STRICT, WITHOUT ROWID;

-- 連絡の記録
CREATE TABLE contact (
  encounter_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  medium TEXT NOT NULL,
  by_organization_id BLOB NOT NULL,
  with_whom TEXT NOT NULL,
  told_on TEXT CHECK (told_on IS date(told_on)),
  planned_on TEXT CHECK (planned_on IS date(planned_on)),
  receipt_confirmed INTEGER CHECK (receipt_confirmed IN (0, 1)) NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by BLOB NOT NULL,
  CONSTRAINT contact_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT contact_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT contact_kind_known CHECK (kind IN ('admission', 'admission_information', 'planned_discharge', 'discharge')),
  CONSTRAINT contact_medium_known CHECK (medium IN ('visit', 'phone', 'fax', 'mail', 'post', 'meeting', 'other'))
) STRICT, WITHOUT ROWID;

-- 期限
CREATE TABLE deadline (
  encounter_id BLOB NOT NULL,
  rule TEXT NOT NULL,
  subject BLOB NOT NULL,
  due_on TEXT CHECK (due_on IS date(due_on)) NOT NULL,
  region_id BLOB NOT NULL,
  planned_on TEXT CHECK (planned_on IS date(planned_on)),
  known_at INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  days INTEGER,
  excuse TEXT,
  open INTEGER CHECK (open IN (0, 1)) NOT NULL,
  next_at INTEGER,
  organization_id BLOB NOT NULL,
  set_aside TEXT,
  set_aside_at INTEGER,
  CONSTRAINT deadline_pk PRIMARY KEY (encounter_id, rule, subject, due_on),
  CONSTRAINT deadline_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT deadline_rule_known CHECK (rule IN ('discharge_notice', 'acknowledgement')),
  CONSTRAINT deadline_verdict_known CHECK (verdict IN ('not_due', 'due', 'met', 'late', 'missed', 'impossible', 'excused')),
  CONSTRAINT deadline_days_iff_told CHECK ((days IS NOT NULL) = (verdict IN ('met', 'late'))),
  CONSTRAINT deadline_excuse_iff_excused CHECK ((excuse IS NOT NULL) = (verdict = 'excused')),
  CONSTRAINT deadline_excuse_known CHECK (excuse IN ('not_required', 'date_moved', 'cancelled', 'excluded', 'taken_back'))
) STRICT;
-- The sweep's whole cost: only what is open, in the order in which it comes due.
CREATE INDEX deadline_due ON deadline (next_at) WHERE open AND set_aside IS NULL;
CREATE INDEX deadline_overdue ON deadline (region_id, due_on) WHERE verdict IN ('missed', 'impossible') AND open;
CREATE INDEX deadline_set_aside ON deadline (region_id) WHERE set_aside IS NOT NULL;

-- 警告
CREATE TABLE warning (
  encounter_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  rule TEXT NOT NULL,
  subject BLOB NOT NULL,
  due_on TEXT CHECK (due_on IS date(due_on)) NOT NULL,
  level TEXT NOT NULL,
  warned_at INTEGER NOT NULL,
  CONSTRAINT warning_pk PRIMARY KEY (encounter_id, id),
  CONSTRAINT warning_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT warning_once UNIQUE (encounter_id, rule, subject, due_on, level),
  CONSTRAINT warning_rule_known CHECK (rule IN ('discharge_notice', 'acknowledgement'))
) STRICT, WITHOUT ROWID;
CREATE INDEX warning_by_region ON warning (region_id, id);

-- 配信: the outbox
CREATE TABLE delivery (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  encounter_id BLOB,
  notice_id BLOB,
  warning_id BLOB,
  email TEXT NOT NULL,
  letter TEXT CHECK (json_valid(letter)) NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER,
  finished_at INTEGER,
  created_at INTEGER NOT NULL,
  lease_worker BLOB,
  lease_until INTEGER,
  CONSTRAINT delivery_pk PRIMARY KEY (id),
  CONSTRAINT delivery_state_known CHECK (state IN ('pending', 'delivered', 'given_up')),
  CONSTRAINT delivery_next_attempt_iff_pending CHECK ((next_attempt_at IS NOT NULL) = (state = 'pending')),
  CONSTRAINT delivery_finished_iff_not_pending CHECK ((finished_at IS NOT NULL) = (state <> 'pending')),
  CONSTRAINT delivery_lease_whole CHECK ((lease_worker IS NULL) = (lease_until IS NULL)),
  CONSTRAINT delivery_lease_only_pending CHECK (lease_worker IS NULL OR state = 'pending'),
  CONSTRAINT delivery_attempts_not_negative CHECK (attempts >= 0)
) STRICT;
-- Office by office, so that a claim is fair.
CREATE INDEX delivery_pending_by_organization ON delivery (organization_id, next_attempt_at, id) WHERE state = 'pending';
CREATE INDEX delivery_by_notice ON delivery (notice_id) WHERE notice_id IS NOT NULL;

CREATE TABLE attempt (
  delivery_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  attempted_at INTEGER NOT NULL,
  response TEXT NOT NULL,
  code INTEGER,
  detail TEXT,
  CONSTRAINT attempt_pk PRIMARY KEY (delivery_id, id),
  CONSTRAINT attempt_delivery_fk FOREIGN KEY (delivery_id) REFERENCES delivery (id),
  CONSTRAINT attempt_response_known CHECK (response IN ('ok', 'transient_error', 'fatal_error')),
  CONSTRAINT attempt_detail_iff_error CHECK ((detail IS NOT NULL) = (response <> 'ok'))
) STRICT, WITHOUT ROWID;

-- 入退院連絡調査: one row a stay, and the counts that every change keeps true
CREATE TABLE survey_fact (
  encounter_id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  hospital_id BLOB NOT NULL,
  office_id BLOB,
  care_group TEXT NOT NULL,
  admitted_on TEXT CHECK (admitted_on IS date(admitted_on)) NOT NULL,
  admission_method TEXT,
  admission_exclusion TEXT,
  discharged_on TEXT CHECK (discharged_on IS date(discharged_on)),
  discharge_method TEXT,
  lead TEXT,
  discharge_exclusion TEXT,
  CONSTRAINT survey_fact_pk PRIMARY KEY (encounter_id),
  CONSTRAINT survey_fact_encounter_fk FOREIGN KEY (encounter_id) REFERENCES encounter (id),
  CONSTRAINT survey_fact_care_group_known CHECK (care_group IN ('care', 'support', 'other')),
  CONSTRAINT survey_fact_lead_iff_discharge_told CHECK ((lead IS NOT NULL) = (discharge_method IS NOT NULL)),
  CONSTRAINT survey_fact_told_only_discharged CHECK (discharge_method IS NULL OR discharged_on IS NOT NULL),
  CONSTRAINT survey_fact_excluded_only_discharged CHECK (discharge_exclusion IS NULL OR discharged_on IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- An absent part of the key is '' (or the nil id), because neither engine holds NULLs equal in a key by default.
CREATE TABLE survey_cell (
  region_id BLOB NOT NULL,
  measure TEXT NOT NULL,
  month INTEGER NOT NULL,
  side TEXT NOT NULL,
  party_id BLOB NOT NULL,
  care_group TEXT NOT NULL,
  method TEXT NOT NULL,
  lead TEXT NOT NULL,
  exclusion TEXT NOT NULL,
  stays INTEGER NOT NULL,
  CONSTRAINT survey_cell_pk PRIMARY KEY (region_id, month, measure, side, party_id, care_group, method, lead, exclusion),
  CONSTRAINT survey_cell_measure_known CHECK (measure IN ('admission', 'discharge')),
  CONSTRAINT survey_cell_side_known CHECK (side IN ('hospital', 'office')),
  CONSTRAINT survey_cell_month_is_one CHECK (month % 100 BETWEEN 1 AND 12),
  CONSTRAINT survey_cell_lead_iff_discharge_told CHECK ((lead <> '') = (measure = 'discharge' AND method <> ''))
) STRICT, WITHOUT ROWID;

-- Text, not JSON: a published year keeps its bytes.
CREATE TABLE published_survey (
  region_id BLOB NOT NULL,
  id TEXT NOT NULL,
  report TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  CONSTRAINT published_survey_pk PRIMARY KEY (region_id, id)
) STRICT, WITHOUT ROWID;

-- The cabinet office's holiday table as loaded; the latest is in force. Belongs to the installation.
CREATE TABLE calendar_file (
  loaded_at INTEGER NOT NULL,
  loaded_by BLOB NOT NULL,
  csv BLOB NOT NULL,
  CONSTRAINT calendar_file_pk PRIMARY KEY (loaded_at)
) STRICT, WITHOUT ROWID;

-- 監査: one chain a writer
CREATE TABLE audit (
  writer_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  region_id BLOB NOT NULL,
  audited_at INTEGER NOT NULL,
  account_id BLOB,
  organization_id BLOB,
  patient_id BLOB,
  encounter_id BLOB,
  notice_id BLOB,
  action TEXT NOT NULL,
  request_id BLOB NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT audit_pk PRIMARY KEY (writer_id, seq),
  CONSTRAINT audit_seq_from_one CHECK (seq >= 1)
) STRICT;
CREATE INDEX audit_by_patient ON audit (patient_id, audited_at) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_by_time ON audit (region_id, audited_at);

CREATE TABLE idempotency (
  account_id BLOB NOT NULL,
  key TEXT NOT NULL,
  region_id BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  location TEXT,
  encounter_id BLOB,
  created_at INTEGER NOT NULL,
  CONSTRAINT idempotency_pk PRIMARY KEY (account_id, key)
) STRICT;

-- Bookkeeping of the instance's own work; belongs to no region.
CREATE TABLE sweep (
  id INTEGER NOT NULL,
  swept_at INTEGER NOT NULL,
  CONSTRAINT sweep_pk PRIMARY KEY (id),
  CONSTRAINT sweep_only_one CHECK (id = 1)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_run (
  name TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  CONSTRAINT job_run_pk PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;
