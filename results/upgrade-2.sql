-- From version 1 of the schema to version 2, which knows diagnostics and recorded plans (schema.sql says what they are).
ALTER TABLE runs ADD COLUMN diagnosed TEXT NOT NULL DEFAULT '';

CREATE TABLE diagnostics (
    run      INTEGER NOT NULL REFERENCES runs (run),
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    step     INTEGER NOT NULL,
    layer    INTEGER,
    source   INTEGER,
    value    NOT NULL,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;

CREATE TABLE plans (
    plan      INTEGER PRIMARY KEY,
    digest    TEXT NOT NULL,
    statement TEXT NOT NULL,
    recorded  TEXT NOT NULL,
    cells     INTEGER NOT NULL,
    added     INTEGER NOT NULL,
    removed   INTEGER NOT NULL,
    finished  INTEGER NOT NULL
);
