-- The ground: the clock, who may connect, calendars and catalogue, and the generations by which daemons
-- notice that their caches are old.
CREATE SCHEMA IF NOT EXISTS kezek;
GRANT USAGE ON SCHEMA kezek TO kezek_app, kezek_jobs, kezek_reader, kezek_auditor;
-- Not `IN SCHEMA kezek`: the default of a schema adds to the role's own, which grants to everybody.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- One row. `test` is set by `kezekd migrate --test-clock` alone; only then may `shift` move.
CREATE TABLE kezek.clock (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	test boolean NOT NULL DEFAULT false,
	shift interval NOT NULL DEFAULT '0',
	CHECK (test OR shift = '0')
);
INSERT INTO kezek.clock DEFAULT VALUES;
GRANT SELECT ON kezek.clock TO kezek_app, kezek_jobs;

-- Counts up when what it names has changed.
CREATE TABLE kezek.generation (
	what text PRIMARY KEY CHECK (what IN ('principal', 'catalogue', 'calendar')),
	value bigint NOT NULL
);
INSERT INTO kezek.generation VALUES ('principal', 1), ('catalogue', 0), ('calendar', 0);
GRANT SELECT ON kezek.generation TO kezek_app, kezek_jobs;

-- Who may connect. Never deleted: the journal names them.
CREATE TABLE kezek.principal (
	name text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
	kind text NOT NULL CHECK (kind IN ('person', 'system')),
	role text NOT NULL CHECK (role IN ('clerk', 'officer', 'supervisor', 'admin', 'auditor')),
	office text,
	agency text,
	certificate_sha256 bytea UNIQUE CHECK (length(certificate_sha256) = 32),
	token_sha256 bytea UNIQUE CHECK (length(token_sha256) = 32),
	token_expires_at timestamptz,
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,
	disabled_at timestamptz,
	disabled_by text,
	CHECK (role <> 'clerk' OR office IS NOT NULL),
	CHECK (role <> 'officer' OR agency IS NOT NULL)
);
GRANT SELECT ON kezek.principal TO kezek_app;

-- Calendars, every version ever recorded.
CREATE TABLE kezek.calendar (
	code text NOT NULL,
	version int NOT NULL,
	body json NOT NULL,
	recorded_at timestamptz NOT NULL,
	recorded_by text NOT NULL,
	PRIMARY KEY (code, version)
);
GRANT SELECT ON kezek.calendar TO kezek_app, kezek_jobs, kezek_reader, kezek_auditor;

-- The catalogue, one whole document a version.
CREATE TABLE kezek.catalogue (
	version bigint PRIMARY KEY,
	body json NOT NULL,
	recorded_at timestamptz NOT NULL,
	recorded_by text NOT NULL
);
GRANT SELECT ON kezek.catalogue TO kezek_app, kezek_jobs, kezek_reader, kezek_auditor;

-- The guard's copy of lib/lifecycle: a test compares the two. A null from_state is the submission.
CREATE TABLE kezek.lifecycle (
	from_state text,
	act text NOT NULL,
	to_state text NOT NULL,
	UNIQUE NULLS NOT DISTINCT (from_state, act, to_state)
);
GRANT SELECT ON kezek.lifecycle TO kezek_app, kezek_jobs, kezek_reader;
