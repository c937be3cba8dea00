-- PostgreSQL knows no `INSERT OR REPLACE`; `ON CONFLICT DO UPDATE` asks the triggers that refuse to change a row.
SELECT 1;
