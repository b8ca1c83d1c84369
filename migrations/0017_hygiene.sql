-- Hygiene of the hot tables: when autovacuum looks at them, and where years go that are no longer worked on.

-- What is small and moves all the time is vacuumed after so many dead rows, however many rows it has: what has been
-- decided is what whoever claims walks over. None is shortened at its end: that takes a lock which keeps everybody out.
ALTER TABLE kezek.work SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0,
	autovacuum_analyze_threshold = 1000, vacuum_truncate = off);
ALTER TABLE kezek.deadline SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01,
	vacuum_truncate = off);
ALTER TABLE kezek.delivery SET (vacuum_truncate = off);
ALTER TABLE kezek.notification SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01,
	autovacuum_vacuum_cost_delay = 0, vacuum_truncate = off);
ALTER TABLE kezek.upload SET (autovacuum_vacuum_cost_delay = 0, vacuum_truncate = off);
-- What grows for ever beside what leaves after days: a fifth of it would be years of dead rows. An answer that is a little
-- longer than half a page had a page to itself: such go to chunks, of which four fill one.
ALTER TABLE kezek.idempotency SET (toast_tuple_target = 4080, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_scale_factor = 0.01,
	autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0.02);

-- The years that are there already; functions/partitions.sql gives each new one the same.
DO $$
DECLARE
	part record;
BEGIN
	FOR part IN SELECT inhrelid::regclass AS name, inhparent = 'kezek.request_state'::regclass AS is_hot
		FROM pg_inherits WHERE inhparent IN (SELECT oid FROM pg_class WHERE relnamespace = 'kezek'::regnamespace
			AND relkind = 'p')
	LOOP
		EXECUTE format('ALTER TABLE %s SET (%s)', part.name, CASE WHEN part.is_hot
			THEN 'autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_scale_factor = 0.005, '
				'autovacuum_vacuum_cost_delay = 0'
			ELSE 'autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0.02, '
				'autovacuum_freeze_min_age = 0' END);
	END LOOP;
END
$$;

-- Years that were detached: their tables stand here, whole, and belong to the owner alone; and what their requests were
-- found by.
CREATE SCHEMA kezek_archive;
CREATE TABLE kezek_archive.lookup (LIKE kezek.lookup);
CREATE TABLE kezek.detached (
	year int NOT NULL,
	detached_at timestamptz NOT NULL
);
