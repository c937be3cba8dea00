-- パスキー: what an authenticator calls its credential stands in a column of its own, and belongs to one account.
-- Nothing has been written into this table before.
ALTER TABLE passkey
  ADD COLUMN credential_id bytea NOT NULL,
  ADD CONSTRAINT passkey_credential_once UNIQUE (credential_id);
