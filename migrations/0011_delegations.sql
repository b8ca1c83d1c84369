-- Officers on leave, and who stands in for them.

-- Append-only: one ends by its date, or by a row of kezek.delegation_end. `reason` is sealed under a key of its own.
CREATE TABLE kezek.delegation (
	id uuid PRIMARY KEY,
	agency text NOT NULL,
	principal text NOT NULL, -- who is absent: a person of the agency, or its named head
	deputy text NOT NULL,
	from_at timestamptz NOT NULL,
	until_at timestamptz NOT NULL,
	reason bytea,
	master int,
	wrapped bytea,
	recorded_at timestamptz NOT NULL,
	recorded_by text NOT NULL,
	actor text,
	key text, -- the Idempotency-Key it was recorded under
	fingerprint bytea,
	CHECK (from_at < until_at),
	CHECK (principal <> deputy),
	CHECK ((reason IS NULL) = (wrapped IS NULL)),
	UNIQUE (recorded_by, key)
);
CREATE INDEX delegation_until ON kezek.delegation (until_at);

CREATE TABLE kezek.delegation_end (
	delegation uuid PRIMARY KEY REFERENCES kezek.delegation,
	ended_at timestamptz NOT NULL,
	ended_by text NOT NULL,
	actor text
);
-- As kezek.principal: the daemon keeps them all in memory, and tells each agency its own.
GRANT SELECT ON kezek.delegation, kezek.delegation_end TO kezek_app;
