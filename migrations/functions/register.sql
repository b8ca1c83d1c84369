-- What administrators record: principals and the catalogue (calendars: recompute.sql). Each checks its principal, and each
-- counts its generation up, by which every daemon notices.

CREATE OR REPLACE FUNCTION kezek.is_admin(p_by text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM kezek.principal p WHERE p.name = p_by AND p.role = 'admin' AND p.disabled_at IS NULL)
$$;

CREATE OR REPLACE FUNCTION kezek.bump(p_what text) RETURNS bigint
LANGUAGE sql AS $$
	UPDATE kezek.generation SET value = value + 1 WHERE what = p_what RETURNING value
$$;

-- Bound to another principal, or bound before and still taken.
CREATE OR REPLACE FUNCTION kezek.is_anothers_certificate(p_name text, p_certificate bytea) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM kezek.principal p WHERE p.name <> p_name AND (p.certificate_sha256 = p_certificate
		OR p.former_certificate_sha256 = p_certificate AND p.former_until > (SELECT kezek.now())))
$$;

-- done, denied, or exists.
CREATE OR REPLACE FUNCTION kezek.add_principal(p_by text, p_name text, p_kind text, p_role text, p_office text,
	p_agency text, p_certificate bytea, p_token bytea, p_token_expires_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	PERFORM kezek.bump('principal'); -- first: certificates change one at a time
	IF p_name = 'kezekd' OR kezek.is_anothers_certificate(p_name, p_certificate) THEN -- the former is the daemon's own
		RETURN 'exists';
	END IF;
	INSERT INTO kezek.principal (name, kind, role, office, agency, certificate_sha256, token_sha256,
		token_expires_at, created_at, created_by)
	VALUES (p_name, p_kind, p_role, p_office, p_agency, p_certificate, p_token, p_token_expires_at, kezek.now(), p_by)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN 'exists';
	END IF;
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.add_principal TO kezek_app;

-- Whoever is here no more answers for nothing: what was in those hands waits in its queue again, what waits for others
-- waits on without a holder, and the agency's named head answers for it. One line in the journal of each. How many.
DROP FUNCTION IF EXISTS kezek.relieve;
CREATE FUNCTION kezek.relieve(p_by text, p_name text) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	v_now timestamptz;
	v_left uuid[];
BEGIN
	-- Locks as everywhere: work before state, each in the order of ids.
	v_left := ARRAY(SELECT w.request FROM kezek.work w JOIN kezek.request_state s ON s.id = w.request
		WHERE w.holder = p_name OR (s.responsible = p_name AND p_name IS DISTINCT FROM kezek.head_of(s.agency))
		ORDER BY w.request FOR UPDATE OF w);
	PERFORM FROM kezek.request_state s WHERE s.id = ANY (v_left) ORDER BY s.id FOR UPDATE;
	v_now := kezek.now();
	UPDATE kezek.work SET kept_until = v_now WHERE kept_for = p_name AND kept_until > v_now; -- kezek.expire_leases frees it
	WITH old AS MATERIALIZED (
		SELECT s.id, s.state, s.responsible, w.holder, w.actor, w.fence, s.state IN ('claimed', 'in_work') AS waits_again
		FROM kezek.request_state s JOIN kezek.work w ON w.request = s.id
		WHERE s.id = ANY (v_left) AND (w.holder = p_name OR s.responsible = p_name)
	), w AS (
		UPDATE kezek.work w SET waiting = w.waiting OR old.waits_again, claim = NULL, holder = NULL, actor = NULL,
			worker = NULL, lease_until = NULL
		FROM old WHERE w.request = old.id AND old.holder = p_name
	), s AS (
		UPDATE kezek.request_state s SET seq = s.seq + 1, updated_at = v_now, responsible = kezek.head_of(s.agency),
			state = CASE WHEN old.waits_again AND old.holder = p_name THEN 'queued' ELSE s.state END
		FROM old WHERE s.id = old.id
		RETURNING s.id, s.seq, s.state, s.responsible
	), feed AS MATERIALIZED (
		SELECT kezek.take_positions(s.n) AS last FROM (SELECT count(*) AS n FROM s) s
	)
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, before, after, position)
	SELECT s.id, s.seq, kezek.uuid_v7(v_now), 'release', v_now, v_now, p_by,
		json_build_object('state', old.state, 'responsible', old.responsible, 'holder', old.holder, 'actor', old.actor,
			'fence', old.fence),
		json_build_object('state', s.state, 'responsible', s.responsible), (SELECT last FROM feed) + row_number() OVER ()
	FROM s JOIN old ON old.id = s.id;
	RETURN cardinality(v_left);
END
$$;

-- p_what: disable, enable, or rotate: a token, a certificate, or both in place of those that there are. The former
-- certificate is taken until p_keep_until; null: no more. done, denied, missing, or exists (another's certificate); how
-- many requests wait in their queues again, and how many leaves have ended. Doing it twice is done.
DROP FUNCTION IF EXISTS kezek.change_principal;
CREATE FUNCTION kezek.change_principal(p_by text, p_name text, p_what text, p_token bytea,
	p_token_expires_at timestamptz, p_certificate bytea, p_keep_until timestamptz)
RETURNS TABLE (result text, released int, delegations int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	p kezek.principal;
	v_released int;
	v_delegations int;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN QUERY SELECT 'denied', NULL::int, NULL::int;
		RETURN;
	ELSIF NOT EXISTS (SELECT FROM kezek.principal c WHERE c.name = p_name) THEN
		RETURN QUERY SELECT 'missing', NULL::int, NULL::int;
		RETURN;
	END IF;
	-- Whoever records a leave meanwhile has done so, or will see this; and certificates change one at a time.
	PERFORM kezek.bump('principal');
	SELECT * INTO p FROM kezek.principal c WHERE c.name = p_name FOR UPDATE;
	IF kezek.is_anothers_certificate(p_name, p_certificate) THEN
		RETURN QUERY SELECT 'exists', NULL::int, NULL::int;
		RETURN;
	END IF;
	UPDATE kezek.principal c SET
		disabled_at = CASE p_what WHEN 'disable' THEN coalesce(c.disabled_at, kezek.now()) WHEN 'enable' THEN NULL
			ELSE c.disabled_at END,
		disabled_by = CASE p_what WHEN 'disable' THEN coalesce(c.disabled_by, p_by) WHEN 'enable' THEN NULL
			ELSE c.disabled_by END,
		token_sha256 = coalesce(p_token, c.token_sha256),
		token_expires_at = CASE WHEN p_token IS NULL THEN c.token_expires_at ELSE p_token_expires_at END
	WHERE c.name = p_name;
	IF p_certificate <> p.certificate_sha256 OR p_certificate IS NOT NULL AND p.certificate_sha256 IS NULL THEN
		UPDATE kezek.principal c SET certificate_sha256 = p_certificate,
			former_certificate_sha256 = CASE WHEN p_keep_until IS NOT NULL THEN c.certificate_sha256 END,
			former_until = CASE WHEN c.certificate_sha256 IS NOT NULL THEN p_keep_until END
		WHERE c.name = p_name;
	ELSIF p_certificate IS NOT NULL THEN -- the same again: how long the former one is taken
		UPDATE kezek.principal c SET former_until = p_keep_until,
			former_certificate_sha256 = CASE WHEN p_keep_until IS NOT NULL THEN c.former_certificate_sha256 END
		WHERE c.name = p_name AND c.former_certificate_sha256 IS NOT NULL;
	END IF;
	IF p_what = 'disable' THEN
		v_released := kezek.relieve(p_by, p_name);
		v_delegations := kezek.end_delegations_of(p_by, p_name);
	END IF;
	RETURN QUERY SELECT 'done', v_released, v_delegations;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.change_principal TO kezek_app;

-- The calendars stand still until the transaction ends: what it writes was computed by this generation of them, or is
-- refused; and whoever changes them afterwards sees all that was written before.
CREATE OR REPLACE FUNCTION kezek.hold_calendars() RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(hashtext('kezek.calendars'));
	RETURN (SELECT value FROM kezek.generation WHERE what = 'calendar');
END
$$;

-- What timers need of a catalogue, in tables of their own. The ladder of a version
-- changes only while nothing rests on it (put_catalogue).
CREATE OR REPLACE FUNCTION kezek.spread_catalogue(p_body json) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO kezek.agency (code, head)
	SELECT a ->> 'code', a ->> 'head' FROM json_array_elements(p_body -> 'agencies') a
	ON CONFLICT (code) DO UPDATE SET head = excluded.head;
	INSERT INTO kezek.rung (service, version, kind, no, label, addressee)
	SELECT s ->> 'code', (s ->> 'version')::int, t ->> 'kind', r.no - 1, r.rung ->> 'at',
		coalesce(r.rung ->> 'to', 'officer')
	FROM json_array_elements(p_body -> 'services') s, json_array_elements(s -> 'stages') t,
		json_array_elements(t -> 'ladder') WITH ORDINALITY AS r(rung, no)
	ON CONFLICT DO NOTHING;
$$;
-- Of one that was recorded by an earlier program.
SELECT kezek.spread_catalogue(body) FROM kezek.catalogue ORDER BY version DESC LIMIT 1;

-- Of these items of a catalogue those on which something rests: any request, open or closed, since its dates are explained
-- by them, or a principal who may connect. None where the principal is no administrator. By indexes, whatever the
-- statistics say: what is used by none would be looked for in all that there are.
CREATE OR REPLACE FUNCTION kezek.catalogue_use(p_by text, i_kind text[], i_code text[], i_version int[])
RETURNS TABLE (kind text, code text, version int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
	SELECT i.kind, i.code, i.version FROM unnest(i_kind, i_code, i_version) AS i(kind, code, version)
	WHERE kezek.is_admin(p_by) AND CASE i.kind
		WHEN 'services' THEN EXISTS (SELECT FROM kezek.request r
			WHERE r.service = i.code AND r.service_version = i.version)
		WHEN 'agencies' THEN EXISTS (SELECT FROM kezek.request_state s WHERE s.agency = i.code)
			OR EXISTS (SELECT FROM kezek.principal p WHERE p.agency = i.code AND p.disabled_at IS NULL)
		WHEN 'offices' THEN EXISTS (SELECT FROM kezek.request_state s WHERE s.office = i.code)
			OR EXISTS (SELECT FROM kezek.principal p WHERE p.office = i.code AND p.disabled_at IS NULL)
		ELSE true END
$$;
GRANT EXECUTE ON FUNCTION kezek.catalogue_use TO kezek_app;

-- How many requests are open: of these services, by version; at these agencies; from these offices.
CREATE OR REPLACE FUNCTION kezek.catalogue_open(p_by text, p_services text[], p_agencies text[], p_offices text[])
RETURNS TABLE (kind text, code text, part text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'services', w.service, r.service_version::text, count(*)
	FROM kezek.work w JOIN kezek.request r ON r.id = w.request
	WHERE kezek.is_admin(p_by) AND w.service = ANY (p_services) GROUP BY 2, 3
	UNION ALL
	SELECT 'agencies', w.agency, NULL, count(*) FROM kezek.work w
	WHERE kezek.is_admin(p_by) AND w.agency = ANY (p_agencies) GROUP BY 2
	UNION ALL
	SELECT 'offices', w.office, NULL, count(*) FROM kezek.work w
	WHERE kezek.is_admin(p_by) AND w.office = ANY (p_offices) GROUP BY 2
$$;
GRANT EXECUTE ON FUNCTION kezek.catalogue_open TO kezek_app;

-- A new version of the catalogue, compare-and-set on the version it was checked against. `u_…`: what must not be used,
-- since its rules change or it goes. Then the calendars' lock is taken and their generation counted up: requests that
-- were under way by the former rules are seen here, and those that come after are computed anew.
DROP FUNCTION IF EXISTS kezek.put_catalogue;
CREATE FUNCTION kezek.put_catalogue(p_by text, p_read_version bigint, p_body text,
	u_kind text[], u_code text[], u_version int[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_version bigint;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN NULL;
	END IF;
	IF cardinality(u_kind) > 0 THEN
		PERFORM pg_advisory_xact_lock(hashtext('kezek.calendars')); -- see kezek.hold_calendars()
		PERFORM kezek.bump('calendar');
	END IF;
	PERFORM kezek.bump('catalogue');
	SELECT coalesce(max(version), 0) INTO v_version FROM kezek.catalogue;
	IF v_version <> p_read_version OR EXISTS (SELECT FROM kezek.catalogue_use(p_by, u_kind, u_code, u_version)) THEN
		RETURN 0;
	END IF;
	INSERT INTO kezek.catalogue VALUES (v_version + 1, p_body::json, kezek.now(), p_by);
	DELETE FROM kezek.rung r USING unnest(u_kind, u_code, u_version) AS u(kind, code, version)
	WHERE u.kind = 'services' AND r.service = u.code AND r.version = u.version;
	DELETE FROM kezek.agency a USING unnest(u_kind, u_code) AS u(kind, code)
	WHERE u.kind = 'agencies' AND a.code = u.code;
	PERFORM kezek.spread_catalogue(p_body::json);
	RETURN v_version + 1;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.put_catalogue TO kezek_app;
