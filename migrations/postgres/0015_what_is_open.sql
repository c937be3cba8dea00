-- The lists with which a day begins hold what is open, whatever lies behind it: they are not found through all that ever was.
CREATE INDEX encounter_open ON encounter (region_id, hospital_id) WHERE state IN ('in_progress', 'discharge_planned');
CREATE INDEX notice_unanswered ON notice (recipient_id, issued_at, id) WHERE state = 'issued';
-- 届かなかったメール: the overview says whose mailbox takes nothing.
CREATE INDEX delivery_given_up ON delivery (region_id, finished_at) WHERE state = 'given_up';
