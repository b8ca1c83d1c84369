-- Many requests given to others in one call.

-- What a call under this key is about: chosen once, so that the same call again is about the same requests, each of
-- which is an act with a key of its own. Forgotten with those keys.
CREATE TABLE kezek.reassignment (
	principal text NOT NULL,
	key text NOT NULL,
	fingerprint bytea NOT NULL,
	requests uuid[] NOT NULL,
	receivers text[] NOT NULL, -- of each; null: nobody, it waits in its queue
	has_more boolean NOT NULL,
	made_at timestamptz NOT NULL,
	PRIMARY KEY (principal, key)
);
CREATE INDEX reassignment_made ON kezek.reassignment (made_at);
