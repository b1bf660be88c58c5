-- results/STUDY/cells.db: the evidence of one study, and the only truth about it. Every report is
-- derived from this file. The program carries this text and applies it to a new file; user_version
-- is the version of the schema, application_id ("PLMB") says whose file it is.
--
--   plan            one row a cell         what was asked
--     cells  1 ── n  runs                  what became of it, once a numerics stamp
--     texts  1 ── n  cells, runs           settings and provenance, each distinct text once
--                    runs  1 ── n  metrics the numbers
--                    runs  1 ── n  diagnostics  what went on inside, where a study asks for it
--
-- A file of an earlier version is brought up to date by upgrade-N.sql, N being the version it comes to:
-- whatever is added here is added there.
--
-- To look by hand:  sqlite3 -readonly cells.db "SELECT * FROM finals WHERE name = 'test_loss'"

-- About the study as a whole: study, question, digest, command line, ... (name = value).
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What was going to be run and judged, a row each time that changed: the first one is recorded before
-- any cell runs. Rows are never changed. (experiments/study/registration.h)
CREATE TABLE plans (
    plan      INTEGER PRIMARY KEY,
    digest    TEXT NOT NULL,    -- hash of the statement and of the cells' identities and labels
    statement TEXT NOT NULL,    -- metric, baseline, selection, variants, claims: a line each
    recorded  TEXT NOT NULL,    -- UTC
    cells     INTEGER NOT NULL, -- how many
    added     INTEGER NOT NULL, -- of them, not in the plan before
    removed   INTEGER NOT NULL, -- of the plan before, not in this one
    finished  INTEGER NOT NULL  -- cells of any plan that were done or diverged when it was recorded
);

-- Texts that many cells share. What differs from cell to cell is left open in them and stands in a column
-- of the cell or run: the line "seed = *" of settings, the member "finished":"*" of a provenance.
CREATE TABLE texts (
    text    INTEGER PRIMARY KEY,
    hash    TEXT NOT NULL UNIQUE, -- of content
    content TEXT NOT NULL
);

-- What was asked. A cell's identity is the hash of its settings, so a row never changes its meaning;
-- label, axes and position follow the study file of the last run.
CREATE TABLE cells (
    id       TEXT NOT NULL PRIMARY KEY, -- hash of its settings, 32 hexadecimal digits
    variant  TEXT NOT NULL,
    label    TEXT NOT NULL,             -- how the variant is printed
    seed     INTEGER NOT NULL,          -- the 64 bits of it; negative from 2^63 on
    axes     TEXT NOT NULL,             -- JSON list: the cell's value on each axis of meta 'axes'
    position INTEGER,                   -- place in the plan of the last run; NULL: no longer asked
    settings INTEGER NOT NULL DEFAULT 0 -- row of texts: canonical settings, defaults included
);

-- What became of a cell under one numerics stamp (the hash of what can change its numbers: the
-- sources they pass through; libraries or a device where bits depend on them). A cell without a row here is pending.
CREATE TABLE runs (
    run        INTEGER PRIMARY KEY,
    cell       TEXT NOT NULL REFERENCES cells (id),
    stamp      TEXT NOT NULL,
    outcome    TEXT NOT NULL DEFAULT 'pending'
               CHECK (outcome IN ('pending', 'done', 'diverged', 'failed')),
    message    TEXT NOT NULL DEFAULT '', -- why it failed, with the end of the worker's stderr
    seconds    REAL,                     -- wall time of the cell
    step_ms    REAL,                     -- median time of a training step
    finished   TEXT,                     -- UTC; of the last attempt
    attempts   INTEGER NOT NULL DEFAULT 0,

    -- The lease: which process computes the cell now. NULL when nobody does. It holds while that
    -- very process lives: same number, same start time, same boot of the machine.
    lease_pid   INTEGER,
    lease_start INTEGER, -- field 22 of /proc/PID/stat: clock ticks since boot
    lease_boot  TEXT,    -- /proc/sys/kernel/random/boot_id

    diagnosed TEXT NOT NULL DEFAULT '', -- settings under which diagnostics were measured; '': none

    -- Hash of cell, stamp, outcome and metrics of a finished run. A reader compares: where it differs,
    -- the numbers are not those that were stored, and the cell counts as pending.
    digest TEXT NOT NULL DEFAULT '',

    -- The same of its diagnostics, '' where it has none: where it differs, they count as not measured.
    inside TEXT NOT NULL DEFAULT '',

    -- Row of texts: JSON with source commit, compiler, CPU, parts of the stamp, ... 0: none.
    provenance_text INTEGER NOT NULL DEFAULT 0,

    UNIQUE (cell, stamp)
);

-- The numbers of a run, in the order in which they were measured. value has no type on purpose: a
-- finite number is a REAL with all its bits (-0.0 included), the others are the texts 'nan', 'inf'
-- and '-inf', since SQL would turn NaN into NULL.
CREATE TABLE metrics (
    run      INTEGER NOT NULL REFERENCES runs (run),
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    step     INTEGER NOT NULL,
    value    NOT NULL,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;

-- What was measured inside the network of a run, in the order in which it was; value as in metrics.
-- layer is 1 .. L+1 (the last is the readout), source 0 .. layer-1 (0 is the embedding); NULL where a
-- quantity has no such index. Their names: docs/diagnostics.md.
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

-- For people: the settings of every cell, and the last value of every metric of every finished run.
CREATE VIEW asked AS
SELECT cells.id, replace(texts.content, char(10) || 'seed = *' || char(10),
                         char(10) || 'seed = ' || cells.seed || char(10)) AS settings
FROM cells JOIN texts ON texts.text = cells.settings;

CREATE VIEW finals AS
SELECT cells.id, runs.stamp, cells.label, cells.seed, cells.axes, runs.outcome,
       metrics.name, max(metrics.step) AS step, metrics.value
FROM cells
JOIN runs ON runs.cell = cells.id
JOIN metrics ON metrics.run = runs.run
GROUP BY runs.run, metrics.name;
