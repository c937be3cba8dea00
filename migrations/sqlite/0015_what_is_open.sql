-- The lists with which a day begins hold what is open, whatever lies behind it: they are not found through all that ever was.
CREATE INDEX encounter_open ON encounter (region_id, hospital_id) WHERE state IN ('in_progress', 'discharge_planned');
CREATE INDEX notice_unanswered ON notice (recipient_id, issued_at, id) WHERE state = 'issued';
-- 届かなかったメール: the overview says whose mailbox takes nothing.
CREATE INDEX delivery_given_up ON delivery (region_id, finished_at) WHERE state = 'given_up';

-- Which index leaves the fewest rows: a fixed answer, that of a city with ten years behind it, so that a statement is answered the same way in
-- every database. Nothing else tells SQLite, which would take a region for as good an index as a person.
-- As ANALYZE writes it: rows, then how many are alike in the first column of the index, in the first two, and so on.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('encounter', 'encounter', '100000 1'),
  ('encounter', 'encounter_by_patient', '100000 4'),
  ('encounter', 'encounter_by_hospital', '100000 8000 1'),
  ('encounter', 'encounter_by_region', '100000 100000 1'),
  ('encounter', 'encounter_open', '1000 1000 80'),
  ('notice', 'sqlite_autoindex_notice_1', '200000 1'),
  ('notice', 'sqlite_autoindex_notice_2', '200000 2500 1'),
  ('notice', 'notice_by_encounter', '200000 2'),
  ('notice', 'notice_by_sender', '200000 2500 1'),
  ('notice', 'notice_unanswered', '400 10 1 1'),
  ('deadline', 'sqlite_autoindex_deadline_1', '300000 3 2 1 1'),
  ('deadline', 'deadline_due', '1000 1'),
  ('deadline', 'deadline_overdue', '100 100 10'),
  ('deadline', 'deadline_set_aside', '10 10'),
  ('warning', 'warning', '50000 2 1'),
  ('warning', 'sqlite_autoindex_warning_2', '50000 2 2 2 2 1'),
  ('warning', 'warning_by_region', '50000 50000 1'),
  ('delivery', 'sqlite_autoindex_delivery_1', '400000 1'),
  ('delivery', 'delivery_by_notice', '300000 2'),
  ('delivery', 'delivery_pending_by_organization', '100 5 1 1'),
  ('delivery', 'delivery_given_up', '100 100 1'),
  ('patient', 'patient', '50000 1'),
  ('patient', 'patient_by_region', '50000 50000 1'),
  ('patient_mark', 'patient_mark', '500000 20 1'),
  ('patient_mark', 'patient_mark_by_patient', '500000 10'),
  ('care_team_member', 'care_team_member', '50000 1 1'),
  ('care_team_member', 'care_team_member_by_organization', '50000 600 1'),
  ('audit', 'sqlite_autoindex_audit_1', '1000000 100000 1'),
  ('audit', 'audit_by_patient', '1000000 25 1'),
  ('audit', 'audit_by_time', '1000000 1000000 2');
ANALYZE sqlite_schema;
