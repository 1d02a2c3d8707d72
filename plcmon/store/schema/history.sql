-- history.db as it stands after all migrations: what is nice to know. No decision reads it, and it
-- may be lost. Times are INTEGER unix milliseconds, UTC.

PRAGMA application_id = 1347175240; -- 'PLCH'

CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,  -- SHA-256 of the file that was applied
    applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE readings (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,  -- kind/key
    probe TEXT NOT NULL CHECK (probe IN (
        'ping', 'tcp', 'ssh', 'dns', 'traceroute', 'http', 'external'
    )),
    at INTEGER NOT NULL,
    arrived_at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX readings_by_subject ON readings (subject, at);

-- Samples of what was believed of a node, by the hour and by the day (UTC).
CREATE TABLE hourly (
    node TEXT NOT NULL,
    hour_at INTEGER NOT NULL,
    up INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    PRIMARY KEY (node, hour_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX hourly_by_time ON hourly (hour_at);

CREATE TABLE daily (
    node TEXT NOT NULL,
    day_at INTEGER NOT NULL,
    up INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    PRIMARY KEY (node, day_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE transcripts (
    id INTEGER PRIMARY KEY,
    pcu TEXT NOT NULL,
    at INTEGER NOT NULL,
    intent TEXT NOT NULL,  -- empty: a test
    text TEXT NOT NULL
) STRICT;
CREATE INDEX transcripts_by_pcu ON transcripts (pcu, id);
