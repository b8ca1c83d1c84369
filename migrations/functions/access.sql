-- The access log: written before what was read is told.
CREATE OR REPLACE FUNCTION kezek.log_access(m_principal text[], m_actor text[], m_what text[], m_query text[],
	m_requests text[]) RETURNS TABLE (n int, result text, db_now timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_now timestamptz := kezek.now();
BEGIN
	INSERT INTO kezek.access (id, at, principal, actor, what, query, requests)
	SELECT kezek.uuid_v7(v_now), v_now, m.principal, m.actor, m.what, m.query, m.requests::uuid[]
	FROM unnest(m_principal, m_actor, m_what, m_query, m_requests) AS m(principal, actor, what, query, requests);
	RETURN QUERY SELECT g.n, 'done', v_now FROM generate_series(1, cardinality(m_principal)) AS g(n);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.log_access TO kezek_app;

-- Who read a request, the newest first, those before p_before: of one in the scope that enter() has set, and for those
-- who may know. A line holds the other requests of its call too, so nobody reads the table itself. By the index of
-- requests, and no other: whoever read this one, most lines are of others.
CREATE OR REPLACE FUNCTION kezek.accesses(p_request uuid, p_before uuid, p_limit int)
RETURNS TABLE (id uuid, at timestamptz, principal text, actor text, what text, query text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_bitmapscan = on
SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
	IF EXISTS (SELECT FROM kezek.request_view v WHERE v.id = p_request)
		AND EXISTS (SELECT FROM kezek.principal p WHERE p.name = nullif(current_setting('kezek.principal', true), '')
			AND p.role IN ('supervisor', 'auditor') AND p.disabled_at IS NULL)
	THEN
		RETURN QUERY
		WITH l AS MATERIALIZED (SELECT * FROM kezek.access WHERE requests @> ARRAY[p_request])
		SELECT l.id, l.at, l.principal, l.actor, l.what, l.query FROM l
		WHERE p_before IS NULL OR l.id < p_before ORDER BY l.id DESC LIMIT p_limit;
	END IF;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.accesses TO kezek_app;
REVOKE SELECT ON kezek.access FROM kezek_app;
DROP POLICY IF EXISTS scope ON kezek.access;
