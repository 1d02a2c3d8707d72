-- state.db as it stands after all migrations: every row that decides.
-- Times are INTEGER unix milliseconds, UTC. A body is the whole object as JSON; the columns beside
-- it are what is searched, ordered and checked. Written by the service alone; read it freely.

PRAGMA application_id = 1347175251; -- 'PLCS'

CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,  -- SHA-256 of the file that was applied
    applied_at INTEGER NOT NULL
) STRICT;

-- Whose state this is, and how far it has come.
CREATE TABLE brain (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state TEXT NOT NULL,  -- names this state for ever
    machine TEXT NOT NULL,  -- where it was adopted
    path TEXT NOT NULL,
    inode INTEGER NOT NULL,
    fence INTEGER NOT NULL,  -- grows with every open
    commits INTEGER NOT NULL,  -- grows with every commit; the mark beside the database follows it
    last_event INTEGER NOT NULL,
    audit_seq INTEGER NOT NULL,
    audit_hash TEXT NOT NULL,
    why_not TEXT NOT NULL,  -- why it is not adopted; empty: it is
    closed_at INTEGER  -- NULL while open, and after a crash
) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,  -- kind/key
    vantage TEXT NOT NULL,
    intent TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_subject ON events (subject, seq);

CREATE TABLE beliefs (
    kind TEXT NOT NULL CHECK (kind IN ('node', 'pcu', 'site', 'fleet')),
    key TEXT NOT NULL,
    status TEXT CHECK (status IN (
        'new', 'good', 'online', 'offline', 'down', 'unreachable', 'failboot', 'safeboot',
        'disabled', 'retired'
    )),  -- NULL for the fleet
    status_since INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE issues (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL CHECK (type IN (
        'node_down', 'node_login', 'node_debug', 'node_config', 'bad_hardware', 'dns_error',
        'old_bootcd', 'firewalled', 'hostkey', 'flapping', 'pcu_down', 'pcu_broken', 'pcu_config',
        'mapping_suspect', 'site_unreachable', 'site_down', 'common_cause', 'mass_outage', 'self'
    )),
    subject TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'paused', 'closed')),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    body TEXT NOT NULL,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX issues_one_open ON issues (type, subject) WHERE status <> 'closed';
CREATE INDEX issues_by_close ON issues (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE intents (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN (
        'power-cycle', 'power-on', 'power-off', 'reboot-shell', 'boot-state', 'repair', 'notify',
        'alert', 'penalty', 'flag', 'open'
    )),
    target TEXT NOT NULL,
    issue TEXT,
    rung TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'planned', 'claimed', 'sent', 'confirmed', 'failed', 'unknown', 'cancelled'
    )),
    planned_at INTEGER NOT NULL,
    sent_at INTEGER,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),  -- in flight, or waiting for its proof
    body TEXT NOT NULL
) STRICT;
CREATE INDEX intents_by_time ON intents (planned_at);
CREATE INDEX intents_live ON intents (planned_at) WHERE live = 1;

CREATE TABLE commands (
    intent TEXT NOT NULL REFERENCES intents (id) DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL,
    verb TEXT NOT NULL,
    pcu TEXT NOT NULL,
    outlet TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (intent, number)
) STRICT, WITHOUT ROWID;
-- A destructive command goes out at most once per intent and outlet.
CREATE UNIQUE INDEX commands_cut_once ON commands (intent, pcu, outlet)
    WHERE verb IN ('off', 'cycle');

CREATE TABLE outbox (
    issue TEXT NOT NULL,
    rung TEXT NOT NULL,
    recipient TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    mail TEXT NOT NULL,  -- Message-ID; empty: not yet in a mail
    body TEXT NOT NULL,
    PRIMARY KEY (issue, rung, recipient, repeat)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_time ON outbox (created_at);
CREATE INDEX outbox_unfixed ON outbox (created_at) WHERE mail = '';
CREATE TRIGGER outbox_in_one_mail BEFORE UPDATE OF mail ON outbox
WHEN OLD.mail <> '' AND NEW.mail <> OLD.mail
BEGIN
    SELECT RAISE(ABORT, 'a row of the outbox is in exactly one mail');
END;

CREATE TABLE mails (
    message_id TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    site TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('fixed', 'accepted', 'refused')),
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX mails_by_time ON mails (created_at);
CREATE INDEX mails_unsent ON mails (created_at) WHERE state = 'fixed';

CREATE TABLE windows (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE freezes (
    scope TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE holds (
    issue TEXT PRIMARY KEY,
    gate TEXT NOT NULL,
    since INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- The journal. Every column is part of the hash; plcmon/model/audit.py says how.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    verb TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,  -- JSON array of event numbers
    ages_s TEXT NOT NULL,  -- JSON array of seconds
    gates TEXT NOT NULL,  -- JSON object, gate -> answer: fact
    intent TEXT NOT NULL,
    issue TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the journal is never shortened');
END;
CREATE TRIGGER audit_stands BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the journal is never rewritten');
END;

-- The last good copy.
CREATE TABLE inventory (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    read_at INTEGER,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE seen (
    node TEXT PRIMARY KEY,
    answered_at INTEGER,
    login_at INTEGER
) STRICT, WITHOUT ROWID;
