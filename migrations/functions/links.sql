-- Linked requests: what acts mean for them, and what the daemon still has to do about them.

-- Within kezek.act: new links; a child that has ended, and one that has not and is not wanted any more.
DROP FUNCTION IF EXISTS kezek.follow_links;
CREATE FUNCTION kezek.follow_links(v_now timestamptz, m_request uuid[], m_principal text[], m_actor text[],
	m_state text[], v_done uuid[],
	k_parent uuid[], k_no int[], k_child uuid[], k_kind text[], k_agency text[], k_number text[], k_asked int[],
	k_join text[], k_answer_by timestamptz[], k_about bytea[],
	e_request uuid[], e_seq int[], e_id uuid[], e_kind text[], e_after text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(k_parent) > 0 THEN
		INSERT INTO kezek.link (parent, no, child, kind, agency, number, asked, "join", answer_by, about, principal, actor,
			made_at, state)
		SELECT k.parent, k.no, k.child, k.kind, k.agency, k.number, k.asked, k."join", k.answer_by, k.about, m.principal,
			m.actor, v_now, 'opening'
		FROM unnest(k_parent, k_no, k_child, k_kind, k_agency, k_number, k_asked, k_join, k_answer_by, k_about)
			AS k(parent, no, child, kind, agency, number, asked, "join", answer_by, about)
		JOIN unnest(m_request, m_principal, m_actor) AS m(request, principal, actor) ON m.request = k.parent
		WHERE k.parent = ANY (v_done);
	END IF;

	-- In one order, so that two batches cannot wait for each other.
	PERFORM FROM kezek.link k WHERE k.child = ANY (v_done) OR k.parent = ANY (v_done) ORDER BY k.child FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE kezek.link k SET state = CASE k.state WHEN 'open' THEN 'answered' WHEN 'over' THEN 'told' ELSE 'open' END
	FROM unnest(m_request, m_state) AS m(request, state)
	WHERE k.child = m.request AND m.request = ANY (v_done) AND CASE
		WHEN m.state IN ('decided', 'closed', 'refused', 'withdrawn', 'lapsed') THEN k.state IN ('open', 'over')
		ELSE k.state IN ('answered', 'told') END; -- the latter: opened again
	UPDATE kezek.link k SET state = 'told'
	FROM unnest(e_request, e_kind, e_after) AS e(request, kind, after)
	WHERE e.kind = 'answered' AND e.request = ANY (v_done)
		AND k.parent = e.request AND k.child = (e.after::json ->> 'request')::uuid;
	-- A question falls with the matter, and with the first answer where one is enough; a part, when all is withdrawn.
	UPDATE kezek.link k SET state = CASE k.state WHEN 'opening' THEN 'told' ELSE 'over' END
	FROM unnest(m_request, m_state) AS m(request, state)
	WHERE k.parent = m.request AND m.request = ANY (v_done) AND k.state IN ('opening', 'open')
		AND (m.state = 'withdrawn' OR k.kind = 'consult' AND (m.state IN ('decided', 'closed', 'lapsed')
			OR k."join" = 'any' AND EXISTS (SELECT FROM unnest(e_request, e_kind, e_after) AS e(request, kind, after)
				JOIN kezek.link told ON told.child = (e.after::json ->> 'request')::uuid
				WHERE e.kind = 'answered' AND told.parent = k.parent AND told.asked = k.asked)));

	INSERT INTO kezek.notification (id, request, seq, kind, deadline, rung, addressee, person, principal, agency, office,
		service, due_at, occurred_at, recorded_at)
	SELECT e.id, e.request, e.seq, 'answered', CASE k.kind WHEN 'consult' THEN 'consult' ELSE 'decide' END, k.number,
		'officer', coalesce(a.deputy, s.responsible), w.holder, s.agency, s.office, s.service, s.due_at, v_now, v_now
	FROM unnest(e_request, e_seq, e_id, e_kind, e_after) AS e(request, seq, id, kind, after)
	JOIN kezek.request_state s ON s.id = e.request AND s.closed_at IS NULL
	JOIN kezek.link k ON k.child = (e.after::json ->> 'request')::uuid
	LEFT JOIN kezek.work w ON w.request = e.request
	LEFT JOIN kezek.away(v_now) a ON a.agency = s.agency AND a.principal = s.responsible
	WHERE e.kind = 'answered' AND e.request = ANY (v_done);
END
$$;

-- Within kezek.open_requests: the number of a link is its parent's with its place, unless a former system gave that one out
-- already: then the next place that is free. All numbers of the batch, in its order.
CREATE OR REPLACE FUNCTION kezek.number_links(m_id uuid[], m_number text[], m_register text[]) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
	v record;
	v_number text;
BEGIN
	FOR v IN SELECT m.n, m.id, m.register, k.parent, k.no, r.number
		FROM unnest(m_id, m_number, m_register) WITH ORDINALITY AS m(id, number, register, n)
		JOIN kezek.number t ON t.number = m.number AND t.agency = m.register AND t.request <> m.id
		JOIN kezek.link k ON k.child = m.id
		JOIN kezek.request r ON r.id = k.parent ORDER BY m.n
	LOOP
		SELECT v.number || '/' || p.no INTO v_number FROM generate_series(v.no + 1, v.no + 1000) AS p(no)
		WHERE NOT EXISTS (SELECT FROM kezek.number t WHERE t.number = v.number || '/' || p.no AND t.agency = v.register)
			AND NOT EXISTS (SELECT FROM kezek.link k WHERE k.parent = v.parent AND k.number = v.number || '/' || p.no)
		ORDER BY p.no LIMIT 1;
		UPDATE kezek.link SET number = v_number WHERE child = v.id;
		m_number[v.n] := v_number;
	END LOOP;
	RETURN m_number;
END
$$;

-- Within kezek.open_requests: those that are links are open now, and who asked sees them.
CREATE OR REPLACE FUNCTION kezek.open_links(v_now timestamptz, p_children uuid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO kezek.former (request, agency, body_number, until_at)
	SELECT k.child, s.agency, s.body_number, v_now
	FROM kezek.link k JOIN kezek.request_state s ON s.id = k.parent
	WHERE k.child = ANY (p_children) ON CONFLICT DO NOTHING;
	UPDATE kezek.link SET state = CASE state WHEN 'opening' THEN 'open' ELSE 'over' END WHERE child = ANY (p_children);
$$;

-- Requests that are to be opened, those that somebody waits for first. For the daemon itself.
CREATE OR REPLACE FUNCTION kezek.links_to_open(p_limit int)
RETURNS TABLE (parent uuid, child uuid, kind text, agency text, number text, "join" text, answer_by timestamptz,
	about bytea, principal text, actor text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT k.parent, k.child, k.kind, k.agency, k.number, k."join", k.answer_by, k.about, k.principal, k.actor
	FROM kezek.link k
	WHERE k.state = 'opening' AND current_setting('kezek.everything', true) = 'on'
	ORDER BY k.made_at DESC LIMIT p_limit
$$;
GRANT EXECUTE ON FUNCTION kezek.links_to_open TO kezek_app;

-- Acts of the daemon's own that links ask for: telling the parent, withdrawing the child; `subject` is the child.
CREATE OR REPLACE FUNCTION kezek.links_to_follow(p_limit int) RETURNS TABLE (request uuid, act text, subject uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE k.state WHEN 'answered' THEN k.parent ELSE k.child END,
		CASE k.state WHEN 'answered' THEN 'answered' ELSE 'withdraw' END, k.child
	FROM kezek.link k
	WHERE k.state IN ('answered', 'over') AND current_setting('kezek.everything', true) = 'on'
	ORDER BY k.made_at LIMIT p_limit
$$;
GRANT EXECUTE ON FUNCTION kezek.links_to_follow TO kezek_app;
