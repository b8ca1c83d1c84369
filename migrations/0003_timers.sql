-- Deadlines to the full of their page: ladders whose rungs fire by timers, what the daemon itself does at a due
-- moment, the calendars that a date was computed by, notifications, and long work.

-- `fire_at` is the next of: an instant of rung_at whose bit in `fired` is not set; due_at where breached_at is null.
ALTER TABLE kezek.deadline
	-- The instants of the ladder's rungs in the ladder's order; null: void, or waiting while the term is paused.
	ADD COLUMN rung_at timestamptz[],
	-- Bit n: rung n has fired in this epoch.
	ADD COLUMN fired int NOT NULL DEFAULT 0,
	-- What the daemon does once the due moment has passed; null: nothing, the request is overdue.
	ADD COLUMN effect text CHECK (effect IN ('approve_tacitly', 'deem_refused', 'lapse', 'resume')),
	-- A change of the calendar must not make lateness begin earlier than this: due_at is not before it.
	ADD COLUMN floor_at timestamptz,
	-- Of the calendars (kezek.generation) by which the date was computed.
	ADD COLUMN generation bigint NOT NULL DEFAULT 0,
	DROP CONSTRAINT deadline_source_check,
	-- computed from the rule; imported from a former system; stated by an act (a cure_by)
	ADD CONSTRAINT deadline_source_check CHECK (source IN ('computed', 'imported', 'stated'));
ALTER TABLE kezek.deadline_done
	ADD COLUMN effect text, -- by which it was stopped; null: by somebody, or by nothing that follows of it
	ADD COLUMN floor_at timestamptz,
	ADD COLUMN generation bigint NOT NULL DEFAULT 0;

-- Those whose due moment has passed and whose effect is still to be carried out.
CREATE INDEX deadline_effect ON kezek.deadline (breached_at) WHERE effect IS NOT NULL AND breached_at IS NOT NULL;
-- Empty, or something is wrong: a date without a timer, or a rung that has not fired and has none.
CREATE INDEX deadline_untimed ON kezek.deadline (request)
	WHERE fire_at IS NULL AND state = 'running' AND (breached_at IS NULL AND due_at IS NOT NULL
		OR cardinality(array_remove(rung_at, NULL)) > bit_count(fired::bit(32)));

-- Which generation a version of a calendar began.
ALTER TABLE kezek.calendar ADD COLUMN generation bigint NOT NULL DEFAULT 0;

-- The daemon signs its own acts so.
ALTER TABLE kezek.principal ADD CONSTRAINT principal_name_is_free CHECK (name <> 'kezekd');

-- What timers need of the catalogue, taken from it when it is recorded (functions/register.sql).
CREATE TABLE kezek.rung (
	service text NOT NULL,
	version int NOT NULL,
	kind text NOT NULL,
	no smallint NOT NULL, -- as in rung_at, from 0
	label text NOT NULL,  -- "75%", "-3 working_day", "0"
	addressee text NOT NULL CHECK (addressee IN ('officer', 'head', 'supervisor')),
	PRIMARY KEY (service, version, kind, no)
);
CREATE TABLE kezek.agency (
	code text PRIMARY KEY,
	head text
);
GRANT SELECT ON kezek.rung, kezek.agency TO kezek_app, kezek_jobs;

-- What somebody is to be told: one a rung that fired. `id` is the event's.
CREATE TABLE kezek.notification (
	id uuid PRIMARY KEY,
	request uuid NOT NULL,
	seq int NOT NULL,
	kind text NOT NULL CHECK (kind IN ('warned', 'escalated')),
	deadline text NOT NULL,
	rung text NOT NULL,
	addressee text NOT NULL CHECK (addressee IN ('officer', 'head', 'supervisor')),
	person text,    -- who that was then: responsible, or head; null: every supervisor of the agency
	principal text, -- who held the request, where a system held it for a person
	agency text NOT NULL,
	office text NOT NULL,
	service text NOT NULL,
	due_at timestamptz,
	occurred_at timestamptz NOT NULL,
	recorded_at timestamptz NOT NULL,
	seen_at timestamptz,
	seen_by text
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX notification_agency ON kezek.notification (agency, id) WHERE seen_at IS NULL;
CREATE INDEX notification_person ON kezek.notification (person, id) WHERE seen_at IS NULL;
CREATE INDEX notification_system ON kezek.notification (principal, id)
	WHERE seen_at IS NULL AND addressee = 'officer' AND principal <> person;
CREATE INDEX notification_seen ON kezek.notification (agency, id) WHERE seen_at IS NOT NULL;
CREATE INDEX notification_request ON kezek.notification (request);
-- An agency's people may see what its own are told; the api shows each officer what is theirs.
ALTER TABLE kezek.notification ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON kezek.notification TO kezek_app;
CREATE POLICY scope ON kezek.notification FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on'
	OR agency = nullif(current_setting('kezek.agency', true), ''));

-- How far what walks a whole table, a page a turn, has come.
CREATE TABLE kezek.broom (
	what text PRIMARY KEY,
	after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
INSERT INTO kezek.broom (what) VALUES ('notification');

-- Long work: one row a job, carried on by whichever daemon holds its lease.
CREATE TABLE kezek.job (
	id uuid PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('recompute')),
	dry boolean NOT NULL, -- looks, and changes nothing
	state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
	calendar text NOT NULL,     -- the code of the calendar that changes
	version int NOT NULL,       -- the version it gets
	generation bigint NOT NULL, -- of the calendars with it; a dry run's: of those without
	body json,                  -- a dry run's calendar, which is recorded nowhere else
	made_at timestamptz NOT NULL,
	made_by text NOT NULL,
	after_request uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000', -- done up to here
	until_request uuid,               -- where the page ends that is being worked on; null: at the end
	total bigint NOT NULL,            -- open deadlines when it began, an estimate
	looked bigint NOT NULL DEFAULT 0,
	result json,                      -- so far, and in the end
	worker uuid,                      -- the daemon at it
	lease_until timestamptz,
	done_at timestamptz
);
CREATE INDEX job_running ON kezek.job (made_at) WHERE state = 'running';
GRANT SELECT ON kezek.job TO kezek_app, kezek_jobs;
