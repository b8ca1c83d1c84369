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
		IF t = 'request_state' THEN
			EXECUTE format('ALTER TABLE kezek.%I SET (fillfactor = 70, '
				'autovacuum_vacuum_scale_factor = 0.02)', part);
		ELSIF t IN ('request', 'content') THEN
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
