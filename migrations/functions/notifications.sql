-- Notifications: who is told, what they have seen, and when it is forgotten.

-- The newest first, up to p_upto: of an officer, those addressed to them (by name; by the name of the person that a
-- system acts for; or because the system itself holds the request for its person); of a supervisor, their agency's or
-- all; of an auditor, all. A deputy sees what the absent has not seen. Whoever asks has entered. Each branch follows one
-- index down from p_upto.
CREATE OR REPLACE FUNCTION kezek.told(p_actor text, p_unseen boolean, p_upto uuid, p_limit int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
	p kezek.principal;
BEGIN
	SELECT * INTO p FROM kezek.principal c
	WHERE c.name = nullif(current_setting('kezek.principal', true), '') AND c.disabled_at IS NULL;
	IF p.kind <> 'system' THEN
		p_actor := NULL; -- a person is nobody else
	END IF;
	IF p.role = 'officer' THEN
		RETURN QUERY SELECT u.id FROM (
			(SELECT n.id FROM kezek.notification n WHERE n.person = p.name AND n.agency = p.agency
				AND n.seen_at IS NULL AND n.id <= p_upto ORDER BY n.id DESC LIMIT p_limit)
			UNION (SELECT n.id FROM kezek.notification n WHERE n.person = p_actor AND n.agency = p.agency
				AND n.seen_at IS NULL AND n.id <= p_upto ORDER BY n.id DESC LIMIT p_limit)
			UNION (SELECT n.id FROM kezek.notification n WHERE n.principal = p.name AND n.agency = p.agency
				AND n.addressee = 'officer' AND n.principal <> n.person
				AND n.seen_at IS NULL AND n.id <= p_upto ORDER BY n.id DESC LIMIT p_limit)
			UNION (SELECT n.id FROM kezek.away(kezek.now()) a CROSS JOIN LATERAL (SELECT n.id FROM kezek.notification n
				WHERE n.person = a.principal AND n.agency = a.agency AND n.seen_at IS NULL AND n.id <= p_upto
				ORDER BY n.id DESC LIMIT p_limit) n
				WHERE a.agency = p.agency AND a.deputy = p.name)
			UNION (SELECT n.id FROM kezek.notification n WHERE NOT p_unseen AND n.agency = p.agency
				AND (n.person IN (p.name, p_actor) OR n.addressee = 'officer' AND n.principal = p.name)
				AND n.seen_at IS NOT NULL AND n.id <= p_upto ORDER BY n.id DESC LIMIT p_limit)
		) u ORDER BY u.id DESC LIMIT p_limit;
	ELSIF p.role IN ('supervisor', 'auditor') THEN
		RETURN QUERY SELECT u.id FROM (
			SELECT n.id FROM kezek.agency a CROSS JOIN LATERAL (SELECT n.id FROM kezek.notification n
				WHERE n.agency = a.code AND n.seen_at IS NULL AND n.id <= p_upto ORDER BY n.id DESC LIMIT p_limit) n
			WHERE p.agency IS NULL OR a.code = p.agency
			UNION ALL
			SELECT n.id FROM kezek.agency a CROSS JOIN LATERAL (SELECT n.id FROM kezek.notification n
				WHERE n.agency = a.code AND n.seen_at IS NOT NULL AND n.id <= p_upto
				ORDER BY n.id DESC LIMIT p_limit) n
			WHERE NOT p_unseen AND (p.agency IS NULL OR a.code = p.agency)
		) u ORDER BY u.id DESC LIMIT p_limit;
	END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION kezek.told FROM PUBLIC;

-- A page of them, those before p_before, each with its request's number: who was told knows it, wherever the request
-- is by now.
CREATE OR REPLACE FUNCTION kezek.notifications(p_actor text, p_unseen boolean, p_before uuid, p_limit int)
RETURNS TABLE (id uuid, request uuid, number text, kind text, deadline text, rung text, addressee text, person text,
	principal text, agency text, office text, service text, due_at timestamptz, occurred_at timestamptz,
	recorded_at timestamptz, seen_at timestamptz, seen_by text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
	SELECT n.id, n.request, r.number, n.kind, n.deadline, n.rung, n.addressee, n.person, n.principal, n.agency, n.office,
		n.service, n.due_at, n.occurred_at, n.recorded_at, n.seen_at, n.seen_by
	FROM kezek.told(p_actor, p_unseen, coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
		p_limit + (p_before IS NOT NULL)::int) t(id)
	JOIN kezek.notification n ON n.id = t.id JOIN kezek.request r ON r.id = n.request
	WHERE n.id IS DISTINCT FROM p_before ORDER BY n.id DESC LIMIT p_limit
$$;
GRANT EXECUTE ON FUNCTION kezek.notifications TO kezek_app;

-- Those of p_ids that the caller is told of, or the newest 10,000 up to p_until, have been seen. Seeing again changes
-- nothing.
CREATE OR REPLACE FUNCTION kezek.see_notifications(p_actor text, p_ids uuid[], p_until uuid)
RETURNS TABLE (seen int, has_more boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
	v_limit CONSTANT int := 10000;
	v_now timestamptz := kezek.now();
	p kezek.principal;
	v_ids uuid[];
	v_seen int;
BEGIN
	SELECT * INTO p FROM kezek.principal c
	WHERE c.name = nullif(current_setting('kezek.principal', true), '') AND c.disabled_at IS NULL
		AND c.role IN ('officer', 'supervisor');
	IF p.kind <> 'system' THEN
		p_actor := NULL;
	END IF;
	IF p_until IS NOT NULL THEN
		v_ids := ARRAY(SELECT kezek.told(p_actor, true, p_until, v_limit));
	ELSE
		v_ids := ARRAY(SELECT n.id FROM kezek.notification n WHERE n.id = ANY (p_ids)
			AND (p.role = 'supervisor' AND p.agency IS NULL OR p.agency = n.agency)
			AND (p.role = 'supervisor' OR n.person IN (p.name, p_actor)
				OR n.addressee = 'officer' AND n.principal = p.name
				OR EXISTS (SELECT FROM kezek.away(v_now) a WHERE a.agency = n.agency AND a.deputy = p.name
					AND a.principal = n.person)));
	END IF;
	WITH mine AS MATERIALIZED (
		SELECT n.id FROM kezek.notification n WHERE p.name IS NOT NULL AND n.id = ANY (v_ids) AND n.seen_at IS NULL
		ORDER BY n.id FOR UPDATE
	), u AS (
		UPDATE kezek.notification n SET seen_at = v_now, seen_by = coalesce(p_actor, p.name)
		FROM mine WHERE n.id = mine.id RETURNING 1
	)
	SELECT count(*) INTO v_seen FROM u;
	RETURN QUERY SELECT v_seen, coalesce(p_until IS NOT NULL AND cardinality(v_ids) = v_limit, false);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.see_notifications TO kezek_app;

-- Forgets those that were seen more than 30 days ago and those whose request is closed: walks the table, p_limit rows a
-- turn, and begins anew at its end. Returns how many it forgot. One daemon at a time; another passes.
CREATE OR REPLACE FUNCTION kezek.sweep_notifications(p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
	v_now timestamptz := kezek.now();
	v_after uuid;
	v_last uuid;
	v_looked int;
	v_gone int;
BEGIN
	SELECT b.after INTO v_after FROM kezek.broom b WHERE b.what = 'notification' FOR UPDATE SKIP LOCKED;
	IF v_after IS NULL THEN
		RETURN 0;
	END IF;
	WITH page AS MATERIALIZED (
		SELECT n.id, n.request, n.seen_at FROM kezek.notification n WHERE n.id > v_after ORDER BY n.id LIMIT p_limit
	), gone AS (
		DELETE FROM kezek.notification n USING page WHERE n.id = page.id
			AND (page.seen_at < v_now - interval '30 days'
				OR NOT EXISTS (SELECT FROM kezek.work w WHERE w.request = page.request))
		RETURNING 1
	)
	SELECT count(*), (SELECT count(*) FROM gone), max(page.id::text)::uuid INTO v_looked, v_gone, v_last FROM page;
	UPDATE kezek.broom SET after = CASE WHEN v_looked < p_limit THEN '00000000-0000-0000-0000-000000000000' ELSE v_last END
	WHERE what = 'notification';
	RETURN v_gone;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.sweep_notifications TO kezek_jobs;
