-- Members of a batch whose applicant has the same service open already: by the keyed hash of the PIN, among the
-- applicant's newest requests, so that it costs the same however many there are. `number` is that of the newest one at
-- the member's own office; null: open elsewhere alone. Two that come in at the same instant do not see each other.
CREATE OR REPLACE FUNCTION kezek.known_open(m_pin bytea[], m_service text[], m_office text[])
RETURNS TABLE (n int, number text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT m.n::int, o.number
	FROM unnest(m_pin, m_service, m_office) WITH ORDINALITY AS m(pin, service, office, n)
	CROSS JOIN LATERAL (
		SELECT CASE WHEN w.office = m.office
			THEN (SELECT r.number FROM kezek.request r WHERE r.id = w.request) END AS number
		FROM (SELECT k.request FROM generate_series(1, length(m.pin), 36) AS i, LATERAL (SELECT k.request
			FROM kezek.lookup k WHERE k.hash = substr(m.pin, i, 36) ORDER BY k.request DESC LIMIT 50) k) k
		-- from each of these by its key, and no other way: of all open work they are the least part
		CROSS JOIN LATERAL (SELECT * FROM kezek.work w WHERE w.request = k.request OFFSET 0) w
		WHERE w.service = m.service
		ORDER BY (w.office = m.office) DESC, w.request DESC LIMIT 1) o
	WHERE m.pin IS NOT NULL;
END
$$;

-- A batch of new requests: submissions of clerks, or cases imported by an administrator. Each member is
-- judged by its own principal. An import's identity is its agency and number, whoever imports: its key is
-- made of these and stands under '@import', which is nobody's name. What comes of an act on another request (kezek.link)
-- is opened by the daemon itself, under the principal 'kezekd'. Results: done; duplicate (with the stored
-- answer, for the same key and fingerprint or not: the daemon compares); denied (principal unknown, disabled, or
-- of another office); known (the applicant has the same service open: nothing is stored yet, so that the answer can
-- say so; `known` is its number where the principal may see it); clock (the member's moment is more than a second off: learn kezek.now() and compute again);
-- calendars (its dates were computed by calendars that have changed: load them and compute again).
DROP FUNCTION IF EXISTS kezek.open_requests;
CREATE FUNCTION kezek.open_requests(
	p_imported boolean,
	m_id uuid[], m_principal text[], m_actor text[], m_key text[], m_fingerprint bytea[],
	m_number text[], m_register text[], m_service text[], m_service_version int[], m_variant text[],
	m_channel text[], m_office text[], m_territory text[], m_language text[],
	m_received_at timestamptz[], m_registered_at timestamptz[], m_backdate_reason text[], m_promised_due_on date[],
	m_content bytea[], m_master int[], m_wrapped bytea[],
	m_state text[], m_agency text[], m_responsible text[],
	m_due_at timestamptz[], m_due_on date[], m_provisional boolean[], m_decide text[],
	m_outcome text[], m_closed_at timestamptz[], m_seq int[], m_status int[], m_answer bytea[],
	m_generation bigint[], m_pin bytea[],
	m_body_number text[], m_hops int[], m_holder text[], m_priority int[],
	d_request uuid[], d_no int[], d_kind text[], d_state text[], d_rule_version int[],
	d_calendar text[], d_calendar_version int[], d_source text[], d_started_at timestamptz[],
	d_due_at timestamptz[], d_due_on date[], d_provisional boolean[], d_pauses text[], d_extensions text[],
	d_breached_at timestamptz[], d_fire_at timestamptz[], d_stopped_at timestamptz[],
	d_rung_at text[], d_fired int[], d_effect text[], d_cap_started_at timestamptz[], d_floor_at timestamptz[],
	e_request uuid[], e_seq int[], e_id uuid[], e_kind text[], e_occurred_at timestamptz[],
	e_principal text[], e_actor text[], e_ground text[], e_legal_basis text[], e_reason bytea[], e_text bytea[],
	e_before text[], e_after text[],
	l_request uuid[], l_kind text[], l_hash bytea[],
	f_request uuid[], f_agency text[], f_body_number text[], f_until_at timestamptz[])
RETURNS TABLE (n int, result text, db_now timestamptz, request uuid, fingerprint bytea, status int, answer bytea,
	master int, wrapped bytea, version int, known text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_year int;
	v_verdict int[]; -- 1 may be opened, 2 denied, 3 clock, 5 calendars, 6 known
	v_known text[];
	v_hit record;
	v_generation bigint;
	v_fresh uuid[];  -- those that took their key
	v_whole boolean; -- all did
	v_last bigint;   -- position of the feed
BEGIN
	IF p_imported THEN
		FOR v_year IN SELECT DISTINCT date_part('year', to_timestamp(
			('x' || lpad(substr(replace(i::text, '-', ''), 1, 12), 16, '0'))::bit(64)::bigint / 1000.0)
			AT TIME ZONE 'UTC')::int FROM unnest(m_id) i ORDER BY 1
		LOOP
			PERFORM kezek.ensure_partitions(v_year);
		END LOOP;
	END IF;
	v_generation := kezek.hold_calendars();
	SELECT array_agg(CASE
		WHEN p.name IS NULL AND m.principal <> 'kezekd' THEN 2
		WHEN NOT p_imported AND (p.role <> 'clerk' OR p.office <> m.office) THEN 2
		WHEN p_imported AND p.role <> 'admin' THEN 2
		WHEN m.generation <> v_generation THEN 5
		WHEN p_imported THEN 1
		WHEN abs(extract(epoch FROM v_now - m.registered_at)) > 1 THEN 3
		ELSE 1 END ORDER BY m.n)
	INTO v_verdict
	FROM unnest(m_principal, m_office, m_registered_at, m_generation) WITH ORDINALITY
		AS m(principal, office, registered_at, generation, n)
	LEFT JOIN kezek.principal p ON p.name = m.principal AND p.disabled_at IS NULL;

	IF cardinality(array_remove(m_pin, NULL)) > 0 THEN
		FOR v_hit IN SELECT * FROM kezek.known_open(m_pin, m_service, m_office)
		LOOP
			IF v_verdict[v_hit.n] = 1 THEN
				v_verdict[v_hit.n] := 6;
				v_known[v_hit.n] := v_hit.number;
			END IF;
		END LOOP;
	END IF;

	IF 'kezekd' = ANY (m_principal) THEN
		m_number := kezek.number_links(m_id, m_number, m_register);
	END IF;

	WITH gate AS (
		INSERT INTO kezek.idempotency (principal, key, fingerprint, request, status, answer, version, made_at,
			for_ever)
		SELECT CASE WHEN p_imported THEN '@import' ELSE principal END, key, fingerprint, id, status, answer, 1,
			v_now, true
		FROM unnest(v_verdict, m_id, m_principal, m_key, m_fingerprint, m_status, m_answer, m_number, m_register)
			WITH ORDINALITY
			AS m(verdict, id, principal, key, fingerprint, status, answer, number, register, n)
		WHERE verdict = 1 AND NOT (p_imported AND EXISTS (
			SELECT FROM kezek.number t WHERE t.number = m.number AND t.agency = m.register))
		ORDER BY 1, 2, n
		ON CONFLICT DO NOTHING
		RETURNING request
	)
	SELECT coalesce(array_agg(request), '{}') INTO v_fresh FROM gate;
	v_whole := cardinality(v_fresh) = cardinality(m_id);

	INSERT INTO kezek.number (number, agency, request)
	SELECT number, register, id FROM unnest(m_number, m_register, m_id) AS m(number, register, id)
	WHERE v_whole OR id = ANY (v_fresh);

	INSERT INTO kezek.request (id, number, service, service_version, variant, channel, office, territory, language,
		received_at, registered_at, backdate_reason, promised_due_on, submitted_by, actor, imported, content)
	SELECT id, number, service, service_version, variant, channel, office, territory, language,
		received_at, registered_at, backdate_reason, promised_due_on, principal, actor, p_imported, content
	FROM unnest(m_id, m_number, m_service, m_service_version, m_variant, m_channel, m_office, m_territory, m_language,
		m_received_at, m_registered_at, m_backdate_reason, m_promised_due_on, m_principal, m_actor, m_content)
		AS m(id, number, service, service_version, variant, channel, office, territory, language,
		received_at, registered_at, backdate_reason, promised_due_on, principal, actor, content)
	WHERE v_whole OR id = ANY (v_fresh);

	INSERT INTO kezek.request_key (request, master, wrapped)
	SELECT id, master, wrapped FROM unnest(m_id, m_master, m_wrapped) AS m(id, master, wrapped)
	WHERE v_whole OR id = ANY (v_fresh);

	INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, responsible, due_at, due_on,
		provisional, decide, outcome, updated_at, closed_at, body_number, hops)
	SELECT id, 1, seq, state, agency, office, service, responsible, due_at, due_on, provisional, decide, outcome,
		v_now, closed_at, body_number, hops
	FROM unnest(m_id, m_seq, m_state, m_agency, m_office, m_service, m_responsible, m_due_at, m_due_on,
		m_provisional, m_decide, m_outcome, m_closed_at, m_body_number, m_hops)
		AS m(id, seq, state, agency, office, service, responsible, due_at, due_on,
		provisional, decide, outcome, closed_at, body_number, hops)
	WHERE v_whole OR id = ANY (v_fresh);

	-- A holder has it in custody: whoever had it in hand in the former system.
	INSERT INTO kezek.work (request, agency, office, service, priority, due_at, due_on, waiting, paused, fence, claim,
		holder)
	SELECT id, agency, office, service, priority, CASE WHEN decide = 'running' THEN coalesce(due_at, 'infinity')
		ELSE 'infinity' END, due_on, state = 'queued', state = 'paused', (holder IS NOT NULL)::int,
		CASE WHEN holder IS NOT NULL THEN kezek.uuid_v7(v_now) END, holder
	FROM unnest(m_id, m_agency, m_office, m_service, m_due_at, m_due_on, m_state, m_decide, m_closed_at, m_holder,
		m_priority)
		AS m(id, agency, office, service, due_at, due_on, state, decide, closed_at, holder, priority)
	WHERE closed_at IS NULL AND (v_whole OR id = ANY (v_fresh));

	IF cardinality(f_request) > 0 THEN -- who gave it on goes on seeing it
		INSERT INTO kezek.former (request, agency, body_number, until_at)
		SELECT request, agency, body_number, until_at
		FROM unnest(f_request, f_agency, f_body_number, f_until_at) AS f(request, agency, body_number, until_at)
		WHERE v_whole OR request = ANY (v_fresh);
	END IF;

	INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, fire_at, rung_at, fired, effect,
		cap_started_at, floor_at, generation)
	SELECT request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses::json, extensions::json, breached_at, fire_at,
		rung_at::timestamptz[], fired, effect, cap_started_at, floor_at, v_generation
	FROM unnest(d_request, d_no, d_kind, d_state, d_rule_version, d_calendar, d_calendar_version, d_source,
		d_started_at, d_due_at, d_due_on, d_provisional, d_pauses, d_extensions, d_breached_at, d_fire_at,
		d_rung_at, d_fired, d_effect, d_cap_started_at, d_floor_at)
		AS d(request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, fire_at,
		rung_at, fired, effect, cap_started_at, floor_at)
	WHERE state IN ('running', 'paused') AND (v_whole OR request = ANY (v_fresh));

	INSERT INTO kezek.deadline_done (request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, stopped_at, agency, office, service,
		effect, cap_started_at, floor_at, generation)
	SELECT request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses::json, extensions::json, breached_at, stopped_at,
		m_agency[m.n], m_office[m.n], m_service[m.n], effect, cap_started_at, floor_at, v_generation
	FROM unnest(d_request, d_no, d_kind, d_state, d_rule_version, d_calendar, d_calendar_version, d_source,
		d_started_at, d_due_at, d_due_on, d_provisional, d_pauses, d_extensions, d_breached_at, d_stopped_at,
		d_effect, d_cap_started_at, d_floor_at)
		AS d(request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, stopped_at, effect,
		cap_started_at, floor_at),
		LATERAL (SELECT array_position(m_id, d.request) AS n OFFSET 0) m
	WHERE state NOT IN ('running', 'paused') AND (v_whole OR request = ANY (v_fresh));

	INSERT INTO kezek.lookup (hash, kind, request)
	SELECT hash, kind, request FROM unnest(l_request, l_kind, l_hash) AS l(request, kind, hash)
	WHERE v_whole OR request = ANY (v_fresh);

	IF 'kezekd' = ANY (m_principal) THEN
		PERFORM kezek.open_links(v_now, v_fresh);
	END IF;

	v_last := kezek.take_positions(CASE WHEN v_whole THEN cardinality(e_request) ELSE
		(SELECT count(*) FROM unnest(e_request) AS e(request) WHERE request = ANY (v_fresh)) END);
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, ground, legal_basis,
		reason, text, before, after, position)
	SELECT request, seq, id, kind, occurred_at, v_now, principal, actor, ground, legal_basis,
		reason, text, before::json, after::json, v_last + row_number() OVER (ORDER BY n)
	FROM unnest(e_request, e_seq, e_id, e_kind, e_occurred_at, e_principal, e_actor, e_ground, e_legal_basis,
		e_reason, e_text, e_before, e_after) WITH ORDINALITY
		AS e(request, seq, id, kind, occurred_at, principal, actor, ground, legal_basis, reason, text, before, after, n)
	WHERE v_whole OR request = ANY (v_fresh);

	IF v_whole THEN
		RETURN QUERY SELECT g.n, 'done', v_now, NULL::uuid, NULL::bytea, NULL::int, NULL::bytea, NULL::int,
			NULL::bytea, NULL::int, NULL::text
		FROM generate_series(1, cardinality(m_id)) AS g(n);
		RETURN;
	END IF;
	-- A new statement sees what a concurrent holder of the same key has committed meanwhile. A member that
	-- was denied or out of time may still be the repeat of one that was stored.
	RETURN QUERY
	SELECT m.n::int, CASE WHEN m.id = ANY (v_fresh) THEN 'done'
		WHEN m.verdict <> 2 AND (k.request IS NOT NULL OR t.request IS NOT NULL) THEN 'duplicate'
		WHEN m.verdict = 2 THEN 'denied' WHEN m.verdict = 5 THEN 'calendars' WHEN m.verdict = 6 THEN 'known'
		ELSE 'clock' END,
		v_now, k.request, k.fingerprint, k.status::int, k.answer, rk.master, rk.wrapped, k.version, v_known[m.n]
	FROM unnest(v_verdict, m_id, m_principal, m_key, m_number, m_register) WITH ORDINALITY
		AS m(verdict, id, principal, key, number, register, n)
	LEFT JOIN kezek.idempotency k ON k.principal = CASE WHEN p_imported THEN '@import' ELSE m.principal END
		AND k.key = m.key AND NOT m.id = ANY (v_fresh)
	-- A number of that agency which the import did not bring is one that was given out here.
	LEFT JOIN kezek.number t ON p_imported AND t.number = m.number AND t.agency = m.register
		AND NOT m.id = ANY (v_fresh)
	LEFT JOIN kezek.request_key rk ON rk.request = k.request;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.open_requests TO kezek_app;

-- A block of registration numbers; returns the first.
CREATE OR REPLACE FUNCTION kezek.lease_numbers(p_body text, p_year int, p_count int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO kezek.number_block AS b VALUES (p_body, p_year, 1 + p_count)
	ON CONFLICT (body, year) DO UPDATE SET next = b.next + p_count
	RETURNING next - p_count
$$;
GRANT EXECUTE ON FUNCTION kezek.lease_numbers(text, int, int) TO kezek_app;
