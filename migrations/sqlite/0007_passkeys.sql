-- パスキー: what an authenticator calls its credential stands in a column of its own, and belongs to one account.
-- Nothing has been written into this table before.
DROP TABLE passkey;
CREATE TABLE passkey (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  region_id BLOB NOT NULL,
  name TEXT NOT NULL,
  credential_id BLOB NOT NULL,
  credential TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  last_used_at INTEGER,
  CONSTRAINT passkey_pk PRIMARY KEY (account_id, id),
  CONSTRAINT passkey_credential_once UNIQUE (credential_id),
  CONSTRAINT passkey_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;
