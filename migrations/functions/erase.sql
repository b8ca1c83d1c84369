-- The erasure of a person: the request's key is destroyed, and with it all that was sealed under it; what it was found
-- by and its files are deleted. Stored answers and every version of the content stay, as nothing that anybody can read.
-- The journal stands, and says so. Results: done (also when it was before), denied, missing, open (only what has ended
-- can be erased, with what came of it).
CREATE OR REPLACE FUNCTION kezek.erase(p_by text, p_actor text, p_request uuid, p_legal_basis text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_now timestamptz;
	v_closed_at timestamptz;
	v_seq int;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	SELECT s.closed_at, s.seq + 1 INTO v_closed_at, v_seq FROM kezek.request_state s WHERE s.id = p_request FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'missing';
	ELSIF v_closed_at IS NULL OR EXISTS (SELECT FROM kezek.link k
		LEFT JOIN kezek.request_state s ON s.id = k.child
		WHERE k.parent = p_request AND (k.state = 'opening' OR s.id IS NOT NULL AND s.closed_at IS NULL))
	THEN
		RETURN 'open';
	END IF;
	PERFORM FROM kezek.request_state s JOIN kezek.link k ON k.child = s.id WHERE k.parent = p_request FOR UPDATE OF s;
	-- What came of it holds the same person.
	PERFORM kezek.erase(p_by, p_actor, k.child, p_legal_basis) FROM kezek.link k WHERE k.parent = p_request;
	v_now := kezek.now();
	UPDATE kezek.request_key SET wrapped = NULL, destroyed_at = v_now WHERE request = p_request AND wrapped IS NOT NULL;
	IF NOT FOUND THEN
		RETURN 'done';
	END IF;
	DELETE FROM kezek.lookup WHERE request = p_request;
	DELETE FROM kezek.document_chunk WHERE request = p_request;
	UPDATE kezek.request_state SET seq = v_seq, version = version + 1, updated_at = v_now WHERE id = p_request;
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, actor, legal_basis, position)
	VALUES (p_request, v_seq, kezek.uuid_v7(v_now), 'erased', v_now, v_now, p_by, p_actor, p_legal_basis,
		1 + kezek.take_positions(1));
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.erase TO kezek_app;
