-- A screening with all its answers and reasons is a little longer than what PostgreSQL leaves as it is: it would be compressed whenever it is
-- written, though what is sealed can't get any shorter, and taken out of its row.
ALTER TABLE screening SET (toast_tuple_target = 8160);
