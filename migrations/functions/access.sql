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
