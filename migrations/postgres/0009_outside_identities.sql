-- 外部アカウント: who somebody is at an OpenID provider. Of the subject only a hash is kept: it is looked for and never shown.
CREATE TABLE outside_identity (
  account_id uuid NOT NULL,
  issuer text NOT NULL,
  region_id uuid NOT NULL,
  subject_hash bytea NOT NULL,
  linked_at timestamptz NOT NULL,
  last_used_at timestamptz,
  CONSTRAINT outside_identity_pk PRIMARY KEY (account_id, issuer),
  CONSTRAINT outside_identity_once UNIQUE (issuer, subject_hash),
  CONSTRAINT outside_identity_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
);

-- A sign-in that is under way at a provider, known by the hash of what its browser holds. Nobody's yet, so of no region; `linking` is the
-- session that wants to link, if that is what it is for.
CREATE TABLE outside_sign_in (
  token_hash bytea NOT NULL,
  linking bytea,
  next text NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT outside_sign_in_pk PRIMARY KEY (token_hash)
);
CREATE INDEX outside_sign_in_by_end ON outside_sign_in (expires_at);
