-- A batch of acts, each decided by the daemon from what it had read: compare-and-set on version, state and
-- fence. No two members concern the same request. Results: done; duplicate (a stored answer under the
-- same key, looked at before anything else); denied; conflict (it has moved meanwhile: read and decide again);
-- clock; calendars (its dates rest on calendars that have changed). The daemon's own acts stand under the
-- principal 'kezekd', which is nobody's name and may act everywhere. A member without a key (release, renew's kin) stores no answer.
DROP FUNCTION IF EXISTS kezek.act;
CREATE FUNCTION kezek.act(
	m_request uuid[], m_principal text[], m_actor text[], m_key text[], m_fingerprint bytea[], m_now timestamptz[],
	m_read_version int[], m_read_seq int[], m_read_state text[], m_read_fence bigint[],
	m_version int[], m_seq int[], m_state text[], m_agency text[], m_responsible text[],
	m_due_at timestamptz[], m_due_on date[], m_provisional boolean[], m_decide text[], m_outcome text[],
	m_body_number text[], m_closed_at timestamptz[],
	m_hold text[], m_holder text[], m_holder_actor text[],
	m_content_no int[], m_content bytea[], m_status int[], m_answer bytea[], m_generation bigint[],
	m_hops int[], m_priority int[], m_handed_back int[], m_on_desk boolean[], m_kept_for text[],
	m_kept_until timestamptz[],
	d_request uuid[], d_no int[], d_kind text[], d_state text[], d_rule_version int[],
	d_calendar text[], d_calendar_version int[], d_source text[], d_started_at timestamptz[],
	d_due_at timestamptz[], d_due_on date[], d_provisional boolean[], d_pauses text[], d_extensions text[],
	d_breached_at timestamptz[], d_fire_at timestamptz[], d_stopped_at timestamptz[],
	d_rung_at text[], d_fired int[], d_effect text[], d_cap_started_at timestamptz[], d_floor_at timestamptz[],
	e_request uuid[], e_seq int[], e_id uuid[], e_kind text[], e_occurred_at timestamptz[],
	e_principal text[], e_actor text[], e_ground text[], e_legal_basis text[], e_reason bytea[], e_text bytea[],
	e_before text[], e_after text[],
	l_request uuid[], l_kind text[], l_hash bytea[],
	k_parent uuid[], k_no int[], k_child uuid[], k_kind text[], k_agency text[], k_number text[], k_asked int[],
	k_join text[], k_answer_by timestamptz[], k_about bytea[])
RETURNS TABLE (n int, result text, db_now timestamptz, request uuid, fingerprint bytea, status int, answer bytea,
	master int, wrapped bytea, version int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz;
	v_verdict int[]; -- 1 may be done, 2 denied, 3 clock, 4 conflict, 5 calendars
	v_moves boolean; -- some go to another agency
	v_generation bigint;
	v_gate uuid[] := '{}';
	v_done uuid[];
	v_last bigint; -- position of the feed
BEGIN
	-- Locks first: work before state, as everywhere (a claim skips what is locked), each in the order of ids;
	-- then the clock, so that a lease cannot run out in between.
	PERFORM FROM kezek.work w WHERE w.request = ANY (m_request) ORDER BY w.request FOR UPDATE;
	PERFORM FROM (SELECT m.id FROM unnest(m_request) AS m(id) ORDER BY m.id) m
	JOIN kezek.request_state s ON s.id = m.id ORDER BY s.id FOR UPDATE OF s;
	v_now := kezek.now();
	v_generation := kezek.hold_calendars();

	SELECT array_agg(CASE
		WHEN s.id IS NULL OR (m.principal <> 'kezekd' AND (p.name IS NULL
			OR NOT kezek.may_act(p, s.agency, s.office))) THEN 2
		WHEN m.generation <> v_generation THEN 5
		WHEN m.now NOT BETWEEN v_now - interval '1 second' AND v_now + interval '1 second' THEN 3
		WHEN s.version <> m.read_version OR s.state <> m.read_state
			OR coalesce(w.fence, 0) <> m.read_fence
			OR s.seq <> m.read_seq -- a due moment fired: it writes the journal and leaves the version
			OR (s.state = 'claimed' AND p.role = 'officer' AND w.lease_until <= v_now)
			-- a deputy whose time is over
			OR (p.role = 'officer' AND w.claim IS NOT NULL AND w.holder <> m.principal
				AND NOT kezek.may_act_for(s.agency, w.holder, m.principal, m.actor, v_now)) THEN 4
		WHEN NOT EXISTS (SELECT FROM kezek.lifecycle l WHERE l.from_state = m.read_state
			AND l.to_state = m.state) THEN 4
		ELSE 1 END ORDER BY m.n), bool_or(s.agency <> m.agency)
	INTO v_verdict, v_moves
	FROM unnest(m_request, m_principal, m_actor, m_now, m_read_version, m_read_state, m_read_fence, m_state, m_read_seq,
		m_generation, m_agency) WITH ORDINALITY
		AS m(request, principal, actor, now, read_version, read_state, read_fence, state, read_seq, generation, agency, n)
	LEFT JOIN kezek.principal p ON p.name = m.principal AND p.disabled_at IS NULL
	LEFT JOIN kezek.request_state s ON s.id = m.request
	LEFT JOIN kezek.work w ON w.request = m.request;

	IF cardinality(array_remove(m_key, NULL)) > 0 THEN
		WITH gate AS (
			INSERT INTO kezek.idempotency (principal, key, fingerprint, request, status, answer, version, made_at,
				for_ever)
			SELECT m.principal, m.key, m.fingerprint, m.request, m.status, m.answer, m.version, v_now, false
			FROM unnest(v_verdict, m_request, m_principal, m_key, m_fingerprint, m_status, m_answer, m_version)
				AS m(verdict, request, principal, key, fingerprint, status, answer, version)
			WHERE m.verdict = 1 AND m.key IS NOT NULL
			ORDER BY m.principal, m.key
			ON CONFLICT DO NOTHING
			RETURNING request
		)
		SELECT coalesce(array_agg(request), '{}') INTO v_gate FROM gate;
	END IF;
	v_done := ARRAY(SELECT m.request FROM unnest(v_verdict, m_request, m_key) AS m(verdict, request, key)
		WHERE m.verdict = 1 AND (m.key IS NULL OR m.request = ANY (v_gate)));

	-- Who gives it on goes on seeing it; who gets it sees what came of it.
	IF v_moves THEN
		INSERT INTO kezek.former AS o (request, agency, body_number, until_at)
		SELECT s.id, s.agency, s.body_number, v_now
		FROM unnest(m_request, m_agency) AS f(request, agency) JOIN kezek.request_state s ON s.id = f.request
		WHERE s.agency <> f.agency AND s.agency <> 'unrouted' AND f.request = ANY (v_done)
		ON CONFLICT (request, agency) DO UPDATE SET until_at = excluded.until_at,
			body_number = coalesce(excluded.body_number, o.body_number);
		INSERT INTO kezek.former (request, agency, until_at)
		SELECT k.child, f.agency, v_now
		FROM unnest(m_request, m_agency) AS f(request, agency) JOIN kezek.request_state s ON s.id = f.request
		JOIN kezek.link k ON k.parent = f.request
		WHERE s.agency <> f.agency AND f.request = ANY (v_done)
		ON CONFLICT DO NOTHING;
	END IF;
	UPDATE kezek.request_state s SET hops = f.hops, version = f.version, seq = f.seq, state = f.state, agency = f.agency,
		responsible = f.responsible, due_at = f.due_at, due_on = f.due_on, provisional = f.provisional,
		decide = f.decide, outcome = f.outcome, body_number = f.body_number, updated_at = v_now,
		closed_at = f.closed_at
	FROM unnest(m_request, m_version, m_seq, m_state, m_agency, m_responsible, m_due_at, m_due_on, m_provisional,
		m_decide, m_outcome, m_body_number, m_closed_at, m_hops)
		AS f(request, version, seq, state, agency, responsible, due_at, due_on, provisional,
		decide, outcome, body_number, closed_at, hops)
	WHERE s.id = f.request AND f.request = ANY (v_done);

	DELETE FROM kezek.work w USING unnest(m_request, m_closed_at) AS f(request, closed_at)
	WHERE w.request = f.request AND f.closed_at IS NOT NULL AND f.request = ANY (v_done);
	IF array_position(m_closed_at, NULL) IS NOT NULL THEN
		-- hold: keep (as it is), custody (the lease ends, the hold stays), free
		UPDATE kezek.work w SET agency = f.agency, due_on = f.due_on,
			due_at = CASE WHEN f.decide = 'running' THEN coalesce(f.due_at, 'infinity') ELSE 'infinity' END,
			waiting = f.state = 'queued' AND NOT f.on_desk AND NOT coalesce(f.kept_until > v_now, false),
			paused = f.state = 'paused', priority = f.priority, handed_back = f.handed_back, on_desk = f.on_desk,
			kept_for = CASE WHEN f.kept_until > v_now THEN f.kept_for END,
			kept_until = CASE WHEN f.kept_until > v_now THEN f.kept_until END,
			claim = CASE f.hold WHEN 'free' THEN NULL
				WHEN 'custody' THEN coalesce(w.claim, kezek.uuid_v7(v_now)) ELSE w.claim END,
			fence = w.fence + (f.hold = 'custody' AND f.holder IS DISTINCT FROM w.holder)::int,
			holder = CASE f.hold WHEN 'free' THEN NULL WHEN 'custody' THEN f.holder ELSE w.holder END,
			actor = CASE f.hold WHEN 'free' THEN NULL WHEN 'custody' THEN f.holder_actor ELSE w.actor END,
			worker = CASE f.hold WHEN 'free' THEN NULL ELSE w.worker END,
			lease_until = CASE f.hold WHEN 'keep' THEN w.lease_until END
		FROM unnest(m_request, m_state, m_agency, m_due_at, m_due_on, m_decide, m_closed_at, m_hold, m_holder,
			m_holder_actor, m_priority, m_handed_back, m_on_desk, m_kept_for, m_kept_until)
			AS f(request, state, agency, due_at, due_on, decide, closed_at, hold, holder, holder_actor,
			priority, handed_back, on_desk, kept_for, kept_until)
		WHERE w.request = f.request AND f.closed_at IS NULL AND f.request = ANY (v_done);
		INSERT INTO kezek.work (request, agency, office, service, priority, due_at, due_on, waiting)
		SELECT f.request, s.agency, s.office, s.service, f.priority,
			CASE WHEN f.decide = 'running' THEN coalesce(f.due_at, 'infinity') ELSE 'infinity' END, f.due_on,
			f.state = 'queued'
		FROM unnest(m_request, m_state, m_due_at, m_due_on, m_decide, m_closed_at, m_priority)
			AS f(request, state, due_at, due_on, decide, closed_at, priority)
		JOIN kezek.request_state s ON s.id = f.request
		WHERE f.closed_at IS NULL AND f.request = ANY (v_done)
			AND NOT EXISTS (SELECT FROM kezek.work w WHERE w.request = f.request);
	END IF;

	IF cardinality(array_remove(m_content, NULL)) > 0 THEN
		INSERT INTO kezek.content (request, no, recorded_at, sealed)
		SELECT request, no, v_now, sealed FROM unnest(m_request, m_content_no, m_content) AS f(request, no, sealed)
		WHERE sealed IS NOT NULL AND request = ANY (v_done);
	END IF;

	IF d_state && ARRAY['running', 'paused'] THEN
		UPDATE kezek.deadline t SET state = d.state, due_at = d.due_at, due_on = d.due_on, provisional = d.provisional,
			pauses = d.pauses::json, extensions = d.extensions::json, calendar_version = d.calendar_version,
			source = d.source, breached_at = d.breached_at, fire_at = d.fire_at, rung_at = d.rung_at::timestamptz[],
			fired = d.fired, effect = d.effect, cap_started_at = d.cap_started_at, floor_at = d.floor_at,
			generation = v_generation
		FROM unnest(d_request, d_no, d_state, d_calendar_version, d_source, d_due_at, d_due_on, d_provisional, d_pauses,
			d_extensions, d_breached_at, d_fire_at, d_rung_at, d_fired, d_effect, d_cap_started_at, d_floor_at)
			AS d(request, no, state, calendar_version, source, due_at, due_on, provisional, pauses,
			extensions, breached_at, fire_at, rung_at, fired, effect, cap_started_at, floor_at)
		WHERE t.request = d.request AND t.no = d.no AND d.state IN ('running', 'paused') AND d.request = ANY (v_done);
		INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, source,
			started_at, due_at, due_on, provisional, pauses, extensions, breached_at, fire_at, rung_at, fired, effect,
			cap_started_at, floor_at, generation)
		SELECT request, no, kind, state, rule_version, calendar, calendar_version, source, started_at, due_at, due_on,
			provisional, pauses::json, extensions::json, breached_at, fire_at, rung_at::timestamptz[], fired, effect,
			cap_started_at, floor_at, v_generation
		FROM unnest(d_request, d_no, d_kind, d_state, d_rule_version, d_calendar, d_calendar_version, d_source,
			d_started_at, d_due_at, d_due_on, d_provisional, d_pauses, d_extensions, d_breached_at, d_fire_at,
			d_rung_at, d_fired, d_effect, d_cap_started_at, d_floor_at)
			AS d(request, no, kind, state, rule_version, calendar, calendar_version, source,
			started_at, due_at, due_on, provisional, pauses, extensions, breached_at, fire_at,
			rung_at, fired, effect, cap_started_at, floor_at)
		WHERE state IN ('running', 'paused') AND request = ANY (v_done)
			AND NOT EXISTS (SELECT FROM kezek.deadline t WHERE t.request = d.request AND t.no = d.no);
	END IF;
	DELETE FROM kezek.deadline t USING unnest(d_request, d_no, d_state) AS d(request, no, state)
	WHERE t.request = d.request AND t.no = d.no AND d.state NOT IN ('running', 'paused')
		AND d.request = ANY (v_done);

	IF cardinality(l_request) > 0 THEN
		INSERT INTO kezek.lookup (hash, kind, request)
		SELECT hash, kind, request FROM unnest(l_request, l_kind, l_hash) AS l(request, kind, hash)
		WHERE request = ANY (v_done)
		ON CONFLICT DO NOTHING;
	END IF;

	PERFORM kezek.follow_links(v_now, m_request, m_principal, m_actor, m_state, v_done, k_parent, k_no, k_child,
		k_kind, k_agency, k_number, k_asked, k_join, k_answer_by, k_about, e_request, e_seq, e_id, e_kind, e_after);

	IF 'desk' = ANY (e_kind) THEN
		INSERT INTO kezek.notification (id, request, seq, kind, deadline, rung, addressee, agency, office, service, due_at,
			occurred_at, recorded_at)
		SELECT e.id, s.id, e.seq, 'desk', 'decide', w.handed_back, 'supervisor', s.agency, s.office, s.service, s.due_at,
			v_now, v_now
		FROM unnest(e_request, e_seq, e_id, e_kind) AS e(request, seq, id, kind)
		JOIN kezek.request_state s ON s.id = e.request JOIN kezek.work w ON w.request = e.request
		WHERE e.kind = 'desk' AND e.request = ANY (v_done);
	END IF;

	-- Late: from here on the row that counts the day's is held (functions/stopped.sql).
	INSERT INTO kezek.deadline_done (request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, stopped_at, agency, office, service,
		effect, cap_started_at, floor_at, generation)
	SELECT d.request, d.no, d.kind, d.state, d.rule_version, d.calendar, d.calendar_version, d.source, d.started_at,
		d.due_at, d.due_on, d.provisional, d.pauses::json, d.extensions::json, d.breached_at, d.stopped_at,
		s.agency, s.office, s.service, d.effect, d.cap_started_at, d.floor_at, v_generation
	FROM unnest(d_request, d_no, d_kind, d_state, d_rule_version, d_calendar, d_calendar_version, d_source,
		d_started_at, d_due_at, d_due_on, d_provisional, d_pauses, d_extensions, d_breached_at, d_stopped_at,
		d_effect, d_cap_started_at, d_floor_at)
		AS d(request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, stopped_at, effect,
		cap_started_at, floor_at)
	JOIN kezek.request_state s ON s.id = d.request
	WHERE d.state NOT IN ('running', 'paused') AND d.request = ANY (v_done);

	v_last := kezek.take_positions((SELECT count(*) FROM unnest(e_request) AS e(request) WHERE e.request = ANY (v_done)));
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, ground,
		legal_basis, reason, text, before, after, position)
	SELECT request, seq, id, kind, occurred_at, v_now, principal, actor, ground, legal_basis,
		reason, text, before::json, after::json, v_last + row_number() OVER (ORDER BY n)
	FROM unnest(e_request, e_seq, e_id, e_kind, e_occurred_at, e_principal, e_actor, e_ground, e_legal_basis,
		e_reason, e_text, e_before, e_after) WITH ORDINALITY
		AS e(request, seq, id, kind, occurred_at, principal, actor, ground, legal_basis, reason, text, before, after, n)
	WHERE request = ANY (v_done);

	RETURN QUERY
	SELECT m.n::int, CASE
		WHEN m.request = ANY (v_done) THEN 'done'
		WHEN k.request IS NOT NULL THEN 'duplicate'
		WHEN m.verdict = 2 THEN 'denied'
		WHEN m.verdict = 3 THEN 'clock'
		WHEN m.verdict = 5 THEN 'calendars'
		ELSE 'conflict' END,
		v_now, k.request, k.fingerprint, k.status::int, k.answer, rk.master, rk.wrapped, k.version
	FROM unnest(v_verdict, m_request, m_principal, m_key) WITH ORDINALITY AS m(verdict, request, principal, key, n)
	LEFT JOIN kezek.principal p ON p.name = m.principal AND p.disabled_at IS NULL
	LEFT JOIN kezek.idempotency k ON k.principal = p.name AND k.key = m.key AND NOT m.request = ANY (v_done)
	LEFT JOIN kezek.request_key rk ON rk.request = k.request;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.act TO kezek_app;
