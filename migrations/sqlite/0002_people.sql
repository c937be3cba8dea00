-- People and machines: how they prove who they are. Everybody logs in again after this: sessions begin anew.
DROP TABLE session;

CREATE TABLE account_anew (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  ward_id BLOB,
  care_manager_id BLOB,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  email TEXT,
  password_hash TEXT NOT NULL,
  closed_at INTEGER,
  CONSTRAINT account_pk PRIMARY KEY (id),
  CONSTRAINT account_login_once UNIQUE (login),
  CONSTRAINT account_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT account_role_known CHECK (role IN ('ward_staff', 'coordinator', 'care_manager', 'municipality', 'auditor', 'administrator', 'organization_administrator'))
) STRICT, WITHOUT ROWID;
INSERT INTO account_anew (id, region_id, organization_id, ward_id, care_manager_id, login, name, role, password_hash)
SELECT id, region_id, organization_id, ward_id, care_manager_id, login, name, role, password_hash FROM account;
DROP TABLE account;
ALTER TABLE account_anew RENAME TO account;
CREATE INDEX account_by_organization ON account (organization_id, login);

-- The token itself is only with the browser or the machine; here stands its SHA-256. `secret` is a second factor
-- that is being set up, `ceremony` the challenge of a passkey under way.
CREATE TABLE session (
  token_hash BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  stage TEXT NOT NULL,
  csrf TEXT NOT NULL,
  secret BLOB,
  ceremony TEXT,
  agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CONSTRAINT session_pk PRIMARY KEY (token_hash),
  CONSTRAINT session_account_fk FOREIGN KEY (account_id) REFERENCES account (id),
  CONSTRAINT session_stage_known CHECK (stage IN ('second_factor', 'enrolment', 'open'))
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE INDEX session_by_account ON session (account_id);

-- The last passwords, so that none of them comes back.
CREATE TABLE old_password (
  account_id BLOB NOT NULL,
  set_at INTEGER NOT NULL,
  region_id BLOB NOT NULL,
  password_hash TEXT NOT NULL,
  CONSTRAINT old_password_pk PRIMARY KEY (account_id, set_at),
  CONSTRAINT old_password_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;

-- RFC 6238. A step is accepted once: `last_step` only grows.
CREATE TABLE totp (
  account_id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  secret BLOB NOT NULL,
  last_step INTEGER NOT NULL,
  set_at INTEGER NOT NULL,
  CONSTRAINT totp_pk PRIMARY KEY (account_id),
  CONSTRAINT totp_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
  account_id BLOB NOT NULL,
  code_hash BLOB NOT NULL,
  region_id BLOB NOT NULL,
  used_at INTEGER,
  CONSTRAINT recovery_code_pk PRIMARY KEY (account_id, code_hash),
  CONSTRAINT recovery_code_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;

-- WebAuthn. `credential` holds a public key and a counter, no secret.
CREATE TABLE passkey (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  last_used_at INTEGER,
  CONSTRAINT passkey_pk PRIMARY KEY (account_id, id),
  CONSTRAINT passkey_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;

-- 招待. Its links are made when its mail is sent, one an attempt, and only their hashes are kept.
CREATE TABLE invitation (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  reset_factor INTEGER CHECK (reset_factor IN (0, 1)) NOT NULL,
  invited_by BLOB NOT NULL,
  invited_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  CONSTRAINT invitation_pk PRIMARY KEY (id),
  CONSTRAINT invitation_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_by_account ON invitation (account_id);

CREATE TABLE invitation_link (
  token_hash BLOB NOT NULL,
  region_id BLOB NOT NULL,
  invitation_id BLOB NOT NULL,
  CONSTRAINT invitation_link_pk PRIMARY KEY (token_hash),
  CONSTRAINT invitation_link_invitation_fk FOREIGN KEY (invitation_id) REFERENCES invitation (id)
) STRICT, WITHOUT ROWID;

-- Failed logins, by login name and by address, known or not: the key is a hash of either. Belongs to the installation.
CREATE TABLE throttle (
  key BLOB NOT NULL,
  failures INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  locked_until INTEGER,
  CONSTRAINT throttle_pk PRIMARY KEY (key),
  CONSTRAINT throttle_failures_not_negative CHECK (failures >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_by_time ON throttle (failed_at);

-- 外部システム: a hospital's own systems. `rights` names commands, apart by spaces; the role bounds them.
CREATE TABLE machine (
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  organization_id BLOB NOT NULL,
  ward_id BLOB,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  rights TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  made_by BLOB NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  last_used_at INTEGER,
  CONSTRAINT machine_pk PRIMARY KEY (id),
  CONSTRAINT machine_token_once UNIQUE (token_hash),
  CONSTRAINT machine_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT machine_role_known CHECK (role IN ('ward_staff', 'coordinator', 'care_manager', 'municipality'))
) STRICT, WITHOUT ROWID;
CREATE INDEX machine_by_organization ON machine (organization_id);
