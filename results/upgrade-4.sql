-- From version 3 of the schema to version 4, in which settings and provenances that many cells share are
-- stored once, and diagnostics have a digest (schema.sql). hash() is the program's; it also computes the
-- digests of the diagnostics that are there.
CREATE TABLE texts (
    text    INTEGER PRIMARY KEY,
    hash    TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL
);
ALTER TABLE cells ADD COLUMN settings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN inside TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN provenance_text INTEGER NOT NULL DEFAULT 0;
UPDATE cells SET text = replace(text, char(10) || 'seed = ' || seed || char(10),
                                char(10) || 'seed = *' || char(10));
UPDATE runs SET finished = json_extract(provenance, '$.finished'),
                provenance = json_replace(provenance, '$.finished', '*')
WHERE json_valid(provenance) AND json_type(provenance, '$.finished') = 'text';
INSERT OR IGNORE INTO texts (hash, content) SELECT hash(text), text FROM cells;
INSERT OR IGNORE INTO texts (hash, content)
SELECT hash(provenance), provenance FROM runs WHERE provenance <> '';
UPDATE cells SET settings = (SELECT texts.text FROM texts WHERE texts.hash = hash(cells.text));
UPDATE runs SET provenance_text = (SELECT texts.text FROM texts WHERE texts.hash = hash(provenance))
WHERE provenance <> '';
ALTER TABLE cells DROP COLUMN text;
ALTER TABLE runs DROP COLUMN provenance;
CREATE VIEW asked AS
SELECT cells.id, replace(texts.content, char(10) || 'seed = *' || char(10),
                         char(10) || 'seed = ' || cells.seed || char(10)) AS settings
FROM cells JOIN texts ON texts.text = cells.settings;
