-- From version 2 of the schema to version 3, in which a finished run carries a digest of its metrics
-- (schema.sql). The program computes it for the runs that are there.
ALTER TABLE runs ADD COLUMN digest TEXT NOT NULL DEFAULT '';
