-- 配信 remembers the request (or the sweep) that caused it, so that logs and traces lead from one to the other. Older ones have none.
ALTER TABLE delivery ADD COLUMN request_id uuid;
