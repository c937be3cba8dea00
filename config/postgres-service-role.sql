-- A role for the service that can neither change nor delete the audit trail. PostgreSQL only.
--
-- The owner of the database brings the schema up to date; the service runs as another role:
--   CREATE ROLE tsunagi_service LOGIN PASSWORD '…';
--   tsunagi migrate --set database.url=postgres://owner@…
--   psql -d tsunagi -f postgres-service-role.sql        (as the owner; again after every migration)
--   tsunagi serve --set database.url=postgres://tsunagi_service@…
--
-- The triggers of the schema refuse such a change to everybody; the owner alone could take them down.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM tsunagi_service;
GRANT USAGE ON SCHEMA public TO tsunagi_service;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, tsunagi_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tsunagi_service;
REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_seal, audit_seal_end, audit_review FROM tsunagi_service;
REVOKE INSERT, UPDATE, DELETE ON _sqlx_migrations FROM tsunagi_service;
