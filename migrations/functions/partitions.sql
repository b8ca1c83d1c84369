-- The partitions of one UTC year: made aside and attached, so that running work is not locked out.
-- True when something was made.
CREATE OR REPLACE FUNCTION kezek.ensure_partitions(p_year int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	tables CONSTANT text[] := ARRAY['request', 'content', 'request_key', 'request_state', 'deadline_done', 'event',
		'access', 'document', 'document_chunk'];
	t text;
	part text;
	low uuid;
	high uuid;
	made boolean := false;
BEGIN
	IF p_year NOT BETWEEN 1970 AND 9999 THEN
		RAISE EXCEPTION 'no partition for the year %', p_year USING ERRCODE = '22008';
	END IF;
	IF NOT EXISTS (SELECT FROM unnest(tables) AS u(name) WHERE to_regclass(format('kezek.%s_%s', u.name, p_year)) IS NULL)
	THEN
		RETURN false;
	END IF;
	PERFORM pg_advisory_xact_lock(hashtext('kezek.partitions'));
	low := kezek.year_bound(p_year);
	high := kezek.year_bound(p_year + 1);
	FOREACH t IN ARRAY tables
	LOOP
		part := format('%s_%s', t, p_year);
		CONTINUE WHEN to_regclass('kezek.' || part) IS NOT NULL;
		EXECUTE format('CREATE TABLE kezek.%I (LIKE kezek.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
			'INCLUDING STORAGE)', part, t);
		EXECUTE format('ALTER TABLE kezek.%I SET (%s)', part, CASE t WHEN 'request_state'
			THEN 'fillfactor = 70, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_scale_factor = 0.005, '
				'autovacuum_vacuum_cost_delay = 0'
			ELSE 'autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0.02, '
				'autovacuum_freeze_min_age = 0' END);
		IF t IN ('request', 'content') THEN
			EXECUTE format('ALTER TABLE kezek.%I SET (toast_tuple_target = 8160)', part);
		END IF;
		IF t = 'document_chunk' THEN -- what is sealed does not become smaller
			EXECUTE format('ALTER TABLE kezek.%I ALTER sealed SET STORAGE EXTERNAL', part);
		END IF;
		EXECUTE format('ALTER TABLE kezek.%I ATTACH PARTITION kezek.%I FOR VALUES FROM (%L) TO (%L)',
			t, part, low, high);
		made := true;
	END LOOP;
	RETURN made;
END
$$;

-- The smallest version 7 id of a UTC year.
CREATE OR REPLACE FUNCTION kezek.year_bound(p_year int) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
	SELECT rpad(lpad(to_hex((extract(epoch FROM make_timestamptz(p_year, 1, 1, 0, 0, 0, 'UTC')) * 1000)::bigint),
		12, '0'), 32, '0')::uuid
$$;

-- What runs ahead: this year's and the next year's.
CREATE OR REPLACE FUNCTION kezek.partitions_ahead() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	y int := date_part('year', kezek.now() AT TIME ZONE 'UTC');
BEGIN
	PERFORM kezek.ensure_partitions(y - 1);
	PERFORM kezek.ensure_partitions(y);
	PERFORM kezek.ensure_partitions(y + 1);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.partitions_ahead() TO kezek_jobs;
-- The years that an earlier program made get the tables that have come since.
SELECT kezek.ensure_partitions(substring(relname FROM '\d+$')::int) FROM pg_class
WHERE relnamespace = 'kezek'::regnamespace AND relname ~ '^event_\d{4}$' AND relkind = 'r';

-- The years that are attached.
CREATE OR REPLACE FUNCTION kezek.attached_years() RETURNS SETOF int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT substring(c.relname FROM '\d{4}$')::int FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	WHERE i.inhparent = 'kezek.request_state'::regclass ORDER BY 1
$$;

-- Why a year may not be detached, or null. Whatever is open, is still to be told, or may still be told stands in a small
-- table and is found by its index; p_thorough: the states of all its requests are read, too.
CREATE OR REPLACE FUNCTION kezek.why_attached(p_year int, p_thorough boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
	low uuid := kezek.year_bound(p_year);
	high uuid := kezek.year_bound(p_year + 1);
BEGIN
	IF p_year NOT IN (SELECT kezek.attached_years()) THEN
		RETURN 'it is not attached';
	END IF;
	IF p_year > date_part('year', kezek.now() AT TIME ZONE 'UTC')::int - 2 THEN
		RETURN 'it is this year, the last or one to come';
	END IF;
	-- Reads of older requests stand in its access log.
	IF EXISTS (SELECT FROM kezek.request_state WHERE id < low) THEN
		RETURN 'an older one is still attached';
	END IF;
	IF to_regclass(format('kezek_archive.request_state_%s', p_year)) IS NOT NULL THEN
		RETURN 'kezek_archive has tables of it already: move them to another schema';
	END IF;
	RETURN (SELECT format(c.said, c.n) FROM (
		SELECT 1 AS at, '%s requests are open' AS said, (SELECT count(*) FROM kezek.work
			WHERE request >= low AND request < high) AS n
		UNION ALL SELECT 2, '%s requests are open', (SELECT count(*) FROM kezek.request_state
			WHERE p_thorough AND id >= low AND id < high AND closed_at IS NULL)
		UNION ALL SELECT 3, '%s deadlines run', (SELECT count(*) FROM kezek.deadline
			WHERE request >= low AND request < high)
		-- Of a question or a part both ends are read until both have ended.
		UNION ALL SELECT 4, '%s open requests are linked with it', (SELECT count(*) FROM (
				SELECT k.parent AS other FROM kezek.link k WHERE k.child >= low AND k.child < high
				UNION ALL SELECT k.child FROM kezek.link k WHERE k.parent >= low AND k.parent < high) k
			WHERE EXISTS (SELECT FROM kezek.work w WHERE w.request = k.other))
		UNION ALL SELECT 5, '%s links wait for the daemon', (SELECT count(*) FROM kezek.link
			WHERE state <> 'told' AND (parent >= low AND parent < high OR child >= low AND child < high))
		UNION ALL SELECT 6, '%s events wait to be delivered to webhooks, or could not be', (SELECT count(*)
			FROM kezek.delivery WHERE request >= low AND request < high)
		UNION ALL SELECT 7, '%s uploads are under way', (SELECT count(*) FROM kezek.upload
			WHERE request >= low AND request < high)
	) c WHERE c.n > 0 ORDER BY c.at LIMIT 1);
END
$$;

-- The years, with how many requests each has, its bytes, and why it stays; null: it may go.
CREATE OR REPLACE FUNCTION kezek.years() RETURNS TABLE (year int, requests bigint, bytes bigint, stays text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT y, (SELECT count(*) FROM kezek.request_state s
			WHERE s.id >= kezek.year_bound(y) AND s.id < kezek.year_bound(y + 1)),
		(SELECT sum(pg_total_relation_size(i.inhrelid))::bigint FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE c.relnamespace = 'kezek'::regnamespace AND c.relname LIKE format('%%\_%s', y)),
		kezek.why_attached(y, true)
	FROM kezek.attached_years() y
$$;

-- The years that ended before the last p_keep whole ones, the oldest first: attached still, or with lookups that have not
-- followed.
CREATE OR REPLACE FUNCTION kezek.years_over(p_keep int) RETURNS SETOF int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
	RETURN QUERY SELECT y FROM (SELECT kezek.attached_years() AS y UNION SELECT d.year FROM kezek.detached d
		WHERE d.year NOT IN (SELECT kezek.attached_years()) AND EXISTS (SELECT FROM kezek.lookup l
			WHERE l.request >= kezek.year_bound(d.year) AND l.request < kezek.year_bound(d.year + 1))) a
	WHERE y < date_part('year', kezek.now() AT TIME ZONE 'UTC')::int - p_keep ORDER BY y;
END
$$;

-- A year leaves, whole or not at all: its tables stand in the schema kezek_archive from then on. Whoever works waits for
-- a tenth of a second a table at most; then this fails (55P03), and is to be tried again. Null, or why it stays. The keys
-- of its requests stay attached: they are rotated with all others, and destroying one erases the person in the archive,
-- too.
CREATE OR REPLACE FUNCTION kezek.detach_year(p_year int) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
	stays text;
	t record;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('kezek.partitions'));
	LOCK TABLE ONLY kezek.request_state, ONLY kezek.request, ONLY kezek.content, ONLY kezek.deadline_done,
		ONLY kezek.event, ONLY kezek.access, ONLY kezek.document, ONLY kezek.document_chunk IN ACCESS EXCLUSIVE MODE;
	stays := kezek.why_attached(p_year, false);
	IF stays IS NOT NULL THEN
		RETURN stays;
	END IF;
	FOR t IN SELECT p.relname AS whole, c.relname AS part FROM pg_inherits i
		JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
		WHERE p.relnamespace = 'kezek'::regnamespace AND p.relkind = 'p' AND p.relname <> 'request_key'
			AND c.relname = format('%s_%s', p.relname, p_year)
	LOOP
		EXECUTE format('ALTER TABLE kezek.%I DETACH PARTITION kezek.%I', t.whole, t.part);
		EXECUTE format('ALTER TABLE kezek.%I SET SCHEMA kezek_archive', t.part);
	END LOOP;
	INSERT INTO kezek.detached VALUES (p_year, kezek.now());
	RETURN NULL;
END
$$;

-- What requests of a year that has left were found by follows them, p_limit a turn. How many went.
CREATE OR REPLACE FUNCTION kezek.archive_lookups(p_year int, p_limit int) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
	WITH old AS MATERIALIZED (
		SELECT l.hash, l.request FROM kezek.lookup l
		WHERE l.request >= kezek.year_bound(p_year) AND l.request < kezek.year_bound(p_year + 1)
			AND EXISTS (SELECT FROM kezek.detached d WHERE d.year = p_year)
			AND NOT EXISTS (SELECT FROM kezek.request_state s WHERE s.id = l.request) -- imported since
		LIMIT p_limit
	), gone AS (
		DELETE FROM kezek.lookup l USING old WHERE l.hash = old.hash AND l.request = old.request RETURNING l.*
	), kept AS (
		INSERT INTO kezek_archive.lookup SELECT * FROM gone RETURNING 1
	)
	SELECT count(*)::int FROM kept
$$;
