-- What administrators record: principals, calendars, the catalogue. Each checks its principal, and each
-- counts its generation up, by which every daemon notices.

CREATE OR REPLACE FUNCTION kezek.is_admin(p_by text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM kezek.principal p WHERE p.name = p_by AND p.role = 'admin' AND p.disabled_at IS NULL)
$$;

CREATE OR REPLACE FUNCTION kezek.bump(p_what text) RETURNS bigint
LANGUAGE sql AS $$
	UPDATE kezek.generation SET value = value + 1 WHERE what = p_what RETURNING value
$$;

-- done, denied, or exists.
CREATE OR REPLACE FUNCTION kezek.add_principal(p_by text, p_name text, p_kind text, p_role text, p_office text,
	p_agency text, p_certificate bytea, p_token bytea, p_token_expires_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	INSERT INTO kezek.principal (name, kind, role, office, agency, certificate_sha256, token_sha256,
		token_expires_at, created_at, created_by)
	VALUES (p_name, p_kind, p_role, p_office, p_agency, p_certificate, p_token, p_token_expires_at, kezek.now(), p_by)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN 'exists';
	END IF;
	PERFORM kezek.bump('principal');
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.add_principal TO kezek_app;

-- done, denied or missing. Disabling twice is done. A new token (rotation) also enables no one.
CREATE OR REPLACE FUNCTION kezek.change_principal(p_by text, p_name text, p_disable boolean, p_token bytea,
	p_token_expires_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN 'denied';
	END IF;
	UPDATE kezek.principal SET
		disabled_at = CASE WHEN p_disable THEN coalesce(disabled_at, kezek.now()) ELSE disabled_at END,
		disabled_by = CASE WHEN p_disable THEN coalesce(disabled_by, p_by) ELSE disabled_by END,
		token_sha256 = coalesce(p_token, token_sha256),
		token_expires_at = CASE WHEN p_token IS NULL THEN token_expires_at ELSE p_token_expires_at END
	WHERE name = p_name;
	IF NOT FOUND THEN
		RETURN 'missing';
	END IF;
	PERFORM kezek.bump('principal');
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.change_principal TO kezek_app;

-- A new version of a calendar, compare-and-set on the version it was checked against (0: none); its number,
-- 0 when another came in between, null when denied.
CREATE OR REPLACE FUNCTION kezek.put_calendar(p_by text, p_code text, p_read_version int, p_body text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_version int;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN NULL;
	END IF;
	PERFORM kezek.bump('calendar'); -- locks its row: one at a time
	SELECT coalesce(max(version), 0) INTO v_version FROM kezek.calendar WHERE code = p_code;
	IF v_version <> p_read_version THEN
		RETURN 0;
	END IF;
	INSERT INTO kezek.calendar VALUES (p_code, v_version + 1, p_body::json, kezek.now(), p_by);
	RETURN v_version + 1;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.put_calendar TO kezek_app;

-- The same for the catalogue.
CREATE OR REPLACE FUNCTION kezek.put_catalogue(p_by text, p_read_version bigint, p_body text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_version bigint;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN NULL;
	END IF;
	PERFORM kezek.bump('catalogue');
	SELECT coalesce(max(version), 0) INTO v_version FROM kezek.catalogue;
	IF v_version <> p_read_version THEN
		RETURN 0;
	END IF;
	INSERT INTO kezek.catalogue VALUES (v_version + 1, p_body::json, kezek.now(), p_by);
	RETURN v_version + 1;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.put_catalogue TO kezek_app;
