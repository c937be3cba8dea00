-- 第三者提供の記録: a record that was opened in an emergency, and a stay that was read by whoever was never sent a notice of it.
ALTER TABLE disclosure DROP CONSTRAINT disclosure_occasion_known;
ALTER TABLE disclosure ADD CONSTRAINT disclosure_occasion_known
  CHECK (occasion IN ('notice', 'information_sheet', 'outside_word', 'export', 'emergency', 'reading'));
