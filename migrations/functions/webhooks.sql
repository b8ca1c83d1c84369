-- Webhooks: their administration, and what the daemon that carries them asks. Locks: the hook before its deliveries.

-- Takes the key of a call on a hook, in the transaction of its effect; waits for a running twin. NULL: it was free, or
-- none was given. Else nothing may be done: replayed; replaced (likewise, but the secret it made is not in use any
-- more); reused (another call had it).
CREATE OR REPLACE FUNCTION kezek.take_webhook_key(p_by text, p_key text, p_fingerprint bytea, p_hook uuid, p_status int,
	p_version int) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	k kezek.idempotency;
BEGIN
	IF p_key IS NULL THEN
		RETURN NULL;
	END IF;
	INSERT INTO kezek.idempotency
	VALUES (p_by, p_key, p_fingerprint, p_hook, p_status, NULL, p_version, kezek.now(), false) ON CONFLICT DO NOTHING;
	IF FOUND THEN
		RETURN NULL;
	END IF;
	SELECT * INTO k FROM kezek.idempotency i WHERE i.principal = p_by AND i.key = p_key;
	IF k.fingerprint IS DISTINCT FROM p_fingerprint THEN
		RETURN 'reused';
	END IF;
	-- Nobody rotates it until the caller has read it.
	PERFORM FROM kezek.webhook w WHERE w.id = k.request AND w.secret_no = k.version FOR SHARE;
	RETURN CASE WHEN FOUND THEN 'replayed' ELSE 'replaced' END;
END
$$;

-- done, denied, exists, or missing: no such principal, or a disabled one; or as take_webhook_key(). It begins with what
-- comes from now on.
DROP FUNCTION IF EXISTS kezek.add_webhook;
CREATE FUNCTION kezek.add_webhook(p_by text, p_key text, p_fingerprint bytea, p_name text, p_id uuid,
	p_principal text, p_url text, p_kinds text[], p_master int, p_wrapped bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_key text;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	v_key := kezek.take_webhook_key(p_by, p_key, p_fingerprint, p_id, 201, 1);
	IF v_key IS NOT NULL THEN
		RETURN v_key;
	END IF;
	INSERT INTO kezek.webhook (name, id, principal, url, kinds, position, master, wrapped, created_at, created_by)
	SELECT p_name, p_id, p.name, p_url, p_kinds, h.position, p_master, p_wrapped, kezek.now(), p_by
	FROM kezek.feed_head h, kezek.principal p WHERE p.name = p_principal AND p.disabled_at IS NULL
	ON CONFLICT DO NOTHING;
	IF FOUND THEN
		RETURN 'done';
	END IF;
	DELETE FROM kezek.idempotency WHERE principal = p_by AND key = p_key;
	RETURN CASE WHEN EXISTS (SELECT FROM kezek.principal p WHERE p.name = p_principal AND p.disabled_at IS NULL)
		THEN 'exists' ELSE 'missing' END;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.add_webhook TO kezek_app;

-- done, denied or missing. What was not delivered goes with it.
CREATE OR REPLACE FUNCTION kezek.remove_webhook(p_by text, p_name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	DELETE FROM kezek.webhook WHERE name = p_name;
	RETURN CASE WHEN FOUND THEN 'done' ELSE 'missing' END;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.remove_webhook TO kezek_app;

-- done, denied or missing, or as take_webhook_key(). The secret before signs beside the new one for so long.
DROP FUNCTION IF EXISTS kezek.rotate_webhook;
CREATE FUNCTION kezek.rotate_webhook(p_by text, p_key text, p_fingerprint bytea, p_hook uuid, p_master int,
	p_wrapped bytea, p_overlap interval) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w kezek.webhook;
	v_key text;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	SELECT * INTO w FROM kezek.webhook h WHERE h.id = p_hook FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'missing';
	END IF;
	v_key := kezek.take_webhook_key(p_by, p_key, p_fingerprint, w.id, 200, w.secret_no + 1);
	IF v_key IS NOT NULL THEN
		RETURN v_key;
	END IF;
	UPDATE kezek.webhook SET master = p_master, wrapped = p_wrapped, secret_no = w.secret_no + 1,
		former_master = w.master, former_wrapped = w.wrapped, former_until = kezek.now() + p_overlap
	WHERE id = p_hook;
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.rotate_webhook TO kezek_app;

-- All, or the one of that name; nothing to whoever is no administrator. Deliveries are counted to ten thousand.
CREATE OR REPLACE FUNCTION kezek.webhooks(p_by text, p_name text)
RETURNS TABLE (name text, id uuid, url text, master int, wrapped bytea, former_master int, former_wrapped bytea,
	principal text, kinds text, "position" bigint, created_at timestamptz, created_by text, failing_since timestamptz,
	last_at timestamptz, last_status int, last_why text, disabled_at timestamptz, disabled_why text,
	former_until timestamptz, pending int, dead int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT w.name, w.id, w.url, w.master, w.wrapped, o.master, o.wrapped, w.principal, array_to_string(w.kinds, E'\n'),
		w.position, w.created_at, w.created_by, w.failing_since, w.last_at, w.last_status, w.last_why, w.disabled_at,
		w.disabled_why, o.until,
		(SELECT count(*) FROM (SELECT FROM kezek.delivery d WHERE d.webhook = w.name AND d.state = 'pending' LIMIT 10000) d)::int,
		(SELECT count(*) FROM (SELECT FROM kezek.delivery d WHERE d.webhook = w.name AND d.state = 'dead' LIMIT 10000) d)::int
	FROM kezek.webhook w
	LEFT JOIN LATERAL (SELECT w.former_master AS master, w.former_wrapped AS wrapped, w.former_until AS until
		WHERE w.former_until > kezek.now()) o ON true
	WHERE kezek.is_admin(p_by) AND (p_name IS NULL OR w.name = p_name)
	ORDER BY w.name
$$;
GRANT EXECUTE ON FUNCTION kezek.webhooks TO kezek_app;

-- What a hook has not delivered, in the order of the feed.
CREATE OR REPLACE FUNCTION kezek.deliveries(p_by text, p_name text, p_state text, p_after bigint, p_limit int)
RETURNS TABLE ("position" bigint, request uuid, state text, attempts int, next_at timestamptz, made_at timestamptz,
	last_at timestamptz, last_status int, last_why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT d.position, d.request, d.state, d.attempts, CASE d.state WHEN 'pending' THEN d.next_at END, d.made_at,
		d.last_at, d.last_status, d.last_why
	FROM kezek.delivery d
	WHERE kezek.is_admin(p_by) AND d.webhook = p_name AND (p_state IS NULL OR d.state = p_state) AND d.position > p_after
	ORDER BY d.position LIMIT p_limit
$$;
GRANT EXECUTE ON FUNCTION kezek.deliveries TO kezek_app;

-- One position anew, delivered or not; or everything from one on, by setting the hook back; or all that is undelivered.
-- A disabled hook is taken up again. `result`: done, denied or missing, or as take_webhook_key(); `deliveries`: made or
-- made due by this.
DROP FUNCTION IF EXISTS kezek.redeliver;
CREATE FUNCTION kezek.redeliver(p_by text, p_key text, p_fingerprint bytea, p_name text, p_position bigint,
	p_from bigint)
RETURNS TABLE (result text, deliveries int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w kezek.webhook;
	v_now timestamptz := kezek.now();
	v_done int := 0;
	v_key text;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN QUERY SELECT 'denied', 0;
		RETURN;
	END IF;
	SELECT * INTO w FROM kezek.webhook h WHERE h.name = p_name FOR UPDATE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'missing', 0;
		RETURN;
	END IF;
	v_key := kezek.take_webhook_key(p_by, p_key, p_fingerprint, w.id, 200, 0);
	IF v_key IS NOT NULL THEN
		RETURN QUERY SELECT v_key, (SELECT i.version FROM kezek.idempotency i WHERE i.principal = p_by AND i.key = p_key);
		RETURN;
	END IF;
	UPDATE kezek.webhook h SET position = least(h.position, p_from - 1), disabled_at = NULL, disabled_why = NULL,
		failing_since = NULL
	WHERE h.name = p_name;
	IF p_from IS NULL THEN
		UPDATE kezek.delivery d SET state = 'pending', attempts = 0, flying = false, next_at = v_now
		WHERE d.webhook = p_name AND (p_position IS NULL OR d.position = p_position)
			AND NOT (d.flying AND d.next_at > v_now); -- under way
		GET DIAGNOSTICS v_done = ROW_COUNT;
	END IF;
	IF p_position IS NOT NULL AND v_done = 0 THEN
		PERFORM kezek.enter(w.principal);
		INSERT INTO kezek.delivery (webhook, position, request, state, next_at, made_at)
		SELECT p_name, f.position, f.request, 'pending', v_now, v_now
		FROM kezek.feed(p_position - 1, 1, 1) f WHERE f.position IS NOT NULL
		ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS v_done = ROW_COUNT;
		PERFORM kezek.enter(p_by);
	END IF;
	UPDATE kezek.idempotency i SET version = v_done WHERE i.principal = p_by AND i.key = p_key;
	RETURN QUERY SELECT 'done', v_done;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.redeliver TO kezek_app;

-- The daemon's part, as kezek_jobs.

-- Brings hooks on in the feed: a delivery for each event in the scope of the hook's principal, made with the move of its
-- place. p_span positions and p_limit events of one hook at a time; one that has p_most undelivered waits. A hook that
-- another daemon is at is left to it. True: there is more.
CREATE OR REPLACE FUNCTION kezek.fan_out(p_span int, p_limit int, p_most int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w kezek.webhook;
	v_now timestamptz := kezek.now();
	v_head bigint;
	v_count int;
	v_last bigint;
	v_more boolean := false;
BEGIN
	FOR w IN SELECT h.* FROM kezek.webhook h
		WHERE h.disabled_at IS NULL AND h.position < (SELECT f.position FROM kezek.feed_head f)
		ORDER BY h.position FOR NO KEY UPDATE SKIP LOCKED
	LOOP
		IF NOT EXISTS (SELECT FROM kezek.enter(w.principal)) THEN
			UPDATE kezek.webhook h SET disabled_at = v_now, disabled_why = 'principal' WHERE h.name = w.name;
			CONTINUE;
		END IF;
		CONTINUE WHEN p_most <= (SELECT count(*) FROM (SELECT FROM kezek.delivery d
			WHERE d.webhook = w.name AND d.state = 'pending' LIMIT p_most) d);
		WITH f AS MATERIALIZED (SELECT * FROM kezek.feed(w.position, p_span, p_limit)),
		made AS (
			INSERT INTO kezek.delivery (webhook, position, request, state, next_at, made_at)
			SELECT w.name, f.position, f.request, 'pending', v_now, v_now FROM f
			WHERE f.position IS NOT NULL AND (w.kinds = '{}' OR f.kind = ANY (w.kinds))
			-- set back: what is undelivered already is due again
			ON CONFLICT (webhook, position) DO UPDATE SET state = 'pending', attempts = 0, next_at = v_now
			WHERE NOT delivery.flying
		)
		SELECT count(f.position), max(f.position), max(f.head) INTO v_count, v_last, v_head FROM f;
		IF v_count < p_limit THEN
			v_last := least(w.position + p_span, v_head);
		END IF;
		UPDATE kezek.webhook h SET position = v_last WHERE h.name = w.name;
		v_more := v_more OR v_last < v_head;
	END LOOP;
	PERFORM kezek.enter('');
	RETURN v_more;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.fan_out TO kezek_jobs;

-- Takes what is due, at most p_limit and of one hook as many as leaves p_each under way, one where it is failing; whoever
-- does not record what came of it in time loses it to the next. In order within a request as long as all goes well: a
-- later event waits for the first attempt at an earlier one, and not for the next ones. What the hook's principal does not
-- see any more is dropped. The first columns are those of feed().
CREATE OR REPLACE FUNCTION kezek.take_deliveries(p_limit int, p_each int, p_lease interval)
RETURNS TABLE ("position" bigint, id uuid, request uuid, seq int, kind text, occurred_at timestamptz,
	recorded_at timestamptz, number text, agency text, office text, service text, former text,
	attempt int, webhook text, hook uuid, url text, master int, wrapped bytea, former_master int, former_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	w kezek.webhook;
	v_now timestamptz := kezek.now();
	v_left int := p_limit;
	v_room int;
	v_done int;
BEGIN
	FOR w IN SELECT h.* FROM kezek.webhook h
		WHERE h.disabled_at IS NULL AND p_limit > 0 AND EXISTS (SELECT FROM kezek.delivery d
			WHERE d.webhook = h.name AND d.state = 'pending' AND d.next_at <= v_now)
		ORDER BY h.failing_since NULLS FIRST, h.last_at NULLS FIRST FOR NO KEY UPDATE SKIP LOCKED
	LOOP
		v_room := least(v_left, CASE WHEN w.failing_since IS NULL THEN p_each ELSE 1 END - (SELECT count(*)
			FROM kezek.delivery d WHERE d.webhook = w.name AND d.state = 'pending' AND d.flying AND d.next_at > v_now)::int);
		CONTINUE WHEN v_room <= 0 OR NOT EXISTS (SELECT FROM kezek.enter(w.principal));
		RETURN QUERY WITH due AS MATERIALIZED (
			SELECT d.position FROM kezek.delivery d
			WHERE d.webhook = w.name AND d.state = 'pending' AND d.next_at <= v_now
				AND NOT EXISTS (SELECT FROM kezek.delivery e WHERE e.webhook = w.name AND e.state = 'pending'
					AND e.request = d.request AND e.position < d.position AND (e.flying OR e.attempts = 0))
			ORDER BY d.next_at, d.position LIMIT v_room
		), told AS MATERIALIZED (
			SELECT due.position AS at, f.* FROM due
			LEFT JOIN LATERAL (SELECT * FROM kezek.feed(due.position - 1, 1, 1) f WHERE f.position IS NOT NULL) f ON true
		), dropped AS (
			DELETE FROM kezek.delivery d USING told WHERE d.webhook = w.name AND d.position = told.at AND told.id IS NULL
		), taken AS (
			UPDATE kezek.delivery d SET attempts = d.attempts + 1, flying = true, next_at = v_now + p_lease
			FROM told WHERE d.webhook = w.name AND d.position = told.at AND told.id IS NOT NULL
			RETURNING d.position, d.attempts
		)
		SELECT t.position, t.id, t.request, t.seq, t.kind, t.occurred_at, t.recorded_at, t.number, t.agency, t.office,
			t.service, t.former, k.attempts, w.name, w.id, w.url, w.master, w.wrapped,
			CASE WHEN w.former_until > v_now THEN w.former_master END,
			CASE WHEN w.former_until > v_now THEN w.former_wrapped END
		FROM told t JOIN taken k ON k.position = t.at ORDER BY t.position;
		GET DIAGNOSTICS v_done = ROW_COUNT;
		v_left := v_left - v_done;
		EXIT WHEN v_left <= 0;
	END LOOP;
	PERFORM kezek.enter('');
END
$$;
GRANT EXECUTE ON FUNCTION kezek.take_deliveries TO kezek_jobs;

-- What came of attempts, and of their hooks: m_result is delivered, again, dead or gone; what was taken by another
-- meanwhile is its own to record. A hook that has failed for p_patience is disabled. Rows: the hooks that this disabled.
CREATE OR REPLACE FUNCTION kezek.record_deliveries(p_patience interval, m_webhook text[], m_position bigint[],
	m_attempt int[], m_result text[], m_status int[], m_why text[], m_delay interval[])
RETURNS TABLE (webhook text, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	m record;
	v_now timestamptz;
	v_why text;
BEGIN
	PERFORM FROM kezek.webhook h WHERE h.name = ANY (m_webhook) ORDER BY h.name FOR NO KEY UPDATE;
	v_now := kezek.now();
	FOR m IN SELECT * FROM unnest(m_webhook, m_position, m_attempt, m_result, m_status, m_why, m_delay)
		AS t(webhook, position, attempt, result, status, why, delay)
	LOOP
		IF m.result = 'delivered' THEN
			DELETE FROM kezek.delivery d
			WHERE d.webhook = m.webhook AND d.position = m.position AND d.flying AND d.attempts = m.attempt;
		ELSE
			UPDATE kezek.delivery d SET flying = false, next_at = v_now + coalesce(m.delay, interval '0'),
				state = CASE m.result WHEN 'dead' THEN 'dead' ELSE 'pending' END, last_at = v_now,
				last_status = nullif(m.status, 0), last_why = m.why
			WHERE d.webhook = m.webhook AND d.position = m.position AND d.flying AND d.attempts = m.attempt;
		END IF;
		CONTINUE WHEN NOT FOUND;
		UPDATE kezek.webhook h SET last_at = v_now, last_status = nullif(m.status, 0), last_why = m.why,
			failing_since = CASE WHEN m.result <> 'delivered' THEN coalesce(h.failing_since, v_now) END
		WHERE h.name = m.webhook
		RETURNING CASE WHEN h.disabled_at IS NOT NULL THEN NULL WHEN m.result = 'gone' THEN 'gone'
			WHEN h.failing_since <= v_now - p_patience THEN 'failing' END INTO v_why;
		IF v_why IS NOT NULL THEN
			UPDATE kezek.webhook h SET disabled_at = v_now, disabled_why = v_why WHERE h.name = m.webhook;
			RETURN QUERY SELECT m.webhook, v_why;
		END IF;
	END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.record_deliveries TO kezek_jobs;

-- Now, and when the next delivery is due; null: none is.
CREATE OR REPLACE FUNCTION kezek.next_delivery() RETURNS TABLE (db_now timestamptz, next_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT kezek.now(), (SELECT min(n.next_at) FROM kezek.webhook w CROSS JOIN LATERAL (SELECT d.next_at
		FROM kezek.delivery d WHERE d.webhook = w.name AND d.state = 'pending' ORDER BY d.next_at LIMIT 1) n
		WHERE w.disabled_at IS NULL)
$$;
GRANT EXECUTE ON FUNCTION kezek.next_delivery TO kezek_jobs;

-- What somebody should know of: deliveries, each counted to ten thousand, and hooks.
CREATE OR REPLACE FUNCTION kezek.look_at_webhooks() RETURNS TABLE (pending int, dead int, failing int, disabled int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT (SELECT count(*) FROM (SELECT FROM kezek.delivery WHERE state = 'pending' LIMIT 10000) d)::int,
		(SELECT count(*) FROM (SELECT FROM kezek.delivery WHERE state = 'dead' LIMIT 10000) d)::int,
		(SELECT count(*) FROM kezek.webhook WHERE failing_since IS NOT NULL AND disabled_at IS NULL)::int,
		(SELECT count(*) FROM kezek.webhook WHERE disabled_at IS NOT NULL)::int
$$;
GRANT EXECUTE ON FUNCTION kezek.look_at_webhooks TO kezek_jobs;
