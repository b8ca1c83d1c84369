-- Locks what waits for this person: what anybody may take and what is kept for them alone, in one order, at most p_room.
-- Between two that are kept the others are a range of their index, so that no more of them is locked than is taken.
CREATE OR REPLACE FUNCTION kezek.find_for(p_person text, p_agency text, p_services text[], p_room int, p_now timestamptz)
RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
	v_found uuid[] := '{}';
	v_kept record;
	v_after record;
BEGIN
	SELECT (-2)::smallint AS priority, '-infinity'::timestamptz AS due_at,
		'00000000-0000-0000-0000-000000000000'::uuid AS request INTO v_after;
	FOR v_kept IN
		SELECT k.*, true AS is_kept FROM (SELECT w.priority, w.due_at, w.request FROM kezek.work w
			WHERE w.kept_until IS NOT NULL AND w.kept_for = p_person AND w.kept_until > p_now AND w.agency = p_agency
				AND (p_services IS NULL OR w.service = ANY (p_services))
			ORDER BY w.kept_for, w.priority, w.due_at, w.request LIMIT p_room FOR UPDATE SKIP LOCKED) k
		UNION ALL
		SELECT 2::smallint, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', false
	LOOP
		v_found := v_found || ARRAY(
			SELECT w.request FROM kezek.work w
			WHERE w.waiting AND w.agency = p_agency AND (p_services IS NULL OR w.service = ANY (p_services))
				AND (w.priority, w.due_at, w.request) > (v_after.priority, v_after.due_at, v_after.request)
				AND (w.priority, w.due_at, w.request) < (v_kept.priority, v_kept.due_at, v_kept.request)
			ORDER BY w.agency, w.priority, w.due_at, w.request
			LIMIT p_room - cardinality(v_found)
			FOR UPDATE SKIP LOCKED);
		EXIT WHEN cardinality(v_found) >= p_room OR NOT v_kept.is_kept;
		v_found := v_found || v_kept.request;
		v_after := v_kept;
	END LOOP;
	RETURN v_found;
END
$$;

-- A batch of claims. A member takes up to `max` requests of its agency that wait for anybody or are kept for it, by
-- priority and soonest due first, or the one it names. One row a claimed request; none for a member that found nothing.
-- A denied member, and one that is on leave (absent), gets one row with a null request.
DROP FUNCTION IF EXISTS kezek.claim;
CREATE FUNCTION kezek.claim(
	m_principal text[], m_actor text[], m_agency text[], m_max int[], m_services text[], m_request uuid[],
	m_worker text[], m_lease interval[])
RETURNS TABLE (n int, result text, db_now timestamptz, request uuid, claim uuid, fence bigint, lease_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_may int[];
	v_person text[] := ARRAY(SELECT coalesce(m.actor, m.principal)
		FROM unnest(m_principal, m_actor) WITH ORDINALITY AS m(principal, actor, n) ORDER BY m.n);
	v_keepers text[] := '{}'; -- those for whom something is kept
	v_group record;
	v_slot int[]; -- the member to whom the k-th request of a group goes
	v_found uuid[];
	-- What is taken: to whom the k-th goes, and what it then is.
	v_taken uuid[] := '{}';
	v_member int[];
	v_claim uuid[];
	v_fence bigint[];
	v_until timestamptz[];
	v_seq int[];
	v_last bigint; -- position of the feed
BEGIN
	SELECT coalesce(array_agg(m.n), '{}') INTO v_may
	FROM unnest(m_principal, m_agency) WITH ORDINALITY AS m(principal, agency, n)
	JOIN kezek.principal p ON p.name = m.principal AND p.disabled_at IS NULL AND p.role = 'officer'
		AND p.agency = m.agency
	WHERE NOT EXISTS (SELECT FROM kezek.away(v_now) a WHERE a.agency = m.agency AND a.principal = m.principal);
	RETURN QUERY SELECT g.n, CASE WHEN EXISTS (SELECT FROM kezek.away(v_now) a
		WHERE a.agency = m_agency[g.n] AND a.principal = m_principal[g.n]) THEN 'absent' ELSE 'denied' END, v_now, NULL::uuid, NULL::uuid, NULL::bigint, NULL::timestamptz
	FROM generate_series(1, cardinality(m_principal)) AS g(n) WHERE NOT g.n = ANY (v_may);

	IF EXISTS (SELECT FROM kezek.work w WHERE w.kept_until > v_now) THEN
		v_keepers := ARRAY(SELECT DISTINCT w.kept_for FROM kezek.work w
			WHERE w.kept_until IS NOT NULL AND w.kept_for = ANY (v_person));
	END IF;
	-- Who asks for one request by name is served from it, and who has something kept from that too; the others of one
	-- queue are served in one go.
	FOR v_group IN
		SELECT m.agency, string_to_array(m.services, E'\n') AS services, m.request, p.person,
			array_agg(m.n::int ORDER BY m.n) AS members
		FROM unnest(m_agency, m_services, m_request, v_person) WITH ORDINALITY
			AS m(agency, services, request, person, n),
			LATERAL (SELECT CASE WHEN m.request IS NOT NULL OR m.person = ANY (v_keepers) THEN m.person END AS person) p
		WHERE m.n = ANY (v_may)
		GROUP BY m.agency, m.services, m.request, p.person ORDER BY min(m.n)
	LOOP
		v_slot := ARRAY(SELECT m.n FROM unnest(v_group.members) WITH ORDINALITY AS m(n, at),
			generate_series(1, m_max[m.n]) ORDER BY m.at);
		IF v_group.request IS NOT NULL THEN
			v_found := ARRAY(
				SELECT w.request FROM kezek.work w
				WHERE w.request = v_group.request AND w.agency = v_group.agency
					AND (w.waiting OR w.kept_for = v_group.person OR w.kept_until <= v_now)
					AND (v_group.services IS NULL OR w.service = ANY (v_group.services))
				FOR UPDATE SKIP LOCKED);
		ELSIF v_group.person IS NOT NULL THEN
			v_found := kezek.find_for(v_group.person, v_group.agency, v_group.services, cardinality(v_slot), v_now);
		ELSE
			v_found := ARRAY(
				SELECT w.request FROM kezek.work w
				WHERE w.waiting AND w.agency = v_group.agency
					AND (v_group.services IS NULL OR w.service = ANY (v_group.services))
				ORDER BY w.agency, w.priority, w.due_at, w.request
				LIMIT cardinality(v_slot)
				FOR UPDATE SKIP LOCKED);
		END IF;
		CONTINUE WHEN cardinality(v_found) = 0;
		WITH w AS (
			UPDATE kezek.work w SET waiting = false, claim = kezek.uuid_v7(v_now), fence = w.fence + 1,
				holder = m_principal[f.n], actor = m_actor[f.n], worker = m_worker[f.n],
				lease_until = v_now + m_lease[f.n], kept_for = NULL, kept_until = NULL
			FROM unnest(v_found, v_slot[:cardinality(v_found)]) WITH ORDINALITY AS f(request, n, k)
			WHERE w.request = f.request
			RETURNING f.n, f.k, w.request, w.claim, w.fence, w.holder, w.actor, w.lease_until
		), s AS (
			UPDATE kezek.request_state s SET state = 'claimed', seq = s.seq + 1, updated_at = v_now,
				responsible = coalesce(w.actor, w.holder)
			FROM w WHERE s.id = w.request
			RETURNING w.*, s.seq
		)
		SELECT v_taken || array_agg(s.request ORDER BY s.k), v_member || array_agg(s.n ORDER BY s.k),
			v_claim || array_agg(s.claim ORDER BY s.k), v_fence || array_agg(s.fence ORDER BY s.k),
			v_until || array_agg(s.lease_until ORDER BY s.k), v_seq || array_agg(s.seq ORDER BY s.k)
		INTO v_taken, v_member, v_claim, v_fence, v_until, v_seq FROM s;
	END LOOP;

	v_last := kezek.take_positions(cardinality(v_taken));
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, after, position)
	SELECT v_taken[k], v_seq[k], kezek.uuid_v7(v_now), 'claim', v_now, v_now, m_principal[v_member[k]],
		m_actor[v_member[k]], json_build_object('state', 'claimed', 'fence', v_fence[k], 'lease_until', v_until[k]), v_last + k
	FROM generate_series(1, cardinality(v_taken)) AS k;
	RETURN QUERY SELECT v_member[k], 'done', v_now, v_taken[k], v_claim[k], v_fence[k], v_until[k]
	FROM generate_series(1, cardinality(v_taken)) AS k;
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

-- Claims whose answer could not be delivered to their holder: back to their queue at once.
DROP FUNCTION IF EXISTS kezek.give_back(uuid[], bigint[]);
CREATE OR REPLACE FUNCTION kezek.give_back(m_principal text[], m_claim uuid[], m_fence bigint[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_now timestamptz := kezek.now();
	v_done int;
BEGIN
	PERFORM FROM kezek.work w WHERE w.claim = ANY (m_claim) ORDER BY w.request FOR UPDATE;
	WITH old AS MATERIALIZED (
		SELECT w.request, w.agency, w.holder, w.actor, w.fence
		FROM unnest(m_principal, m_claim, m_fence) AS m(principal, claim, fence)
		JOIN kezek.work w ON w.claim = m.claim AND w.fence = m.fence AND w.holder = m.principal
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
	), feed AS MATERIALIZED (
		SELECT kezek.take_positions(u.n) AS last FROM (SELECT count(*) AS n FROM u) u
	), e AS (
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, before, after,
			position)
		SELECT u.id, u.seq, kezek.uuid_v7(v_now), 'release', v_now, v_now, old.holder, old.actor,
			json_build_object('state', 'claimed', 'fence', old.fence),
			json_build_object('state', 'queued', 'undelivered', true), (SELECT last FROM feed) + row_number() OVER ()
		FROM u JOIN old ON old.request = u.id
	)
	SELECT count(*) INTO v_done FROM u;
	RETURN v_done;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.give_back TO kezek_app;
