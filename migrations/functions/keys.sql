-- The keys under which rows stand, and their rotation (kezekd rewrap): a page is read, the daemon's program computes, and
-- what it computed is written where nothing has moved meanwhile.

-- The id in front of a hash.
CREATE OR REPLACE FUNCTION kezek.index_id(p_hash bytea) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT ('x' || encode(substr(p_hash, 1, 4), 'hex'))::bit(32)::int
$$;

-- Secrets of webhooks and the keys of reasons of leaves, which a master wraps like the keys of requests.
DROP FUNCTION IF EXISTS kezek.webhook_keys;
CREATE OR REPLACE FUNCTION kezek.other_keys() RETURNS TABLE (id uuid, master int, wrapped bytea)
LANGUAGE sql STABLE AS $$
	SELECT w.id, w.master, w.wrapped FROM kezek.webhook w
	UNION ALL SELECT w.id, w.former_master, w.former_wrapped FROM kezek.webhook w WHERE w.former_wrapped IS NOT NULL
	UNION ALL SELECT d.id, d.master, d.wrapped FROM kezek.delegation d WHERE d.wrapped IS NOT NULL
$$;

-- From id to id, past all that stands under each: as quick on ten million rows as on ten. With one key that the master
-- wraps, to be tried.
CREATE OR REPLACE FUNCTION kezek.keys_in_use()
RETURNS TABLE (kind text, id int, request uuid, wrapped bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_id int := 0;
	v_hash bytea;
BEGIN
	LOOP
		SELECT least((SELECT min(k.master) FROM kezek.request_key k WHERE k.wrapped IS NOT NULL AND k.master > v_id),
			(SELECT min(k.master) FROM kezek.other_keys() k WHERE k.master > v_id)) INTO v_id;
		EXIT WHEN v_id IS NULL;
		RETURN QUERY (SELECT 'master', v_id, k.request, k.wrapped FROM kezek.request_key k
			WHERE k.wrapped IS NOT NULL AND k.master = v_id LIMIT 1)
			UNION ALL SELECT 'master', v_id, k.id, k.wrapped FROM kezek.other_keys() k WHERE k.master = v_id LIMIT 1;
	END LOOP;
	v_id := -1;
	LOOP
		SELECT l.hash INTO v_hash FROM kezek.lookup l WHERE l.hash >= int4send(v_id + 1) ORDER BY l.hash LIMIT 1;
		EXIT WHEN NOT FOUND;
		v_id := kezek.index_id(v_hash);
		RETURN QUERY SELECT 'index', v_id, NULL::uuid, NULL::bytea;
		EXIT WHEN v_id IN (2147483647, -1);
	END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.keys_in_use TO kezek_app, kezek_jobs;

-- How many keys of requests, secrets of webhooks and keys of leaves a master wraps, or how many hashes an index key has made.
CREATE OR REPLACE FUNCTION kezek.count_key(p_kind text, p_id int) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF p_kind = 'master' THEN
		RETURN (SELECT count(*) FROM kezek.request_key k WHERE k.wrapped IS NOT NULL AND k.master = p_id)
			+ (SELECT count(*) FROM kezek.other_keys() k WHERE k.master = p_id);
	END IF;
	RETURN (SELECT count(*) FROM kezek.lookup l WHERE l.hash >= int4send(p_id)
		AND (p_id = 2147483647 OR l.hash < int4send(p_id + 1)));
END
$$;
GRANT EXECUTE ON FUNCTION kezek.count_key TO kezek_app, kezek_jobs;

-- What a master wraps, but for those that were found unreadable. What is written leaves it: there is no cursor to keep.
CREATE OR REPLACE FUNCTION kezek.rewrap_page(p_master int, p_skip uuid[], p_limit int)
RETURNS TABLE (request uuid, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	(SELECT k.request, k.wrapped FROM kezek.request_key k
	WHERE k.master = p_master AND k.wrapped IS NOT NULL AND k.request <> ALL (p_skip) LIMIT p_limit)
	UNION ALL SELECT k.id, k.wrapped FROM kezek.other_keys() k WHERE k.master = p_master AND k.id <> ALL (p_skip)
	LIMIT p_limit
$$;
GRANT EXECUTE ON FUNCTION kezek.rewrap_page TO kezek_jobs;

-- Compare-and-set: a key that was destroyed meanwhile stays so. Whoever holds a row now is waited for by none; it comes
-- with a later page.
CREATE OR REPLACE FUNCTION kezek.rewrap_apply(p_master int, m_request uuid[], m_read bytea[], m_wrapped bytea[])
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_free uuid[];
	v_done int;
BEGIN
	v_free := ARRAY(SELECT k.request FROM kezek.request_key k WHERE k.request = ANY (m_request)
		ORDER BY k.request FOR UPDATE SKIP LOCKED);
	UPDATE kezek.request_key k SET master = p_master, wrapped = m.wrapped
	FROM unnest(m_request, m_read, m_wrapped) AS m(request, read, wrapped)
	WHERE k.request = m.request AND k.wrapped = m.read AND m.request = ANY (v_free);
	GET DIAGNOSTICS v_done = ROW_COUNT;
	WITH w AS (SELECT w.id, n.wrapped AS now, f.wrapped AS former FROM kezek.webhook w
		LEFT JOIN unnest(m_request, m_read, m_wrapped) AS n(id, read, wrapped) ON n.id = w.id AND n.read = w.wrapped
		LEFT JOIN unnest(m_request, m_read, m_wrapped) AS f(id, read, wrapped) ON f.id = w.id AND f.read = w.former_wrapped
		WHERE n.id IS NOT NULL OR f.id IS NOT NULL FOR NO KEY UPDATE OF w SKIP LOCKED
	), u AS (
		UPDATE kezek.webhook h SET master = CASE WHEN w.now IS NULL THEN h.master ELSE p_master END,
			wrapped = coalesce(w.now, h.wrapped),
			former_master = CASE WHEN w.former IS NULL THEN h.former_master ELSE p_master END,
			former_wrapped = coalesce(w.former, h.former_wrapped)
		FROM w WHERE h.id = w.id RETURNING (w.now IS NOT NULL)::int + (w.former IS NOT NULL)::int AS n
	)
	SELECT v_done + coalesce(sum(u.n), 0) INTO v_done FROM u;
	WITH u AS (
		UPDATE kezek.delegation d SET master = p_master, wrapped = m.wrapped
		FROM unnest(m_request, m_read, m_wrapped) AS m(request, read, wrapped)
		WHERE d.id = m.request AND d.wrapped = m.read RETURNING 1
	)
	SELECT v_done + count(*) INTO v_done FROM u;
	RETURN v_done;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.rewrap_apply TO kezek_jobs;

-- Requests that stand under an index key, each version of the content a row, the requests together.
CREATE OR REPLACE FUNCTION kezek.relook_page(p_index int, p_skip uuid[], p_limit int)
RETURNS TABLE (request uuid, version int, master int, wrapped bytea, content bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH due AS MATERIALIZED (SELECT DISTINCT f.request FROM (SELECT l.request FROM kezek.lookup l
		WHERE l.hash >= int4send(p_index) AND (p_index = 2147483647 OR l.hash < int4send(p_index + 1))
			AND l.request <> ALL (p_skip) LIMIT p_limit) f)
	SELECT s.id, s.version, k.master, k.wrapped, c.content
	FROM due JOIN kezek.request_state s ON s.id = due.request
	JOIN kezek.request_key k ON k.request = due.request,
	LATERAL (SELECT r.content FROM kezek.request r WHERE r.id = due.request
		UNION ALL SELECT t.sealed FROM kezek.content t WHERE t.request = due.request) c
	ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION kezek.relook_page TO kezek_jobs;

-- All hashes of each request anew, where it stands at the version that was read: a correction or an erasure meanwhile
-- raises it. The lock is the one that these take first.
CREATE OR REPLACE FUNCTION kezek.relook_apply(m_request uuid[], m_version int[], l_request uuid[], l_kind text[],
	l_hash bytea[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_free uuid[];
BEGIN
	v_free := ARRAY(SELECT s.id FROM kezek.request_state s JOIN unnest(m_request, m_version) AS m(request, version)
		ON s.id = m.request AND s.version = m.version ORDER BY s.id FOR UPDATE OF s SKIP LOCKED);
	DELETE FROM kezek.lookup WHERE request = ANY (v_free);
	INSERT INTO kezek.lookup (hash, kind, request)
	SELECT DISTINCT l.hash, l.kind, l.request FROM unnest(l_request, l_kind, l_hash) AS l(request, kind, hash)
	JOIN kezek.request_key k ON k.request = l.request AND k.wrapped IS NOT NULL
	WHERE l.request = ANY (v_free);
	RETURN cardinality(v_free);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.relook_apply TO kezek_jobs;
