-- A batch of claims. A member takes up to `max` waiting requests of its agency, soonest due first, or the
-- one it names. One row a claimed request; none for a member that found nothing. A denied member gets one
-- row with a null request.
DROP FUNCTION IF EXISTS kezek.claim;
CREATE FUNCTION kezek.claim(
	m_principal text[], m_actor text[], m_agency text[], m_max int[], m_services text[], m_request uuid[],
	m_worker text[], m_lease interval[])
RETURNS TABLE (n int, result text, db_now timestamptz, request uuid, claim uuid, fence bigint, lease_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_services text[];
BEGIN
	FOR i IN 1 .. cardinality(m_principal)
	LOOP
		PERFORM FROM kezek.principal p WHERE p.name = m_principal[i] AND p.disabled_at IS NULL
			AND p.role = 'officer' AND p.agency = m_agency[i];
		IF NOT FOUND THEN
			RETURN QUERY SELECT i, 'denied', v_now, NULL::uuid, NULL::uuid, NULL::bigint, NULL::timestamptz;
			CONTINUE;
		END IF;
		v_services := string_to_array(m_services[i], E'\n');
		RETURN QUERY
		WITH pick AS MATERIALIZED (
			SELECT w.request, w.due_at FROM kezek.work w
			WHERE w.waiting AND w.agency = m_agency[i]
				AND (v_services IS NULL OR w.service = ANY (v_services))
				AND (m_request[i] IS NULL OR w.request = m_request[i])
			ORDER BY w.agency, w.priority, w.due_at, w.request
			LIMIT m_max[i]
			FOR UPDATE SKIP LOCKED
		), s AS (
			UPDATE kezek.request_state s SET state = 'claimed', seq = s.seq + 1, updated_at = v_now,
				responsible = coalesce(m_actor[i], m_principal[i])
			FROM pick WHERE s.id = pick.request
			RETURNING s.id, s.seq
		), w AS (
			UPDATE kezek.work w SET waiting = false, claim = kezek.uuid_v7(v_now), fence = w.fence + 1,
				holder = m_principal[i], actor = m_actor[i], worker = m_worker[i],
				lease_until = v_now + m_lease[i]
			FROM pick WHERE w.request = pick.request
			RETURNING w.request, w.claim, w.fence, w.lease_until
		), e AS (
			INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, after)
			SELECT w.request, s.seq, kezek.uuid_v7(v_now), 'claim', v_now, v_now, m_principal[i], m_actor[i],
				json_build_object('state', 'claimed', 'fence', w.fence, 'lease_until', w.lease_until)
			FROM w JOIN s ON s.id = w.request
		)
		SELECT i, 'done', v_now, w.request, w.claim, w.fence, w.lease_until
		FROM w JOIN pick USING (request) ORDER BY pick.due_at, pick.request;
	END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.claim TO kezek_app;

-- Leases prolonged in one batch; a lease that ran out, or another's, answers lost. Custody needs no renewal
-- and is answered as it stands.
DROP FUNCTION IF EXISTS kezek.renew;
CREATE FUNCTION kezek.renew(m_principal text[], m_claim uuid[], m_fence bigint[], m_lease interval[])
RETURNS TABLE (n int, result text, db_now timestamptz, request uuid, lease_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz;
BEGIN
	PERFORM FROM kezek.work w WHERE w.claim = ANY (m_claim) ORDER BY w.request FOR UPDATE;
	v_now := kezek.now();
	RETURN QUERY
	WITH m AS MATERIALIZED (
		SELECT m.* FROM unnest(m_principal, m_claim, m_fence, m_lease) WITH ORDINALITY
			AS m(principal, claim, fence, lease, n)
		JOIN kezek.principal p ON p.name = m.principal AND p.disabled_at IS NULL AND p.role = 'officer'
	), u AS (
		UPDATE kezek.work w SET lease_until = CASE WHEN w.lease_until IS NULL THEN NULL
			ELSE greatest(w.lease_until, v_now + m.lease) END
		FROM (SELECT DISTINCT ON (claim) * FROM m ORDER BY claim, n) m
		WHERE w.claim = m.claim AND w.fence = m.fence AND w.holder = m.principal
			AND (w.lease_until IS NULL OR w.lease_until > v_now)
		RETURNING w.claim, w.fence, w.holder, w.request, w.lease_until
	)
	SELECT g.n::int, CASE WHEN u.request IS NULL THEN 'lost' ELSE 'done' END, v_now, u.request, u.lease_until
	FROM generate_series(1, cardinality(m_claim)) AS g(n)
	LEFT JOIN m ON m.n = g.n
	LEFT JOIN u ON u.claim = m.claim AND u.fence = m.fence AND u.holder = m.principal
	ORDER BY g.n;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.renew TO kezek_app;

-- Claims whose answer could not be delivered: back to their queue at once.
CREATE OR REPLACE FUNCTION kezek.give_back(m_claim uuid[], m_fence bigint[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_now timestamptz := kezek.now();
	v_done int;
BEGIN
	PERFORM FROM kezek.work w WHERE w.claim = ANY (m_claim) ORDER BY w.request FOR UPDATE;
	WITH old AS MATERIALIZED (
		SELECT w.request, w.agency, w.holder, w.actor, w.fence
		FROM unnest(m_claim, m_fence) AS m(claim, fence)
		JOIN kezek.work w ON w.claim = m.claim AND w.fence = m.fence
		WHERE w.lease_until IS NOT NULL FOR UPDATE OF w
	), w AS (
		UPDATE kezek.work w SET waiting = true, claim = NULL, holder = NULL, actor = NULL, worker = NULL,
			lease_until = NULL
		FROM old WHERE w.request = old.request
	), u AS (
		UPDATE kezek.request_state s SET state = 'queued', seq = s.seq + 1, updated_at = v_now,
			responsible = kezek.head_of(s.agency)
		FROM old WHERE s.id = old.request AND s.state = 'claimed'
		RETURNING s.id, s.seq
	), e AS (
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, before, after)
		SELECT u.id, u.seq, kezek.uuid_v7(v_now), 'release', v_now, v_now, old.holder, old.actor,
			json_build_object('state', 'claimed', 'fence', old.fence),
			json_build_object('state', 'queued', 'undelivered', true)
		FROM u JOIN old ON old.request = u.id
	)
	SELECT count(*) INTO v_done FROM u;
	RETURN v_done;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.give_back(uuid[], bigint[]) TO kezek_app;
