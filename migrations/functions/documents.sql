-- Documents: chunks as they come in, the document once it is whole, and the end of uploads that nobody carries on.

-- May this principal add documents to the request?
CREATE OR REPLACE FUNCTION kezek.may_document(p_principal text, p_request uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM kezek.principal p, kezek.request_state s
		WHERE p.name = p_principal AND p.disabled_at IS NULL AND p.role IN ('clerk', 'officer')
			AND s.id = p_request AND kezek.may_act(p, s.agency, s.office))
$$;

-- Of the whole that a request is a part of, who has the part reads the documents, and nothing else: the officers of the
-- agency that has it now. One step, from the part to its whole.
CREATE OR REPLACE FUNCTION kezek.has_part_of(p_whole uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM kezek.link k JOIN kezek.request_state s ON s.id = k.child
		WHERE k.parent = p_whole AND k.kind = 'part' AND s.agency = nullif(current_setting('kezek.agency', true), ''))
$$;
GRANT EXECUTE ON FUNCTION kezek.has_part_of TO kezek_app;
ALTER POLICY personal ON kezek.document USING (
	EXISTS (SELECT FROM kezek.principal p WHERE p.name = nullif(current_setting('kezek.principal', true), '')
		AND p.role IN ('clerk', 'officer') AND p.disabled_at IS NULL)
	AND (EXISTS (SELECT FROM kezek.request_state s WHERE s.id = document.request
			AND (s.agency = nullif(current_setting('kezek.agency', true), '')
				OR s.office = nullif(current_setting('kezek.office', true), '')))
		OR kezek.has_part_of(document.request)));

-- The whole, with the key that its documents are sealed under; no row where who has entered reads none of them.
CREATE OR REPLACE FUNCTION kezek.whole_of(p_part uuid) RETURNS TABLE (request uuid, master int, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT k.parent, r.master, r.wrapped
	FROM kezek.link k JOIN kezek.request_state s ON s.id = k.child JOIN kezek.request_key r ON r.request = k.parent
	WHERE k.child = p_part AND k.kind = 'part'
		AND (s.agency = nullif(current_setting('kezek.agency', true), '')
			OR s.office = nullif(current_setting('kezek.office', true), ''))
		AND EXISTS (SELECT FROM kezek.principal p WHERE p.name = nullif(current_setting('kezek.principal', true), '')
			AND p.role IN ('clerk', 'officer') AND p.disabled_at IS NULL)
$$;
GRANT EXECUTE ON FUNCTION kezek.whole_of TO kezek_app;

-- One chunk. done; denied; or gone: this upload has been swept up, or what came before is missing. Its commit is not
-- waited for: that of the document comes after it in the same log.
CREATE OR REPLACE FUNCTION kezek.put_chunk(p_principal text, p_request uuid, p_upload uuid, p_no int, p_sealed bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	IF NOT kezek.may_document(p_principal, p_request) THEN
		RETURN 'denied';
	END IF;
	IF p_no = 0 THEN
		INSERT INTO kezek.upload VALUES (p_upload, p_request, p_principal, 1, kezek.now());
	ELSE
		UPDATE kezek.upload SET chunks = p_no + 1, touched_at = kezek.now()
		WHERE id = p_upload AND request = p_request AND principal = p_principal AND chunks = p_no;
		IF NOT FOUND THEN
			RETURN 'gone';
		END IF;
	END IF;
	INSERT INTO kezek.document_chunk VALUES (p_request, p_upload, p_no, p_sealed);
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.put_chunk TO kezek_app;

-- An upload that ends without a document. How many chunks went; none where it has become one.
CREATE OR REPLACE FUNCTION kezek.discard_upload(p_principal text, p_upload uuid) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH u AS (DELETE FROM kezek.upload WHERE id = p_upload AND principal = p_principal RETURNING id, request),
	c AS (DELETE FROM kezek.document_chunk c USING u WHERE c.request = u.request AND c.document = u.id RETURNING 1)
	SELECT count(*)::int FROM c
$$;
GRANT EXECUTE ON FUNCTION kezek.discard_upload TO kezek_app;

-- Whose daemon died, or lost PostgreSQL: untouched for an hour. At most p_limit uploads at a time.
CREATE OR REPLACE FUNCTION kezek.forget_uploads(p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH old AS (SELECT id FROM kezek.upload WHERE touched_at < (SELECT kezek.now()) - interval '1 hour'
		ORDER BY touched_at LIMIT p_limit FOR UPDATE SKIP LOCKED),
	u AS (DELETE FROM kezek.upload u USING old WHERE u.id = old.id RETURNING u.id, u.request),
	c AS (DELETE FROM kezek.document_chunk c USING u WHERE c.request = u.request AND c.document = u.id)
	SELECT count(*)::int FROM u
$$;
GRANT EXECUTE ON FUNCTION kezek.forget_uploads TO kezek_jobs;

-- What is whole becomes a document, once: an event, and the request's next version. Results: done; same (it is there
-- with this very content); exists (with another); duplicate (the key was used: look at the fingerprint); denied;
-- erased; stale (p_if_version is not its version); not_open (a request that has ended takes nothing but the result of a
-- closed one); full; gone. What is not done leaves nothing of the upload.
DROP FUNCTION IF EXISTS kezek.store_document;
CREATE FUNCTION kezek.store_document(p_principal text, p_actor text, p_key text, p_fingerprint bytea,
	p_request uuid, p_upload uuid, p_name_hash bytea, p_digest_hash bytea, p_kind text, p_media_type text, p_size bigint,
	p_chunks int, p_about bytea, p_if_version int, p_text bytea, p_room int)
RETURNS TABLE (result text, state text, version int, fingerprint bytea, status int, no int, kind text,
	media_type text, size bigint, chunks int, stored_at timestamptz, stored_by text, actor text, about bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	s kezek.request_state;
	k kezek.idempotency;
	d kezek.document;
	v_now timestamptz;
	v_no int;
	v_result text := 'done';
BEGIN
	SELECT * INTO s FROM kezek.request_state t WHERE t.id = p_request FOR UPDATE;
	v_now := kezek.now();
	SELECT * INTO k FROM kezek.idempotency i WHERE i.principal = p_principal AND i.key = p_key;
	SELECT * INTO d FROM kezek.document t WHERE t.request = p_request AND t.name_hash = p_name_hash;
	v_no := 1 + coalesce((SELECT max(t.no) FROM kezek.document t WHERE t.request = p_request), 0);
	IF NOT kezek.may_document(p_principal, p_request) THEN
		v_result := 'denied'; -- and nothing is told
		s := NULL;
		k := NULL;
		d := NULL;
	ELSIF EXISTS (SELECT FROM kezek.request_key r WHERE r.request = p_request AND r.wrapped IS NULL) THEN
		v_result := 'erased';
	ELSIF k.key IS NOT NULL THEN
		v_result := 'duplicate';
	ELSIF d.no IS NOT NULL THEN
		v_result := CASE WHEN d.digest_hash = p_digest_hash THEN 'same' ELSE 'exists' END;
	ELSIF p_if_version <> s.version THEN
		v_result := 'stale';
	ELSIF s.closed_at IS NOT NULL AND NOT (s.state = 'closed' AND p_kind = 'result') THEN
		v_result := 'not_open';
	ELSIF v_no > p_room THEN
		v_result := 'full';
	ELSE
		DELETE FROM kezek.upload u WHERE u.id = p_upload AND u.request = p_request AND u.principal = p_principal
			AND u.chunks = p_chunks;
		IF NOT FOUND AND p_chunks > 0 THEN
			v_result := 'gone';
		END IF;
	END IF;
	IF v_result = 'done' AND p_key IS NOT NULL THEN
		INSERT INTO kezek.idempotency VALUES (p_principal, p_key, p_fingerprint, p_request, 201, NULL, s.version + 1,
			v_now, false) ON CONFLICT DO NOTHING;
		IF NOT FOUND THEN -- for another request, just now
			v_result := 'duplicate';
			SELECT * INTO k FROM kezek.idempotency i WHERE i.principal = p_principal AND i.key = p_key;
		END IF;
	END IF;
	IF v_result <> 'done' THEN
		PERFORM kezek.discard_upload(p_principal, p_upload);
	ELSE
		INSERT INTO kezek.document VALUES (p_request, v_no, p_upload, p_name_hash, p_digest_hash, p_kind, p_media_type,
			p_size, p_chunks, v_now, p_principal, p_actor, p_about) RETURNING * INTO d;
		UPDATE kezek.request_state t SET version = t.version + 1, seq = t.seq + 1, updated_at = v_now
		WHERE t.id = p_request RETURNING * INTO s;
		INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, text, after,
			position)
		VALUES (p_request, s.seq, kezek.uuid_v7(v_now), 'document', v_now, v_now, p_principal, p_actor, p_text,
			json_build_object('document', v_no, 'kind', p_kind, 'media_type', p_media_type, 'size', p_size),
			1 + kezek.take_positions(1));
	END IF;
	RETURN QUERY SELECT v_result, s.state, CASE WHEN v_result = 'duplicate' THEN k.version ELSE s.version END,
		k.fingerprint, k.status::int, d.no, d.kind, d.media_type, d.size, d.chunks, d.stored_at, d.stored_by, d.actor,
		d.about;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.store_document TO kezek_app;
