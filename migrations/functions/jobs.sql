-- What timers do. Each is given a bound, does what is due by kezek.now(), and tells when it is wanted next.
-- The settings of those that take many rows at once keep every table behind its index however old the statistics are,
-- as those of the daemon's sessions do; but what is at hand is joined by hashes, which the daemon has switched off: as
-- nested loops firing a thousand deadlines took three times as long.

-- Leases that ran out go back to their queue, once; one that was handed back more often than p_hand_back_limit (0: any
-- number) goes to the supervisor's desk. What was kept for somebody waits for anybody. One row: how many of both, the
-- agencies they wait at, now, the next, and how many leases.
DROP FUNCTION IF EXISTS kezek.expire_leases;
CREATE FUNCTION kezek.expire_leases(p_limit int, p_hand_back_limit int)
RETURNS TABLE (done int, agencies text, db_now timestamptz, next_at timestamptz, expired int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on
SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_custom_plan
SET jit = off AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_kept int;
	v_expired int;
	v_kept_at text[];
	v_expired_at text[];
BEGIN
	WITH w AS (
		UPDATE kezek.work w SET waiting = true, kept_for = NULL, kept_until = NULL
		FROM (SELECT k.request FROM kezek.work k WHERE k.kept_until <= v_now ORDER BY k.kept_until LIMIT p_limit
			FOR UPDATE SKIP LOCKED) old
		WHERE w.request = old.request
		RETURNING w.agency
	)
	SELECT count(*), array_agg(DISTINCT agency) INTO v_kept, v_kept_at FROM w;

	WITH old AS MATERIALIZED (
		-- Both skipped: whoever waited here would keep due moments waiting, which come by the same connection.
		SELECT w.request, w.agency, w.holder, w.actor, w.fence, w.handed_back + 1 AS handed_back,
			(p_hand_back_limit > 0 AND w.handed_back >= p_hand_back_limit)::int AS desk
		FROM kezek.work w JOIN kezek.request_state s ON s.id = w.request
		WHERE w.lease_until <= v_now ORDER BY w.lease_until LIMIT p_limit FOR UPDATE SKIP LOCKED
	), head AS MATERIALIZED (
		SELECT a.agency, kezek.head_of(a.agency) AS name FROM (SELECT DISTINCT agency FROM old) a
	), u AS (
		UPDATE kezek.request_state s SET state = 'queued', seq = s.seq + 1 + old.desk, updated_at = v_now,
			responsible = head.name
		FROM old JOIN head USING (agency) WHERE s.id = old.request
		RETURNING s.id, s.seq, s.office, s.service, s.due_at
	), w AS (
		UPDATE kezek.work w SET waiting = old.desk = 0, on_desk = old.desk = 1, claim = NULL, holder = NULL, actor = NULL,
			worker = NULL, lease_until = NULL, handed_back = least(old.handed_back, 32767)
		FROM old JOIN u ON u.id = old.request WHERE w.request = old.request
		RETURNING w.request
	), told AS MATERIALIZED (
		SELECT u.*, old.agency, old.handed_back, k.kind, u.seq - old.desk + k.n AS event_seq, kezek.uuid_v7(v_now) AS event,
			CASE k.n WHEN 0 THEN json_build_object('state', 'claimed', 'holder', old.holder, 'actor', old.actor,
				'fence', old.fence) END AS before,
			CASE k.n WHEN 0 THEN json_build_object('state', 'queued')
				ELSE json_build_object('state', 'queued', 'handed_back', old.handed_back) END AS after
		FROM u JOIN old ON old.request = u.id JOIN (VALUES (0, 'lease_expired'), (1, 'desk')) k(n, kind) ON k.n <= old.desk
	), n AS (
		INSERT INTO kezek.notification (id, request, seq, kind, deadline, rung, addressee, agency, office, service, due_at,
			occurred_at, recorded_at)
		SELECT t.event, t.id, t.event_seq, 'desk', 'decide', t.handed_back, 'supervisor', t.agency, t.office, t.service,
			t.due_at, v_now, v_now
		FROM told t WHERE t.kind = 'desk'
	), feed AS MATERIALIZED (
		SELECT kezek.take_positions(t.n) AS last FROM (SELECT count(*) AS n FROM told) t
	), e AS (
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, before, after,
			position)
		SELECT t.id, t.event_seq, t.event, t.kind, v_now, v_now, 'kezekd', NULL, t.before, t.after,
			(SELECT last FROM feed) + row_number() OVER (ORDER BY t.id, t.event_seq)
		FROM told t
	)
	SELECT count(*), array_agg(DISTINCT old.agency) INTO v_expired, v_expired_at FROM old JOIN w USING (request);
	RETURN QUERY SELECT v_kept + v_expired, (SELECT string_agg(DISTINCT a, E'\n') FROM unnest(v_kept_at || v_expired_at) a),
		v_now, least(
			(SELECT w.lease_until FROM kezek.work w WHERE w.lease_until IS NOT NULL ORDER BY w.lease_until LIMIT 1),
			(SELECT w.kept_until FROM kezek.work w WHERE w.kept_until IS NOT NULL ORDER BY w.kept_until LIMIT 1)),
		v_expired;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.expire_leases TO kezek_jobs;

-- Rungs and due moments: one journal event each, in the order of their instants within a request, and one notification
-- a rung. What is due is read under the lock of its request, so that each happens once whoever else is at it: a
-- request that another has locked is left to it. One row: the deadlines taken up, how late the oldest instant was, now,
-- the next instant of all, the events written, and how many of them are breaches whose effect is the daemon's to carry
-- out. p_limit bounds the deadlines looked for.
DROP FUNCTION IF EXISTS kezek.fire_due;
CREATE FUNCTION kezek.fire_due(p_limit int)
RETURNS TABLE (done int, lag_us bigint, db_now timestamptz, next_at timestamptz, fired int, effects int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_hashjoin = on
SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_custom_plan
SET jit = off AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_request uuid[];
	v_service text[];
	v_oldest timestamptz;
	v_fired int;
	v_effects int;
BEGIN
	SELECT array_agg(l.id), array_agg(l.service) INTO v_request, v_service FROM (
		SELECT s.id, s.service FROM kezek.deadline d JOIN kezek.request_state s ON s.id = d.request
		WHERE d.fire_at <= v_now ORDER BY d.fire_at LIMIT p_limit FOR UPDATE OF s SKIP LOCKED) l;
	v_now := kezek.now();

	WITH ripe AS MATERIALIZED (
		SELECT d.request, l.service, d.no, d.kind, d.rule_version, d.due_at, d.due_on, d.breached_at, d.effect,
			d.rung_at, d.fired
		FROM (SELECT DISTINCT request, service FROM unnest(v_request, v_service) AS l(request, service)) l
		-- by its request and no other way: of all that is ripe this is a small part
		JOIN LATERAL (SELECT * FROM kezek.deadline d WHERE d.request = l.request OFFSET 0) d ON d.fire_at <= v_now
	), instant AS MATERIALIZED (
		SELECT r.request, r.no, r.kind, r.due_at, r.due_on, i.at, i.rung, g.label, g.addressee, r.effect,
			row_number() OVER (PARTITION BY r.request ORDER BY i.at, i.rung NULLS FIRST, r.no) AS k,
			count(*) OVER (PARTITION BY r.request) AS many
		FROM ripe r CROSS JOIN LATERAL (
			SELECT r.due_at AS at, NULL::int AS rung WHERE r.breached_at IS NULL AND r.due_at <= v_now
			UNION ALL
			SELECT u.at, u.no::int - 1 FROM unnest(r.rung_at) WITH ORDINALITY AS u(at, no)
			WHERE u.at <= v_now AND r.fired & (1 << u.no::int - 1) = 0
		) i
		LEFT JOIN kezek.rung g ON g.service = r.service AND g.version = r.rule_version AND g.kind = r.kind
			AND g.no = i.rung
		WHERE i.rung IS NULL OR g.no IS NOT NULL -- a rung that nobody is to hear of passes in silence
	), d AS (
		UPDATE kezek.deadline d SET
			breached_at = CASE WHEN d.due_at <= v_now THEN coalesce(d.breached_at, d.due_at) ELSE d.breached_at END,
			fired = d.fired | coalesce((SELECT bit_or(1 << u.no::int - 1)
				FROM unnest(d.rung_at) WITH ORDINALITY AS u(at, no) WHERE u.at <= v_now), 0),
			fire_at = least(CASE WHEN d.breached_at IS NULL AND d.due_at > v_now THEN d.due_at END,
				(SELECT min(u.at) FROM unnest(d.rung_at) WITH ORDINALITY AS u(at, no)
				WHERE u.at > v_now AND d.fired & (1 << u.no::int - 1) = 0))
		FROM ripe r WHERE d.request = r.request AND d.no = r.no
	), s AS (
		UPDATE kezek.request_state s SET seq = s.seq + i.many, updated_at = v_now
		FROM instant i WHERE i.k = 1 AND s.id = i.request
		RETURNING s.id, s.seq, s.agency, s.office, s.service, s.responsible
	), away AS MATERIALIZED (
		SELECT * FROM kezek.away(v_now)
	), meant AS MATERIALIZED (
		SELECT i.*, kezek.uuid_v7(v_now) AS id, s.seq - i.many + i.k AS seq, s.agency, s.office, s.service,
			CASE WHEN i.rung IS NULL THEN 'breached' WHEN i.at >= i.due_at THEN 'escalated' ELSE 'warned' END AS event,
			CASE i.addressee WHEN 'officer' THEN s.responsible WHEN 'head' THEN a.head END AS person
		FROM instant i JOIN s ON s.id = i.request LEFT JOIN kezek.agency a ON a.code = s.agency
	), told AS MATERIALIZED ( -- who is on leave is told through the deputy
		SELECT m.*, coalesce(w.deputy, m.person) AS person_told, CASE WHEN w.deputy IS NOT NULL THEN m.person END AS absent
		FROM meant m LEFT JOIN away w ON w.agency = m.agency AND w.principal = m.person
	), feed AS MATERIALIZED (
		SELECT kezek.take_positions(t.n) AS last FROM (SELECT count(*) AS n FROM told) t
	), e AS (
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, after, position)
		SELECT t.request, t.seq, t.id, t.event, t.at, v_now, 'kezekd', CASE WHEN t.rung IS NULL
			THEN json_build_object('deadline', t.kind, 'due_at', t.due_at, 'due_on', t.due_on)
			WHEN t.absent IS NULL
			THEN json_build_object('deadline', t.kind, 'rung', t.label, 'to', t.addressee, 'person', t.person,
				'due_at', t.due_at)
			ELSE json_build_object('deadline', t.kind, 'rung', t.label, 'to', t.addressee, 'person', t.person_told,
				'in_place_of', t.absent, 'due_at', t.due_at) END,
			(SELECT last FROM feed) + row_number() OVER (ORDER BY t.at, t.request, t.k)
		FROM told t ORDER BY t.at, t.request, t.k
	), n AS (
		INSERT INTO kezek.notification (id, request, seq, kind, deadline, rung, addressee, person, principal, agency,
			office, service, due_at, occurred_at, recorded_at)
		SELECT t.id, t.request, t.seq, t.event, t.kind, t.label, t.addressee, t.person_told, w.holder, t.agency,
			t.office, t.service, t.due_at, t.at, v_now
		FROM told t LEFT JOIN kezek.work w ON w.request = t.request
		WHERE t.rung IS NOT NULL ORDER BY t.at, t.request, t.k
	)
	SELECT min(i.at), count(*), count(*) FILTER (WHERE i.rung IS NULL AND i.effect IS NOT NULL)
	INTO v_oldest, v_fired, v_effects FROM instant i;
	RETURN QUERY SELECT coalesce(cardinality(v_request), 0),
		coalesce((extract(epoch FROM v_now - v_oldest) * 1000000)::bigint, 0), v_now,
		(SELECT d.fire_at FROM kezek.deadline d WHERE d.fire_at IS NOT NULL ORDER BY d.fire_at LIMIT 1),
		v_fired, v_effects;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.fire_due TO kezek_jobs;

-- What must not be: deadlines that run without a timer, and timers that ran out 5 seconds ago and have not fired.
-- Counted to ten thousand each.
DROP FUNCTION IF EXISTS kezek.look_at_timers;
CREATE FUNCTION kezek.look_at_timers()
RETURNS TABLE (untimed int, late int)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
	SELECT (SELECT count(*) FROM (SELECT FROM kezek.deadline WHERE fire_at IS NULL AND state = 'running'
			AND (breached_at IS NULL AND due_at IS NOT NULL
				OR cardinality(array_remove(rung_at, NULL)) > bit_count(fired::bit(32))) LIMIT 10000) d)::int,
		(SELECT count(*) FROM (SELECT FROM kezek.deadline WHERE fire_at < (SELECT kezek.now()) - interval '5 s'
			LIMIT 10000) d)::int
$$;
GRANT EXECUTE ON FUNCTION kezek.look_at_timers TO kezek_jobs;

-- What no route took and nobody has reassigned: how many are open, and since when the oldest waits. To ten thousand. Whom it
-- may be told decides who asks.
CREATE OR REPLACE FUNCTION kezek.look_at_desk()
RETURNS TABLE (open int, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*)::int, min(r.registered_at)
	FROM (SELECT id FROM kezek.request_state WHERE agency = 'unrouted' AND closed_at IS NULL ORDER BY id LIMIT 10000) s
	JOIN kezek.request r ON r.id = s.id
$$;
GRANT EXECUTE ON FUNCTION kezek.look_at_desk TO kezek_jobs, kezek_app;

-- Who keeps dead rows from being cleared away, and so slows down all that walks over hot tables: the oldest snapshot of
-- this database by its seconds, and by the transactions since; a standby's and a slot's have no seconds. `who` is
-- session, prepared, standby, slot or none, `pid` a session's. Old from p_seconds on, or from a million transactions.
-- Other roles' sessions are told to members of pg_read_all_stats alone (roles.sql): where the owner is none, is_seen is
-- false.
CREATE OR REPLACE FUNCTION kezek.look_at_snapshots(p_seconds int)
RETURNS TABLE (is_seen boolean, is_old boolean, seconds int, transactions bigint, who text, pid int)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH held AS MATERIALIZED (
		SELECT CASE a.backend_type WHEN 'walsender' THEN 'standby' ELSE 'session' END AS who, a.pid,
			extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds,
			greatest(age(a.backend_xmin), age(a.backend_xid))::bigint AS transactions
		FROM pg_stat_activity a
		WHERE (a.datname = current_database() OR a.datid IS NULL) AND a.pid <> pg_backend_pid()
			AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
			AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid) -- holds nothing back
		UNION ALL
		SELECT 'prepared', NULL, extract(epoch FROM clock_timestamp() - x.prepared)::int, age(x.transaction)::bigint
		FROM pg_prepared_xacts x WHERE x.database = current_database()
		UNION ALL
		SELECT 'slot', NULL, NULL, age(r.xmin)::bigint FROM pg_replication_slots r WHERE r.xmin IS NOT NULL
	), oldest AS (
		SELECT h.who, h.pid FROM held h ORDER BY h.transactions DESC, h.seconds DESC NULLS LAST LIMIT 1
	)
	SELECT pg_has_role('pg_read_all_stats', 'USAGE'),
		coalesce(max(h.seconds) >= p_seconds, false) OR coalesce(max(h.transactions) >= 1000000, false),
		coalesce(max(h.seconds), 0), coalesce(max(h.transactions), 0),
		coalesce((SELECT o.who FROM oldest o), 'none'), (SELECT o.pid FROM oldest o)
	FROM held h
$$;
GRANT EXECUTE ON FUNCTION kezek.look_at_snapshots TO kezek_jobs, kezek_app;

-- The named head of an agency: who answers for what nobody holds.
CREATE OR REPLACE FUNCTION kezek.head_of(p_agency text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT head FROM kezek.agency WHERE code = p_agency
$$;

-- Keys that need not be kept for ever are forgotten after seven days, and what calls were about with them.
CREATE OR REPLACE FUNCTION kezek.forget_keys(p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	DELETE FROM kezek.reassignment r USING (SELECT principal, key FROM kezek.reassignment
		WHERE made_at < kezek.now() - interval '7 days' ORDER BY made_at LIMIT p_limit) old
	WHERE r.principal = old.principal AND r.key = old.key;
	WITH old AS (SELECT principal, key FROM kezek.idempotency
		WHERE NOT for_ever AND made_at < kezek.now() - interval '7 days' ORDER BY made_at LIMIT p_limit),
	gone AS (DELETE FROM kezek.idempotency i USING old WHERE i.principal = old.principal AND i.key = old.key
		RETURNING 1)
	SELECT count(*)::int FROM gone
$$;
GRANT EXECUTE ON FUNCTION kezek.forget_keys(int) TO kezek_jobs;
