-- What timers do. Each is given a bound, does what is due by kezek.now(), and tells when it is wanted next.

-- Leases that ran out go back to their queue, once. One row: how many, the agencies they wait at, the next.
DROP FUNCTION IF EXISTS kezek.expire_leases;
CREATE FUNCTION kezek.expire_leases(p_limit int)
RETURNS TABLE (done int, agencies text, db_now timestamptz, next_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_done int;
	v_agencies text;
BEGIN
	WITH old AS MATERIALIZED (
		SELECT w.request, w.agency, w.holder, w.actor, w.fence FROM kezek.work w
		WHERE w.lease_until <= v_now ORDER BY w.lease_until LIMIT p_limit FOR UPDATE SKIP LOCKED
	), head AS MATERIALIZED (
		SELECT a.agency, kezek.head_of(a.agency) AS name FROM (SELECT DISTINCT agency FROM old) a
	), u AS (
		UPDATE kezek.request_state s SET state = 'queued', seq = s.seq + 1, updated_at = v_now,
			responsible = head.name
		FROM old JOIN head USING (agency) WHERE s.id = old.request
		RETURNING s.id, s.seq
	), w AS (
		UPDATE kezek.work w SET waiting = true, claim = NULL, holder = NULL, actor = NULL, worker = NULL,
			lease_until = NULL
		FROM old JOIN u ON u.id = old.request WHERE w.request = old.request
		RETURNING w.request
	), e AS (
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, before, after)
		SELECT u.id, u.seq, kezek.uuid_v7(v_now), 'lease_expired', v_now, v_now, 'kezekd', NULL,
			json_build_object('state', 'claimed', 'holder', old.holder, 'actor', old.actor, 'fence', old.fence),
			json_build_object('state', 'queued')
		FROM u JOIN old ON old.request = u.id
	)
	SELECT count(*), string_agg(DISTINCT old.agency, E'\n') INTO v_done, v_agencies
	FROM old JOIN w USING (request);
	RETURN QUERY SELECT v_done, v_agencies, v_now,
		(SELECT w.lease_until FROM kezek.work w WHERE w.lease_until IS NOT NULL ORDER BY w.lease_until LIMIT 1);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.expire_leases TO kezek_jobs;

-- Due moments: breached_at is set once, one `breached` event each, in the order of their instants.
DROP FUNCTION IF EXISTS kezek.fire_due;
CREATE FUNCTION kezek.fire_due(p_limit int)
RETURNS TABLE (done int, lag_us bigint, db_now timestamptz, next_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_done int;
	v_oldest timestamptz;
BEGIN
	WITH ripe AS MATERIALIZED (
		SELECT d.request, d.no FROM kezek.deadline d WHERE d.fire_at <= v_now ORDER BY d.fire_at LIMIT p_limit
	), s AS MATERIALIZED (
		SELECT s.id FROM kezek.request_state s WHERE s.id IN (SELECT request FROM ripe)
		ORDER BY s.id FOR UPDATE SKIP LOCKED
	), d AS (
		UPDATE kezek.deadline d SET breached_at = d.due_at, fire_at = NULL
		FROM ripe JOIN s ON s.id = ripe.request
		WHERE d.request = ripe.request AND d.no = ripe.no AND d.fire_at <= v_now AND d.breached_at IS NULL
		RETURNING d.request, d.no, d.kind, d.due_at, d.due_on
	), o AS MATERIALIZED (
		SELECT d.*, row_number() OVER (PARTITION BY request ORDER BY due_at, no) AS k,
			count(*) OVER (PARTITION BY request) AS many
		FROM d
	), u AS (
		UPDATE kezek.request_state s SET seq = s.seq + o.many, updated_at = v_now
		FROM o WHERE o.k = 1 AND s.id = o.request
		RETURNING s.id, s.seq
	), e AS (
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, after)
		SELECT o.request, u.seq - o.many + o.k, kezek.uuid_v7(v_now), 'breached', o.due_at, v_now, 'kezekd',
			json_build_object('deadline', o.kind, 'due_at', o.due_at, 'due_on', o.due_on)
		FROM o JOIN u ON u.id = o.request ORDER BY o.due_at, o.request, o.k
	)
	SELECT count(*), min(due_at) INTO v_done, v_oldest FROM o;
	RETURN QUERY SELECT v_done, coalesce((extract(epoch FROM v_now - v_oldest) * 1000000)::bigint, 0), v_now,
		(SELECT d.fire_at FROM kezek.deadline d WHERE d.fire_at IS NOT NULL ORDER BY d.fire_at LIMIT 1);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.fire_due TO kezek_jobs;

-- The named head of an agency: who answers for what nobody holds.
CREATE OR REPLACE FUNCTION kezek.head_of(p_agency text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT head FROM kezek.agency WHERE code = p_agency
$$;

-- Keys that need not be kept for ever are forgotten after seven days.
CREATE OR REPLACE FUNCTION kezek.forget_keys(p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH old AS (SELECT principal, key FROM kezek.idempotency
		WHERE NOT for_ever AND made_at < kezek.now() - interval '7 days' ORDER BY made_at LIMIT p_limit),
	gone AS (DELETE FROM kezek.idempotency i USING old WHERE i.principal = old.principal AND i.key = old.key
		RETURNING 1)
	SELECT count(*)::int FROM gone
$$;
GRANT EXECUTE ON FUNCTION kezek.forget_keys(int) TO kezek_jobs;
