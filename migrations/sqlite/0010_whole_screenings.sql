-- SQLite leaves a row as it is, however long.
SELECT 1;
