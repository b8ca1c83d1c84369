-- Which requests a supervisor gives to others in one call, and each to whom.

-- In scope and open: those named, or what p_from holds or answers for (a head: not what merely waits in the queue), or
-- what waits at p_from_agency; of p_service alone where it is given; soonest due first, in turn to each receiver. With a
-- key it is chosen once. The first row is the call's: its fingerprint, and whether there are more; the others one a
-- request, its version null where there is none such. Nothing for who is no supervisor.
CREATE OR REPLACE FUNCTION kezek.plan_reassignment(p_by text, p_key text, p_fingerprint bytea, p_requests uuid[],
	p_from text, p_from_agency text, p_service text, p_receivers text[], p_limit int)
RETURNS TABLE (fingerprint bytea, has_more boolean, request uuid, number text, version int, receiver text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	p kezek.principal;
	r kezek.reassignment;
BEGIN
	SELECT * INTO p FROM kezek.principal c WHERE c.name = p_by AND c.disabled_at IS NULL AND c.role = 'supervisor';
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT * INTO r FROM kezek.reassignment c WHERE c.principal = p_by AND c.key = p_key;
	IF NOT FOUND THEN
		r.fingerprint := p_fingerprint;
		r.requests := ARRAY(
			SELECT w.request FROM kezek.work w JOIN kezek.request_state s ON s.id = w.request
			WHERE (p.agency IS NULL OR s.agency = p.agency) AND (p_service IS NULL OR s.service = p_service)
				AND CASE
				WHEN p_requests IS NOT NULL THEN w.request = ANY (p_requests)
				WHEN p_from IS NOT NULL THEN w.holder = p_from
					OR s.responsible = p_from AND p_from IS DISTINCT FROM kezek.head_of(s.agency)
				ELSE w.waiting AND w.agency = p_from_agency END
			ORDER BY w.due_at, w.request LIMIT p_limit + 1);
		r.has_more := cardinality(r.requests) > p_limit;
		r.requests := r.requests[1:p_limit];
		-- those named that are not there have their answer too
		r.requests := r.requests || ARRAY(SELECT u.id FROM unnest(p_requests) WITH ORDINALITY AS u(id, n)
			WHERE NOT u.id = ANY (r.requests) ORDER BY u.n);
		r.receivers := ARRAY(SELECT p_receivers[1 + (n - 1) % greatest(cardinality(p_receivers), 1)]
			FROM generate_series(1, cardinality(r.requests)) AS n ORDER BY n);
		IF p_key IS NOT NULL THEN
			INSERT INTO kezek.reassignment (principal, key, fingerprint, requests, receivers, has_more, made_at)
			VALUES (p_by, p_key, r.fingerprint, r.requests, r.receivers, r.has_more, kezek.now()) ON CONFLICT DO NOTHING;
			SELECT * INTO r FROM kezek.reassignment c WHERE c.principal = p_by AND c.key = p_key; -- a twin's, perhaps
		END IF;
	END IF;
	RETURN QUERY SELECT r.fingerprint, r.has_more, NULL::uuid, NULL::text, NULL::int, NULL::text;
	RETURN QUERY SELECT NULL::bytea, NULL::boolean, u.id, q.number, s.version, u.receiver
	FROM unnest(r.requests, r.receivers) WITH ORDINALITY AS u(id, receiver, n)
	LEFT JOIN kezek.request_state s ON s.id = u.id AND (p.agency IS NULL OR s.agency = p.agency)
	LEFT JOIN kezek.request q ON q.id = s.id
	ORDER BY u.n;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.plan_reassignment TO kezek_app;
