-- The stage of the specs: people, requests, calls with what they answered, and what must hold after each permutation.
CREATE SCHEMA iso;
GRANT USAGE ON SCHEMA iso TO PUBLIC;
SELECT kezek.partitions_ahead();
INSERT INTO kezek.agency (code, head) VALUES ('one', 'head-one'), ('two', 'head-two');
INSERT INTO kezek.principal (name, kind, role, office, agency, created_at, created_by) VALUES
	('clerk', 'person', 'clerk', 'desk', NULL, now(), 'iso'), ('ann', 'person', 'officer', NULL, 'one', now(), 'iso'),
	('bek', 'person', 'officer', NULL, 'one', now(), 'iso'), ('two', 'person', 'officer', NULL, 'two', now(), 'iso'),
	('chief', 'person', 'supervisor', NULL, 'one', now(), 'iso');

-- The requests of a permutation by number, what was said to whom, and where the feed stood.
CREATE TABLE iso.matter (n int PRIMARY KEY, id uuid NOT NULL);
CREATE TABLE iso.said (who text NOT NULL, what text NOT NULL, n int, result text NOT NULL, request uuid, claim uuid,
	fence bigint);
CREATE TABLE iso.stood (position bigint NOT NULL);

-- A call of any function of the schema by its arguments' names; of those not given a member's (m_) is one null each, rows
-- are none, the rest is null.
CREATE FUNCTION iso.call(p_function text, p_members int, p_given jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT format('kezek.%I(%s)', p_function, string_agg(format('%I => %s', a.name, CASE
		WHEN p_given ? a.name THEN format('(%s)::%s', p_given ->> a.name, a.kind)
		WHEN a.kind LIKE '%[]' AND a.name LIKE 'm\_%' THEN
			format('array_fill(NULL::%s, ARRAY[%s])', rtrim(a.kind, '[]'), p_members)
		WHEN a.kind LIKE '%[]' THEN format('%L::%s', '{}', a.kind)
		ELSE format('NULL::%s', a.kind) END), ', ' ORDER BY a.k))
	FROM pg_proc p CROSS JOIN LATERAL (SELECT p.proargnames[i], format_type(t, NULL), i
		FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS u(t, i)
		WHERE coalesce(p.proargmodes[i], 'i') = 'i') AS a(name, kind, k)
	WHERE p.pronamespace = 'kezek'::regnamespace AND p.proname = p_function GROUP BY p.proname
$$;

-- Opens requests, a batch of them; a key may stand twice in it, or have been given before.
CREATE FUNCTION iso.open(p_who text, p_ids uuid[], p_keys text[], p_agency text DEFAULT 'one') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_each text := format('array_fill(%%s, ARRAY[%s])', cardinality(p_ids));
	v_given jsonb := jsonb_build_object('p_imported', 'false', 'm_id', '$1', 'm_key', '$2', 'e_request', '$1',
		'm_number', '$1', 'e_id', 'ARRAY(SELECT kezek.uuid_v7(kezek.now()) FROM unnest($1))');
BEGIN
	SELECT v_given || jsonb_object_agg(v.name, format(v_each, v.value)) INTO v_given FROM (VALUES
		('m_principal', '''clerk''::text'), ('m_fingerprint', '''\x01''::bytea'), ('m_register', '''one''::text'),
		('m_service', '''s''::text'), ('m_service_version', '1'), ('m_channel', '''counter''::text'),
		('m_office', '''desk''::text'), ('m_language', '''ky''::text'), ('m_received_at', 'kezek.now()'),
		('m_registered_at', 'kezek.now()'), ('m_content', '''\x00''::bytea'), ('m_master', '1'),
		('m_wrapped', '''\x00''::bytea'), ('m_state', '''queued''::text'), ('m_agency', '$4'),
		('m_responsible', '''head-'' || $4'), ('m_provisional', 'false'), ('m_seq', '1'), ('m_status', '201'),
		('m_priority', '0'), ('m_hops', '0'), ('m_generation', '(SELECT value FROM kezek.generation WHERE what = ''calendar'')'),
		('e_seq', '1'), ('e_kind', '''submit''::text'), ('e_occurred_at', 'kezek.now()'), ('e_principal', '''clerk''::text'),
		('e_actor', 'NULL::text'), ('e_ground', 'NULL::text'), ('e_legal_basis', 'NULL::text'), ('e_reason', 'NULL::bytea'),
		('e_text', 'NULL::bytea'), ('e_before', 'NULL::text'), ('e_after', 'NULL::text')) AS v(name, value);
	EXECUTE 'INSERT INTO iso.said SELECT $3, ''open'', n, result, coalesce(request, $1[n]) FROM '
		|| iso.call('open_requests', cardinality(p_ids), v_given) USING p_ids, p_keys, p_who, p_agency;
END
$$;

-- What a permutation begins with: so many requests that wait, and nothing else open.
CREATE FUNCTION iso.start(p_many int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM kezek.work;
	DELETE FROM kezek.link;
	DELETE FROM kezek.idempotency;
	DELETE FROM iso.said;
	DELETE FROM iso.matter;
	DELETE FROM iso.stood;
	INSERT INTO iso.stood SELECT position FROM kezek.feed_head;
	INSERT INTO iso.matter SELECT n, kezek.uuid_v7(kezek.now()) FROM generate_series(1, p_many) n;
	PERFORM iso.open('stage', array_agg(id ORDER BY n), array_agg(id::text ORDER BY n)) FROM iso.matter HAVING count(*) > 0;
END
$$;

CREATE FUNCTION iso.id(p_n int) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT id FROM iso.matter WHERE n = p_n';

-- Claims of agency one; p_named: the number of the only request wanted.
CREATE FUNCTION iso.claim(p_who text, p_max int, p_named int DEFAULT NULL, p_lease interval DEFAULT '1 hour') RETURNS void
LANGUAGE sql AS $$
	INSERT INTO iso.said SELECT p_who, 'claim', n, result, request, claim, fence FROM kezek.claim(ARRAY[p_who],
		ARRAY[NULL]::text[], ARRAY['one'], ARRAY[p_max], ARRAY[NULL]::text[], ARRAY[iso.id(p_named)], ARRAY[NULL]::text[],
		ARRAY[p_lease])
$$;

CREATE FUNCTION iso.renew(p_who text, p_n int) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO iso.said SELECT p_who, 'renew', p_n, r.result, s.request, s.claim, s.fence
	FROM iso.said s, LATERAL kezek.renew(ARRAY[p_who], ARRAY[s.claim], ARRAY[s.fence], ARRAY[interval '1 hour']) r
	WHERE s.who = p_who AND s.what = 'claim' AND s.request = iso.id(p_n)
$$;

CREATE FUNCTION iso.expire(p_limit int DEFAULT 5) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO iso.said SELECT 'kezekd', 'expire', done, 'done' FROM kezek.expire_leases(100, p_limit)
$$;

CREATE FUNCTION iso.pass(p_time interval) RETURNS void
LANGUAGE sql AS $$
	UPDATE kezek.clock SET shift = shift + p_time
$$;

-- An act on one request as the daemon does it: read, then compare and set. p_by_claim: by the claim that p_who was given,
-- whatever became of it. p_keep: released, and kept so long. p_subject: the child that an answer is of.
CREATE FUNCTION iso.act(p_who text, p_n int, p_act text, p_state text, p_hold text, p_key text DEFAULT NULL,
	p_by_claim boolean DEFAULT false, p_keep interval DEFAULT NULL, p_subject uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	s kezek.request_state;
	w kezek.work;
	v_claim uuid;
	v_given jsonb;
BEGIN
	SELECT * INTO s FROM kezek.request_state WHERE id = iso.id(p_n);
	SELECT * INTO w FROM kezek.work WHERE request = s.id;
	SELECT claim INTO v_claim FROM iso.said WHERE who = p_who AND what = 'claim' AND request = s.id;
	IF p_by_claim AND w.claim IS DISTINCT FROM v_claim THEN
		INSERT INTO iso.said VALUES (p_who, p_act, p_n, 'lost', s.id);
		RETURN;
	END IF;
	SELECT jsonb_object_agg(v.name, format('ARRAY[%s]', v.value)) INTO v_given FROM (VALUES
		('m_request', '$4'), ('m_principal', '$1'), ('m_key', '$5'), ('m_fingerprint', '''\x01''::bytea'),
		('m_now', 'kezek.now()'), ('m_read_version', '$6'), ('m_read_seq', '$9'), ('m_read_state', '$7'), ('m_read_fence', '$8'),
		('m_version', '$6 + 1'), ('m_seq', '$9 + 1'), ('m_state', '$10'), ('m_agency', '$11'), ('m_responsible', '$12'),
		('m_provisional', 'false'), ('m_hops', '0'), ('m_hold', '$13'), ('m_holder', '$1'), ('m_status', '200'),
		('m_closed_at', 'CASE WHEN $10 IN (''closed'', ''withdrawn'') THEN coalesce($17, kezek.now()) END'), ('m_priority', '0'),
		('m_handed_back', '$14'), ('m_on_desk', 'false'), ('m_kept_for', 'CASE WHEN $15 IS NOT NULL THEN $1 END'),
		('m_kept_until', 'kezek.now() + $15'),
		('m_generation', '(SELECT value FROM kezek.generation WHERE what = ''calendar'')'), ('e_request', '$4'),
		('e_seq', '$9 + 1'), ('e_id', 'kezek.uuid_v7(kezek.now())'), ('e_kind', '$2'), ('e_occurred_at', 'kezek.now()'),
		('e_principal', '$1'), ('e_actor', 'NULL'), ('e_ground', 'NULL'), ('e_legal_basis', 'NULL'), ('e_reason', 'NULL'),
		('e_text', 'NULL'), ('e_before', 'NULL'), ('e_after', 'json_build_object(''request'', $16)::text')) AS v(name, value);
	EXECUTE 'INSERT INTO iso.said SELECT $1, $2, $3, result, coalesce(request, $4) FROM ' || iso.call('act', 1, v_given)
	USING p_who, p_act, p_n, s.id, p_key, s.version, s.state, coalesce(w.fence, 0), s.seq, p_state, s.agency,
		CASE p_hold WHEN 'free' THEN 'head-' || s.agency WHEN 'custody' THEN p_who ELSE s.responsible END, p_hold,
		coalesce(w.handed_back, 0), p_keep, p_subject, s.closed_at;
END
$$;

-- The second request as a question that came of the first, to agency two.
CREATE FUNCTION iso.ask() RETURNS void
LANGUAGE sql AS $$
	UPDATE kezek.request_state SET agency = 'two', responsible = 'head-two' WHERE id = iso.id(2);
	UPDATE kezek.work SET agency = 'two' WHERE request = iso.id(2);
	INSERT INTO kezek.link (parent, no, child, kind, agency, number, asked, "join", principal, made_at, state)
	VALUES (iso.id(1), 1, iso.id(2), 'consult', 'two', iso.id(2)::text, 1, 'all', 'ann', kezek.now(), 'open')
$$;

-- What must hold after every permutation of every spec; a line each that does not.
CREATE FUNCTION iso.broken() RETURNS TABLE (broken text)
LANGUAGE sql AS $$
	WITH events AS MATERIALIZED (
		SELECT e.* FROM kezek.event e, iso.stood s WHERE e.position > s.position
		UNION ALL SELECT e.* FROM kezek.event e WHERE e.position IS NULL
	)
	-- the feed is dense, and all stands in it
	SELECT format('the feed has holes: %s events up to %s', count(*), max(e.position)) FROM events e, iso.stood s
	GROUP BY s.position HAVING count(*) <> (SELECT position FROM kezek.feed_head) - s.position
		OR count(DISTINCT e.position) <> count(*)
	UNION ALL
	-- each journal is dense, and its request knows its end
	SELECT 'a journal has holes: ' || string_agg(e.kind || ' ' || e.seq, ', ' ORDER BY e.seq)
	FROM events e JOIN kezek.request_state s ON s.id = e.request
	GROUP BY s.id, s.seq HAVING count(*) <> s.seq OR max(e.seq) <> s.seq
	UNION ALL
	-- both tables are of one mind, and somebody answers for it
	SELECT 'state and hold differ: ' || s.state || ' ' || row_to_json(w) FROM iso.matter m
	JOIN kezek.request_state s ON s.id = m.id LEFT JOIN kezek.work w ON w.request = s.id
	WHERE (w.request IS NULL) <> (s.closed_at IS NOT NULL) OR s.closed_at IS NULL AND (s.responsible IS NULL OR NOT CASE s.state
		WHEN 'queued' THEN w.claim IS NULL AND w.holder IS NULL AND w.waiting::int + w.on_desk::int
			+ (w.kept_until IS NOT NULL)::int = 1
		WHEN 'claimed' THEN w.claim IS NOT NULL AND w.lease_until IS NOT NULL AND s.responsible = w.holder AND NOT w.waiting
		WHEN 'in_work' THEN w.claim IS NOT NULL AND w.lease_until IS NULL AND NOT w.waiting
		ELSE NOT w.waiting END)
	UNION ALL
	-- one holder at a time, each with a number of its own
	SELECT 'a fence was given twice' FROM iso.said WHERE what = 'claim' AND result = 'done'
	GROUP BY request, fence HAVING count(*) > 1
	UNION ALL
	SELECT 'two hold it at once' FROM (SELECT e.kind, lag(e.kind) OVER (PARTITION BY e.request ORDER BY e.seq) AS before
		FROM events e WHERE e.kind IN ('claim', 'release', 'lease_expired', 'reassign', 'decide')) e
	WHERE e.kind = 'claim' AND e.before = 'claim'
	UNION ALL
	-- what was said to be done stands in the journal, and nothing else
	SELECT format('%s said to be done, %s done: %s', coalesce(s.n, 0), coalesce(e.n, 0), coalesce(s.what, e.kind)) FROM
		(SELECT CASE what WHEN 'open' THEN 'submit' ELSE what END AS what, request, count(*) AS n FROM iso.said
		WHERE result = 'done' AND what NOT IN ('expire', 'renew') GROUP BY 1, 2) s
	FULL JOIN (SELECT e.kind, e.request, count(*) AS n FROM events e WHERE e.kind NOT IN ('lease_expired', 'desk')
		GROUP BY 1, 2) e ON e.kind = s.what AND e.request = s.request
	WHERE s.n IS DISTINCT FROM e.n
	UNION ALL
	-- who was told of another's answer was told of one that is there
	SELECT 'a repeat of nothing: ' || s.what FROM iso.said s WHERE s.result = 'duplicate'
		AND NOT EXISTS (SELECT FROM iso.said d WHERE d.result = 'done' AND d.what = s.what AND d.request = s.request)
	UNION ALL
	SELECT format('a stranger''s answer: %s %s', s.what, s.result) FROM iso.said s
	WHERE s.result NOT IN ('done', 'duplicate', 'conflict', 'lost')
$$;
GRANT ALL ON ALL TABLES IN SCHEMA iso TO PUBLIC;
