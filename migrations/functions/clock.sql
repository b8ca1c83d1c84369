-- The one time authority. Its plan is kept by the session; a function in plain SQL would make it at each call.
CREATE OR REPLACE FUNCTION kezek.now() RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RETURN clock_timestamp() + (SELECT c.shift FROM kezek.clock c);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.now() TO kezek_app, kezek_jobs;

-- Moves the clock of a database made with --test-clock; null on any other.
CREATE OR REPLACE FUNCTION kezek.set_test_clock(p_principal text, p_to timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM FROM kezek.principal WHERE name = p_principal AND role = 'admin' AND disabled_at IS NULL;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	UPDATE kezek.clock SET shift = p_to - clock_timestamp() WHERE test;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	PERFORM kezek.ensure_partitions(date_part('year', p_to)::int);
	PERFORM kezek.ensure_partitions(date_part('year', p_to)::int + 1);
	RETURN p_to;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.set_test_clock(text, timestamptz) TO kezek_app;

-- A version 7 UUID (RFC 9562 section 5.7) of a moment.
CREATE OR REPLACE FUNCTION kezek.uuid_v7(p_at timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE AS $$
	SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		PLACING substring(int8send((extract(epoch FROM p_at) * 1000)::bigint) FROM 3)
		FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;
GRANT EXECUTE ON FUNCTION kezek.uuid_v7(timestamptz) TO kezek_app, kezek_jobs;
