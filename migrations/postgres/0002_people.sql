-- People and machines: how they prove who they are. Everybody logs in again after this: sessions begin anew.
DROP TABLE session;

ALTER TABLE account
  DROP COLUMN failed_logins,
  DROP COLUMN locked_until,
  ADD COLUMN email text,
  ADD COLUMN closed_at timestamptz,
  DROP CONSTRAINT account_role_known,
  ADD CONSTRAINT account_role_known CHECK (role IN ('ward_staff', 'coordinator', 'care_manager', 'municipality', 'auditor', 'administrator', 'organization_administrator'));
CREATE INDEX account_by_organization ON account (organization_id, login);

-- The token itself is only with the browser or the machine; here stands its SHA-256. `secret` is a second factor
-- that is being set up, `ceremony` the challenge of a passkey under way.
CREATE TABLE session (
  token_hash bytea NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  account_id uuid NOT NULL,
  stage text NOT NULL,
  csrf text NOT NULL,
  secret bytea,
  ceremony text,
  agent text NOT NULL,
  address text NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT session_pk PRIMARY KEY (token_hash),
  CONSTRAINT session_account_fk FOREIGN KEY (account_id) REFERENCES account (id),
  CONSTRAINT session_stage_known CHECK (stage IN ('second_factor', 'enrolment', 'open'))
);
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE INDEX session_by_account ON session (account_id);

-- The last passwords, so that none of them comes back.
CREATE TABLE old_password (
  account_id uuid NOT NULL,
  set_at timestamptz NOT NULL,
  region_id uuid NOT NULL,
  password_hash text NOT NULL,
  CONSTRAINT old_password_pk PRIMARY KEY (account_id, set_at),
  CONSTRAINT old_password_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);

-- RFC 6238. A step is accepted once: `last_step` only grows.
CREATE TABLE totp (
  account_id uuid NOT NULL,
  region_id uuid NOT NULL,
  secret bytea NOT NULL,
  last_step bigint NOT NULL,
  set_at timestamptz NOT NULL,
  CONSTRAINT totp_pk PRIMARY KEY (account_id),
  CONSTRAINT totp_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);

CREATE TABLE recovery_code (
  account_id uuid NOT NULL,
  code_hash bytea NOT NULL,
  region_id uuid NOT NULL,
  used_at timestamptz,
  CONSTRAINT recovery_code_pk PRIMARY KEY (account_id, code_hash),
  CONSTRAINT recovery_code_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);

-- WebAuthn. `credential` holds a public key and a counter, no secret.
CREATE TABLE passkey (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  name text NOT NULL,
  credential text NOT NULL,
  added_at timestamptz NOT NULL,
  last_used_at timestamptz,
  CONSTRAINT passkey_pk PRIMARY KEY (account_id, id),
  CONSTRAINT passkey_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);

-- 招待. Its links are made when its mail is sent, one an attempt, and only their hashes are kept.
CREATE TABLE invitation (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  account_id uuid NOT NULL,
  reset_factor boolean NOT NULL,
  invited_by uuid NOT NULL,
  invited_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT invitation_pk PRIMARY KEY (id),
  CONSTRAINT invitation_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX invitation_by_account ON invitation (account_id);

CREATE TABLE invitation_link (
  token_hash bytea NOT NULL,
  region_id uuid NOT NULL,
  invitation_id uuid NOT NULL,
  CONSTRAINT invitation_link_pk PRIMARY KEY (token_hash),
  CONSTRAINT invitation_link_invitation_fk FOREIGN KEY (invitation_id) REFERENCES invitation (id)
);

-- Failed logins, by login name and by address, known or not: the key is a hash of either. Belongs to the installation.
CREATE TABLE throttle (
  key bytea NOT NULL,
  failures bigint NOT NULL,
  failed_at timestamptz NOT NULL,
  locked_until timestamptz,
  CONSTRAINT throttle_pk PRIMARY KEY (key),
  CONSTRAINT throttle_failures_not_negative CHECK (failures >= 0)
);
CREATE INDEX throttle_by_time ON throttle (failed_at);

-- 外部システム: a hospital's own systems. `rights` names commands, apart by spaces; the role bounds them.
CREATE TABLE machine (
  id uuid NOT NULL,
  region_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  ward_id uuid,
  name text NOT NULL,
  role text NOT NULL,
  rights text NOT NULL,
  token_hash bytea NOT NULL,
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CONSTRAINT machine_pk PRIMARY KEY (id),
  CONSTRAINT machine_token_once UNIQUE (token_hash),
  CONSTRAINT machine_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT machine_role_known CHECK (role IN ('ward_staff', 'coordinator', 'care_manager', 'municipality'))
);
CREATE INDEX machine_by_organization ON machine (organization_id);
