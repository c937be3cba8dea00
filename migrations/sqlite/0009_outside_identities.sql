-- 外部アカウント: who somebody is at an OpenID provider. Of the subject only a hash is kept: it is looked for and never shown.
CREATE TABLE outside_identity (
  account_id BLOB NOT NULL,
  issuer TEXT NOT NULL,
  region_id BLOB NOT NULL,
  subject_hash BLOB NOT NULL,
  linked_at INTEGER NOT NULL,
  last_used_at INTEGER,
  CONSTRAINT outside_identity_pk PRIMARY KEY (account_id, issuer),
  CONSTRAINT outside_identity_once UNIQUE (issuer, subject_hash),
  CONSTRAINT outside_identity_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;

-- A sign-in that is under way at a provider, known by the hash of what its browser holds. Nobody's yet, so of no region; `linking` is the
-- session that wants to link, if that is what it is for.
CREATE TABLE outside_sign_in (
  token_hash BLOB NOT NULL,
  linking BLOB,
  next TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  CONSTRAINT outside_sign_in_pk PRIMARY KEY (token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX outside_sign_in_by_end ON outside_sign_in (expires_at);
