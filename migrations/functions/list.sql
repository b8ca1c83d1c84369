-- Lists: only the filters that are given stand in the query, so that each keeps its index. By the caller's
-- rights. p_after_at and p_after_id are the last row's sort key.
DROP FUNCTION IF EXISTS kezek.list_condition;
CREATE FUNCTION kezek.list_condition(p_agency text, p_office text, p_service text, p_state text,
	p_deadline text, p_overdue boolean, p_due_before timestamptz, p_updated_since timestamptz, p_number text,
	p_responsible text, p_on_desk boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT concat_ws(' AND ', 'true',
		CASE WHEN p_agency IS NOT NULL THEN format('s.agency = %L', p_agency) END,
		CASE WHEN p_office IS NOT NULL THEN format('s.office = %L', p_office) END,
		CASE WHEN p_service IS NOT NULL THEN format('s.service = %L', p_service) END,
		CASE WHEN p_state IS NOT NULL THEN format('s.state = ANY (string_to_array(%L, '',''))', p_state) END,
		CASE WHEN p_deadline IS NOT NULL THEN format('s.decide = %L', p_deadline) END,
		CASE WHEN p_overdue THEN 's.closed_at IS NULL AND s.decide = ''running'' AND s.due_at <= (SELECT kezek.now())'
			WHEN NOT p_overdue THEN 'NOT (s.closed_at IS NULL AND s.decide IS NOT DISTINCT FROM '
				'''running'' AND coalesce(s.due_at <= (SELECT kezek.now()), false))' END,
		CASE WHEN p_due_before IS NOT NULL THEN format('s.due_at < %L', p_due_before) END,
		CASE WHEN p_updated_since IS NOT NULL THEN format('s.updated_at >= %L', p_updated_since) END,
		CASE WHEN p_number IS NOT NULL THEN
			format('s.id IN (SELECT n.request FROM kezek.number n WHERE n.number = %L)', p_number) END,
		-- of an open one, whoever stands in
		CASE WHEN p_responsible IS NOT NULL THEN format('(s.responsible = %1$L AND (s.closed_at IS NOT NULL '
			'OR s.agency NOT IN (SELECT a.agency FROM kezek.away((SELECT kezek.now())) a WHERE a.principal = %1$L)) '
			'OR s.closed_at IS NULL AND (s.agency, s.responsible) IN (SELECT a.agency, a.principal '
			'FROM kezek.away((SELECT kezek.now())) a WHERE a.deputy = %1$L))', p_responsible) END,
		CASE WHEN p_on_desk THEN 's.id IN (SELECT w.request FROM kezek.work w WHERE w.on_desk)'
			WHEN NOT p_on_desk THEN 'NOT EXISTS (SELECT FROM kezek.work w WHERE w.request = s.id AND w.on_desk)' END)
$$;
GRANT EXECUTE ON FUNCTION kezek.list_condition TO kezek_app;

DROP FUNCTION IF EXISTS kezek.list_requests;
CREATE FUNCTION kezek.list_requests(p_agency text, p_office text, p_service text, p_state text,
	p_deadline text, p_overdue boolean, p_due_before timestamptz, p_updated_since timestamptz, p_number text,
	p_responsible text, p_on_desk boolean, p_sort text, p_after_at timestamptz, p_after_id uuid, p_limit int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE ROWS 50 AS $$
DECLARE
	v_where text := kezek.list_condition(p_agency, p_office, p_service, p_state, p_deadline, p_overdue,
		p_due_before, p_updated_since, p_number, p_responsible, p_on_desk);
	v_first CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
	v_found int := 0;
BEGIN
	IF p_sort = 'due_at' THEN
		-- Those without a date come last, at infinity in the cursor. Bare columns, compared by what leaks nothing: else no
		-- index would be used below a policy.
		IF p_after_at IS DISTINCT FROM 'infinity' THEN
			RETURN QUERY EXECUTE 'SELECT s.id FROM kezek.request_state s WHERE ' || v_where
				|| ' AND (s.due_at, s.id) > ($1, $2) ORDER BY s.due_at, s.id LIMIT $3'
			USING coalesce(p_after_at, '-infinity'), coalesce(p_after_id, v_first), p_limit;
			GET DIAGNOSTICS v_found = ROW_COUNT;
		END IF;
		IF v_found < p_limit THEN
			RETURN QUERY EXECUTE 'SELECT s.id FROM kezek.request_state s WHERE ' || v_where
				|| ' AND s.due_at IS NULL AND s.id > $1 ORDER BY s.due_at, s.id LIMIT $2'
			USING CASE WHEN p_after_at = 'infinity' THEN p_after_id ELSE v_first END, p_limit - v_found;
		END IF;
	ELSE
		RETURN QUERY EXECUTE 'SELECT s.id FROM kezek.request_state s WHERE ' || v_where
			|| ' AND s.id > $1 ORDER BY s.id LIMIT $2'
		USING coalesce(p_after_id, v_first), p_limit;
	END IF;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.list_requests TO kezek_app;

DROP FUNCTION IF EXISTS kezek.count_requests;
CREATE FUNCTION kezek.count_requests(p_agency text, p_office text, p_service text, p_state text,
	p_deadline text, p_overdue boolean, p_due_before timestamptz, p_updated_since timestamptz, p_number text,
	p_responsible text, p_on_desk boolean) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_count bigint;
BEGIN
	EXECUTE 'SELECT count(*) FROM kezek.request_state s WHERE ' || kezek.list_condition(p_agency, p_office,
		p_service, p_state, p_deadline, p_overdue, p_due_before, p_updated_since, p_number, p_responsible, p_on_desk)
	INTO v_count;
	RETURN v_count;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.count_requests TO kezek_app;

-- The answer stored under a principal's idempotency key, with the key it is sealed under.
CREATE OR REPLACE FUNCTION kezek.stored_answer(p_principal text, p_key text)
RETURNS TABLE (request uuid, fingerprint bytea, status int, answer bytea, master int, wrapped bytea, version int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT i.request, i.fingerprint, i.status::int, i.answer, k.master, k.wrapped, i.version
	FROM kezek.idempotency i JOIN kezek.request_key k ON k.request = i.request
	JOIN kezek.principal p ON p.name = i.principal AND p.disabled_at IS NULL
	WHERE i.principal = p_principal AND i.key = p_key
$$;
GRANT EXECUTE ON FUNCTION kezek.stored_answer(text, text) TO kezek_app;
