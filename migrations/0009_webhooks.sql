-- Webhooks: the feed, carried to the systems of agencies.

-- A hook has the scope of a principal, and a place in the feed: all up to there is delivered, stands in kezek.delivery, or
-- is none of its business. Its secret is a key of its own, wrapped by the master key like those of requests, for the
-- hook's id; while a rotation overlaps there are two.
CREATE TABLE kezek.webhook (
	name text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
	id uuid NOT NULL UNIQUE,
	principal text NOT NULL REFERENCES kezek.principal,
	url text NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 2000),
	kinds text[] NOT NULL, -- of events; none: all
	position bigint NOT NULL,
	master int NOT NULL,
	wrapped bytea NOT NULL,
	former_master int,
	former_wrapped bytea,
	former_until timestamptz,
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,
	failing_since timestamptz, -- no delivery has succeeded since
	last_at timestamptz,
	last_status int,
	last_why text,
	disabled_at timestamptz,
	disabled_why text CHECK (disabled_why IN ('gone', 'failing', 'principal')),
	CHECK ((disabled_at IS NULL) = (disabled_why IS NULL))
) WITH (fillfactor = 50);

-- What is not delivered yet, or could not be in a day. What was delivered leaves.
CREATE TABLE kezek.delivery (
	webhook text NOT NULL REFERENCES kezek.webhook ON DELETE CASCADE,
	position bigint NOT NULL,
	request uuid NOT NULL,
	state text NOT NULL CHECK (state IN ('pending', 'dead')),
	attempts int NOT NULL DEFAULT 0,
	flying boolean NOT NULL DEFAULT false, -- a daemon has it, until next_at at most
	next_at timestamptz NOT NULL,
	made_at timestamptz NOT NULL,
	last_at timestamptz,
	last_status int,
	last_why text, -- a word of ours; never a body
	PRIMARY KEY (webhook, position),
	CHECK (state = 'pending' OR NOT flying)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02,
	autovacuum_vacuum_cost_delay = 0);
CREATE INDEX delivery_next ON kezek.delivery (webhook, next_at, position) WHERE state = 'pending';
CREATE INDEX delivery_request ON kezek.delivery (webhook, request, position) WHERE state = 'pending';
