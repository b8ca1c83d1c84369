-- Opening requests.
DROP FUNCTION IF EXISTS kezek.known_open; -- an earlier program's

-- A batch of new requests: submissions of clerks, or cases imported by an administrator. Each member is
-- judged by its own principal. An import's identity is its agency and number, whoever imports: its key is
-- made of these and stands under '@import', which is nobody's name. What comes of an act on another request (kezek.link)
-- is opened by the daemon itself, under the principal 'kezekd'. Results: done; duplicate (with the stored
-- answer, for the same key and fingerprint or not: the daemon compares); denied (principal unknown, disabled, or
-- of another office); known (the applicant has the same service open: nothing is stored yet, so that the answer can
-- say so; `known` is its number where the principal may see it); clock (the member's moment is more than a second
-- off: learn kezek.now() and compute again); calendars (its dates were computed by calendars that have changed: load
-- them and compute again).
-- Arrays are read by their members' numbers: unnest() would fill a store for each of them and read it again.
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
	-- Of an applicant's newest requests, found by the keyed hash of the PIN, those that are open for the same service:
	-- it costs the same however many there are. `number` is that of the newest one at the member's own office; null: open
	-- elsewhere alone. Two that come in at the same instant do not see each other.
	SELECT array_agg(CASE
		WHEN p.name IS NULL AND m_principal[n] <> 'kezekd' THEN 2
		WHEN NOT p_imported AND (p.role <> 'clerk' OR p.office <> m_office[n]) THEN 2
		WHEN p_imported AND p.role <> 'admin' THEN 2
		WHEN m_generation[n] <> v_generation THEN 5
		WHEN p_imported THEN 1
		WHEN abs(extract(epoch FROM v_now - m_registered_at[n])) > 1 THEN 3
		WHEN o.is_open THEN 6
		ELSE 1 END ORDER BY n), array_agg(o.number ORDER BY n)
	INTO v_verdict, v_known
	FROM generate_series(1, cardinality(m_id)) AS n
	LEFT JOIN kezek.principal p ON p.name = m_principal[n] AND p.disabled_at IS NULL
	LEFT JOIN LATERAL (
		SELECT true AS is_open, CASE WHEN w.office = m_office[n]
			THEN (SELECT r.number FROM kezek.request r WHERE r.id = w.request) END AS number
		FROM (SELECT k.request FROM generate_series(1, length(m_pin[n]), 36) AS i, LATERAL (SELECT k.request
			FROM kezek.lookup k WHERE k.hash = substr(m_pin[n], i, 36) ORDER BY k.request DESC LIMIT 50) k) k
		-- from each of these by its key, and no other way: of all open work they are the least part
		CROSS JOIN LATERAL (SELECT * FROM kezek.work w WHERE w.request = k.request OFFSET 0) w
		WHERE w.service = m_service[n]
		ORDER BY (w.office = m_office[n]) DESC, w.request DESC LIMIT 1) o ON true;

	IF 'kezekd' = ANY (m_principal) THEN
		m_number := kezek.number_links(m_id, m_number, m_register);
	END IF;

	WITH gate AS (
		INSERT INTO kezek.idempotency (principal, key, fingerprint, request, status, answer, version, made_at,
			for_ever)
		SELECT CASE WHEN p_imported THEN '@import' ELSE m_principal[n] END, m_key[n], m_fingerprint[n], m_id[n],
			m_status[n], m_answer[n], 1, v_now, true
		FROM generate_series(1, cardinality(m_id)) AS n
		WHERE v_verdict[n] = 1 AND NOT (p_imported AND EXISTS (
			SELECT FROM kezek.number t WHERE t.number = m_number[n] AND t.agency = m_register[n]))
		ORDER BY 1, 2, n
		ON CONFLICT DO NOTHING
		RETURNING request
	)
	SELECT coalesce(array_agg(request), '{}') INTO v_fresh FROM gate;
	v_whole := cardinality(v_fresh) = cardinality(m_id);

	INSERT INTO kezek.number (number, agency, request)
	SELECT m_number[n], m_register[n], m_id[n]
	FROM generate_series(1, cardinality(m_id)) AS n WHERE v_whole OR m_id[n] = ANY (v_fresh);

	INSERT INTO kezek.request (id, number, service, service_version, variant, channel, office, territory, language,
		received_at, registered_at, backdate_reason, promised_due_on, submitted_by, actor, imported, content)
	SELECT m_id[n], m_number[n], m_service[n], m_service_version[n], m_variant[n], m_channel[n], m_office[n],
		m_territory[n], m_language[n], m_received_at[n], m_registered_at[n], m_backdate_reason[n], m_promised_due_on[n],
		m_principal[n], m_actor[n], p_imported, m_content[n]
	FROM generate_series(1, cardinality(m_id)) AS n WHERE v_whole OR m_id[n] = ANY (v_fresh);

	INSERT INTO kezek.request_key (request, master, wrapped)
	SELECT m_id[n], m_master[n], m_wrapped[n]
	FROM generate_series(1, cardinality(m_id)) AS n WHERE v_whole OR m_id[n] = ANY (v_fresh);

	INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, responsible, due_at, due_on,
		provisional, decide, outcome, updated_at, closed_at, body_number, hops)
	SELECT m_id[n], 1, m_seq[n], m_state[n], m_agency[n], m_office[n], m_service[n], m_responsible[n], m_due_at[n],
		m_due_on[n], m_provisional[n], m_decide[n], m_outcome[n], v_now, m_closed_at[n], m_body_number[n], m_hops[n]
	FROM generate_series(1, cardinality(m_id)) AS n WHERE v_whole OR m_id[n] = ANY (v_fresh);

	-- A holder has it in custody: whoever had it in hand in the former system.
	INSERT INTO kezek.work (request, agency, office, service, priority, due_at, due_on, waiting, paused, fence, claim,
		holder)
	SELECT m_id[n], m_agency[n], m_office[n], m_service[n], m_priority[n],
		CASE WHEN m_decide[n] = 'running' THEN coalesce(m_due_at[n], 'infinity') ELSE 'infinity' END, m_due_on[n],
		m_state[n] = 'queued', m_state[n] = 'paused', (m_holder[n] IS NOT NULL)::int,
		CASE WHEN m_holder[n] IS NOT NULL THEN kezek.uuid_v7(v_now) END, m_holder[n]
	FROM generate_series(1, cardinality(m_id)) AS n
	WHERE m_closed_at[n] IS NULL AND (v_whole OR m_id[n] = ANY (v_fresh));

	IF cardinality(f_request) > 0 THEN -- who gave it on goes on seeing it
		INSERT INTO kezek.former (request, agency, body_number, until_at)
		SELECT f_request[n], f_agency[n], f_body_number[n], f_until_at[n]
		FROM generate_series(1, cardinality(f_request)) AS n WHERE v_whole OR f_request[n] = ANY (v_fresh);
	END IF;

	INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, fire_at, rung_at, fired, effect,
		cap_started_at, floor_at, generation)
	SELECT d_request[n], d_no[n], d_kind[n], d_state[n], d_rule_version[n], d_calendar[n], d_calendar_version[n],
		d_source[n], d_started_at[n], d_due_at[n], d_due_on[n], d_provisional[n], d_pauses[n]::json,
		d_extensions[n]::json, d_breached_at[n], d_fire_at[n], d_rung_at[n]::timestamptz[], d_fired[n], d_effect[n],
		d_cap_started_at[n], d_floor_at[n], v_generation
	FROM generate_series(1, cardinality(d_request)) AS n
	WHERE d_state[n] IN ('running', 'paused') AND (v_whole OR d_request[n] = ANY (v_fresh));

	INSERT INTO kezek.deadline_done (request, no, kind, state, rule_version, calendar, calendar_version, source,
		started_at, due_at, due_on, provisional, pauses, extensions, breached_at, stopped_at, agency, office, service,
		effect, cap_started_at, floor_at, generation)
	SELECT d_request[n], d_no[n], d_kind[n], d_state[n], d_rule_version[n], d_calendar[n], d_calendar_version[n],
		d_source[n], d_started_at[n], d_due_at[n], d_due_on[n], d_provisional[n], d_pauses[n]::json,
		d_extensions[n]::json, d_breached_at[n], d_stopped_at[n], m_agency[m.at], m_office[m.at], m_service[m.at],
		d_effect[n], d_cap_started_at[n], d_floor_at[n], v_generation
	FROM generate_series(1, cardinality(d_request)) AS n,
		LATERAL (SELECT array_position(m_id, d_request[n]) AS at OFFSET 0) m
	WHERE d_state[n] NOT IN ('running', 'paused') AND (v_whole OR d_request[n] = ANY (v_fresh));

	INSERT INTO kezek.lookup (hash, kind, request)
	SELECT l_hash[n], l_kind[n], l_request[n]
	FROM generate_series(1, cardinality(l_request)) AS n WHERE v_whole OR l_request[n] = ANY (v_fresh);

	IF 'kezekd' = ANY (m_principal) THEN
		PERFORM kezek.open_links(v_now, v_fresh);
	END IF;

	v_last := kezek.take_positions(CASE WHEN v_whole THEN cardinality(e_request) ELSE
		(SELECT count(*) FROM unnest(e_request) AS e(request) WHERE request = ANY (v_fresh)) END);
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, ground, legal_basis,
		reason, text, before, after, position)
	SELECT e_request[n], e_seq[n], e_id[n], e_kind[n], e_occurred_at[n], v_now, e_principal[n], e_actor[n], e_ground[n],
		e_legal_basis[n], e_reason[n], e_text[n], e_before[n]::json, e_after[n]::json,
		v_last + row_number() OVER (ORDER BY n)
	FROM generate_series(1, cardinality(e_request)) AS n WHERE v_whole OR e_request[n] = ANY (v_fresh);

	IF v_whole THEN
		RETURN QUERY SELECT g.n, 'done', v_now, NULL::uuid, NULL::bytea, NULL::int, NULL::bytea, NULL::int,
			NULL::bytea, NULL::int, NULL::text
		FROM generate_series(1, cardinality(m_id)) AS g(n);
		RETURN;
	END IF;
	-- A new statement sees what a concurrent holder of the same key has committed meanwhile. A member that
	-- was denied or out of time may still be the repeat of one that was stored.
	RETURN QUERY
	SELECT m.n, CASE WHEN m_id[m.n] = ANY (v_fresh) THEN 'done'
		WHEN v_verdict[m.n] <> 2 AND (k.request IS NOT NULL OR t.request IS NOT NULL) THEN 'duplicate'
		WHEN v_verdict[m.n] = 2 THEN 'denied' WHEN v_verdict[m.n] = 5 THEN 'calendars' WHEN v_verdict[m.n] = 6 THEN 'known'
		ELSE 'clock' END,
		v_now, k.request, k.fingerprint, k.status::int, k.answer, rk.master, rk.wrapped, k.version,
		CASE WHEN v_verdict[m.n] = 6 THEN v_known[m.n] END
	FROM generate_series(1, cardinality(m_id)) AS m(n)
	LEFT JOIN kezek.idempotency k ON k.principal = CASE WHEN p_imported THEN '@import' ELSE m_principal[m.n] END
		AND k.key = m_key[m.n] AND NOT m_id[m.n] = ANY (v_fresh)
	-- A number of that agency which the import did not bring is one that was given out here.
	LEFT JOIN kezek.number t ON p_imported AND t.number = m_number[m.n] AND t.agency = m_register[m.n]
		AND NOT m_id[m.n] = ANY (v_fresh)
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

-- After a restore, by the owner: so many numbers of every office are given to nobody, as they may have been given already;
-- also of offices, and of a year, that had none in the copy.
CREATE OR REPLACE FUNCTION kezek.skip_numbers(p_count bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO kezek.number_block AS b
	SELECT o.code, y.year, 1 + p_count FROM (
		SELECT b.body AS code FROM kezek.number_block b
		UNION SELECT o ->> 'code' FROM (SELECT c.body FROM kezek.catalogue c ORDER BY c.version DESC LIMIT 1) c,
			json_array_elements(c.body -> 'offices') o
	) o, (
		SELECT b.year FROM kezek.number_block b
		UNION SELECT date_part('year', kezek.now())::int + n FROM generate_series(0, 1) n
	) y
	ON CONFLICT (body, year) DO UPDATE SET next = b.next + p_count
$$;
