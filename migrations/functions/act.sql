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
	v_n int[];     -- what is done, by its number among the members,
	v_done uuid[]; -- and by its request
	v_d int[];     -- its deadlines, by their numbers
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
		WHEN s.id IS NULL OR (m_principal[n] <> 'kezekd' AND (p.name IS NULL
			OR NOT kezek.may_act(p, s.agency, s.office))) THEN 2
		WHEN m_generation[n] <> v_generation THEN 5
		WHEN m_now[n] NOT BETWEEN v_now - interval '1 second' AND v_now + interval '1 second' THEN 3
		WHEN s.version <> m_read_version[n] OR s.state <> m_read_state[n]
			OR coalesce(w.fence, 0) <> m_read_fence[n]
			OR s.seq <> m_read_seq[n] -- a due moment fired: it writes the journal and leaves the version
			OR (s.state = 'claimed' AND p.role = 'officer' AND w.lease_until <= v_now)
			-- a deputy whose time is over
			OR (p.role = 'officer' AND w.claim IS NOT NULL AND w.holder <> m_principal[n]
				AND NOT kezek.may_act_for(s.agency, w.holder, m_principal[n], m_actor[n], v_now)) THEN 4
		WHEN NOT EXISTS (SELECT FROM kezek.lifecycle l WHERE l.from_state = m_read_state[n]
			AND l.to_state = m_state[n]) THEN 4
		ELSE 1 END ORDER BY n), bool_or(s.agency <> m_agency[n])
	INTO v_verdict, v_moves
	FROM generate_series(1, cardinality(m_request)) AS n
	LEFT JOIN kezek.principal p ON p.name = m_principal[n] AND p.disabled_at IS NULL
	LEFT JOIN kezek.request_state s ON s.id = m_request[n]
	LEFT JOIN kezek.work w ON w.request = m_request[n];

	IF cardinality(array_remove(m_key, NULL)) > 0 THEN
		WITH gate AS (
			INSERT INTO kezek.idempotency (principal, key, fingerprint, request, status, answer, version, made_at,
				for_ever)
			SELECT m_principal[n], m_key[n], m_fingerprint[n], m_request[n], m_status[n], m_answer[n], m_version[n], v_now,
				false
			FROM generate_series(1, cardinality(m_request)) AS n
			WHERE v_verdict[n] = 1 AND m_key[n] IS NOT NULL
			ORDER BY 1, 2
			ON CONFLICT DO NOTHING
			RETURNING request
		)
		SELECT coalesce(array_agg(request), '{}') INTO v_gate FROM gate;
	END IF;
	v_n := ARRAY(SELECT n FROM generate_series(1, cardinality(m_request)) AS n
		WHERE v_verdict[n] = 1 AND (m_key[n] IS NULL OR m_request[n] = ANY (v_gate)));
	v_done := ARRAY(SELECT m_request[n] FROM unnest(v_n) AS n);

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
	UPDATE kezek.request_state s SET hops = m_hops[n], version = m_version[n], seq = m_seq[n], state = m_state[n],
		agency = m_agency[n], responsible = m_responsible[n], due_at = m_due_at[n], due_on = m_due_on[n],
		provisional = m_provisional[n], decide = m_decide[n], outcome = m_outcome[n], body_number = m_body_number[n],
		updated_at = v_now, closed_at = m_closed_at[n]
	FROM unnest(v_n) AS n WHERE s.id = m_request[n];

	DELETE FROM kezek.work w USING unnest(v_n) AS n WHERE w.request = m_request[n] AND m_closed_at[n] IS NOT NULL;
	IF array_position(m_closed_at, NULL) IS NOT NULL THEN
		-- hold: keep (as it is), custody (the lease ends, the hold stays), free
		UPDATE kezek.work w SET agency = m_agency[n], due_on = m_due_on[n],
			due_at = CASE WHEN m_decide[n] = 'running' THEN coalesce(m_due_at[n], 'infinity') ELSE 'infinity' END,
			waiting = m_state[n] = 'queued' AND NOT m_on_desk[n] AND NOT coalesce(m_kept_until[n] > v_now, false),
			paused = m_state[n] = 'paused', priority = m_priority[n], handed_back = m_handed_back[n],
			on_desk = m_on_desk[n],
			kept_for = CASE WHEN m_kept_until[n] > v_now THEN m_kept_for[n] END,
			kept_until = CASE WHEN m_kept_until[n] > v_now THEN m_kept_until[n] END,
			claim = CASE m_hold[n] WHEN 'free' THEN NULL
				WHEN 'custody' THEN coalesce(w.claim, kezek.uuid_v7(v_now)) ELSE w.claim END,
			fence = w.fence + (m_hold[n] = 'custody' AND m_holder[n] IS DISTINCT FROM w.holder)::int,
			holder = CASE m_hold[n] WHEN 'free' THEN NULL WHEN 'custody' THEN m_holder[n] ELSE w.holder END,
			actor = CASE m_hold[n] WHEN 'free' THEN NULL WHEN 'custody' THEN m_holder_actor[n] ELSE w.actor END,
			worker = CASE m_hold[n] WHEN 'free' THEN NULL ELSE w.worker END,
			lease_until = CASE m_hold[n] WHEN 'keep' THEN w.lease_until END
		FROM unnest(v_n) AS n WHERE w.request = m_request[n] AND m_closed_at[n] IS NULL;
		INSERT INTO kezek.work (request, agency, office, service, priority, due_at, due_on, waiting)
		SELECT s.id, s.agency, s.office, s.service, m_priority[n],
			CASE WHEN m_decide[n] = 'running' THEN coalesce(m_due_at[n], 'infinity') ELSE 'infinity' END, m_due_on[n],
			m_state[n] = 'queued'
		FROM unnest(v_n) AS n JOIN kezek.request_state s ON s.id = m_request[n]
		WHERE m_closed_at[n] IS NULL AND NOT EXISTS (SELECT FROM kezek.work w WHERE w.request = m_request[n]);
	END IF;

	IF cardinality(array_remove(m_content, NULL)) > 0 THEN
		INSERT INTO kezek.content (request, no, recorded_at, sealed)
		SELECT m_request[n], m_content_no[n], v_now, m_content[n] FROM unnest(v_n) AS n WHERE m_content[n] IS NOT NULL;
	END IF;

	v_d := ARRAY(SELECT n FROM generate_series(1, cardinality(d_request)) AS n WHERE d_request[n] = ANY (v_done));
	IF d_state && ARRAY['running', 'paused'] THEN
		UPDATE kezek.deadline t SET state = d_state[n], due_at = d_due_at[n], due_on = d_due_on[n],
			provisional = d_provisional[n], pauses = d_pauses[n]::json, extensions = d_extensions[n]::json,
			calendar_version = d_calendar_version[n], source = d_source[n], breached_at = d_breached_at[n],
			fire_at = d_fire_at[n], rung_at = d_rung_at[n]::timestamptz[], fired = d_fired[n], effect = d_effect[n],
			cap_started_at = d_cap_started_at[n], floor_at = d_floor_at[n], generation = v_generation
		FROM unnest(v_d) AS n
		WHERE t.request = d_request[n] AND t.no = d_no[n] AND d_state[n] IN ('running', 'paused');
		INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, source,
			started_at, due_at, due_on, provisional, pauses, extensions, breached_at, fire_at, rung_at, fired, effect,
			cap_started_at, floor_at, generation)
		SELECT d_request[n], d_no[n], d_kind[n], d_state[n], d_rule_version[n], d_calendar[n], d_calendar_version[n],
			d_source[n], d_started_at[n], d_due_at[n], d_due_on[n], d_provisional[n], d_pauses[n]::json,
			d_extensions[n]::json, d_breached_at[n], d_fire_at[n], d_rung_at[n]::timestamptz[], d_fired[n], d_effect[n],
			d_cap_started_at[n], d_floor_at[n], v_generation
		FROM unnest(v_d) AS n WHERE d_state[n] IN ('running', 'paused')
			AND NOT EXISTS (SELECT FROM kezek.deadline t WHERE t.request = d_request[n] AND t.no = d_no[n]);
	END IF;
	DELETE FROM kezek.deadline t USING unnest(v_d) AS n
	WHERE t.request = d_request[n] AND t.no = d_no[n] AND d_state[n] NOT IN ('running', 'paused');

	IF cardinality(l_request) > 0 THEN
		INSERT INTO kezek.lookup (hash, kind, request)
		SELECT l_hash[n], l_kind[n], l_request[n] FROM generate_series(1, cardinality(l_request)) AS n
		WHERE l_request[n] = ANY (v_done)
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
	SELECT s.id, d_no[n], d_kind[n], d_state[n], d_rule_version[n], d_calendar[n], d_calendar_version[n], d_source[n],
		d_started_at[n], d_due_at[n], d_due_on[n], d_provisional[n], d_pauses[n]::json, d_extensions[n]::json,
		d_breached_at[n], d_stopped_at[n], s.agency, s.office, s.service, d_effect[n], d_cap_started_at[n], d_floor_at[n],
		v_generation
	FROM unnest(v_d) AS n JOIN kezek.request_state s ON s.id = d_request[n]
	WHERE d_state[n] NOT IN ('running', 'paused');

	v_last := kezek.take_positions((SELECT count(*) FROM unnest(e_request) AS e(request) WHERE e.request = ANY (v_done)));
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, ground,
		legal_basis, reason, text, before, after, position)
	SELECT e_request[n], e_seq[n], e_id[n], e_kind[n], e_occurred_at[n], v_now, e_principal[n], e_actor[n], e_ground[n],
		e_legal_basis[n], e_reason[n], e_text[n], e_before[n]::json, e_after[n]::json,
		v_last + row_number() OVER (ORDER BY n)
	FROM generate_series(1, cardinality(e_request)) AS n WHERE e_request[n] = ANY (v_done);

	RETURN QUERY
	SELECT m.n, CASE
		WHEN m_request[m.n] = ANY (v_done) THEN 'done'
		WHEN k.request IS NOT NULL THEN 'duplicate'
		WHEN v_verdict[m.n] = 2 THEN 'denied'
		WHEN v_verdict[m.n] = 3 THEN 'clock'
		WHEN v_verdict[m.n] = 5 THEN 'calendars'
		ELSE 'conflict' END,
		v_now, k.request, k.fingerprint, k.status::int, k.answer, rk.master, rk.wrapped, k.version
	FROM generate_series(1, cardinality(m_request)) AS m(n)
	LEFT JOIN kezek.principal p ON p.name = m_principal[m.n] AND p.disabled_at IS NULL
	LEFT JOIN kezek.idempotency k ON k.principal = p.name AND k.key = m_key[m.n] AND NOT m_request[m.n] = ANY (v_done)
	LEFT JOIN kezek.request_key rk ON rk.request = k.request;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.act TO kezek_app;
