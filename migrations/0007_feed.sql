-- The feed: every event of the journal once, in the order of its commit, under a dense position.

-- One row, taken last before a commit and held through it (functions/feed.sql): so positions have no holes, and none
-- becomes visible before a smaller one. Neither a sequence nor a snapshot's horizon is part of it.
CREATE TABLE kezek.feed_head (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	position bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_cost_delay = 0);
INSERT INTO kezek.feed_head (position) VALUES (0);

-- Null: from before there was a feed.
ALTER TABLE kezek.event ADD COLUMN position bigint;
CREATE INDEX event_position ON kezek.event (position) WHERE position IS NOT NULL;
