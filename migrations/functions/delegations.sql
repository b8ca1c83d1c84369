-- Leave: who stands in for whom. The rule is lib/delegation's; kezek.away says it again for timers and guards.

-- Who is absent at a moment, and who stands in.
CREATE OR REPLACE FUNCTION kezek.away(p_at timestamptz) RETURNS TABLE (agency text, principal text, deputy text)
LANGUAGE sql STABLE ROWS 10 AS $$
	SELECT d.agency, d.principal, d.deputy FROM kezek.delegation d
	WHERE d.until_at > p_at AND d.from_at <= p_at
		AND NOT EXISTS (SELECT FROM kezek.delegation_end e WHERE e.delegation = d.id AND e.ended_at <= p_at)
$$;
GRANT EXECUTE ON FUNCTION kezek.away TO kezek_app;

-- May this officer act on what another holds: as a deputy of the holder, or with the rank of the head?
CREATE OR REPLACE FUNCTION kezek.may_act_for(p_agency text, p_holder text, p_principal text, p_actor text,
	p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT coalesce(kezek.head_of(p_agency) IN (p_principal, p_actor), false)
		OR EXISTS (SELECT FROM kezek.away(p_at) a WHERE a.agency = p_agency AND a.deputy = p_principal
			AND a.principal IN (p_holder, kezek.head_of(p_agency)))
$$;

-- Supervisors of the agency, its head, and everybody for themselves (a system: for the person it names).
CREATE OR REPLACE FUNCTION kezek.may_delegate(p_by text, p_actor text, p_agency text, p_principal text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM kezek.principal p WHERE p.name = p_by AND p.disabled_at IS NULL AND CASE p.role
		WHEN 'supervisor' THEN p.agency IS NULL OR p.agency = p_agency
		WHEN 'officer' THEN p.agency = p_agency AND (p.name IN (p_principal, kezek.head_of(p_agency))
			OR p.kind = 'system' AND p_actor IN (p_principal, kezek.head_of(p_agency)))
		ELSE false END)
$$;

-- done, denied, or moved: what stands recorded is no longer what was read (p_read), so decide again. One at a time, by
-- the row of the generation, which whoever disables a principal takes too.
CREATE OR REPLACE FUNCTION kezek.add_delegation(p_by text, p_actor text, p_read bigint, p_id uuid, p_agency text,
	p_principal text, p_deputy text, p_from timestamptz, p_until timestamptz, p_reason bytea, p_master int,
	p_wrapped bytea, p_key text, p_fingerprint bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM FROM kezek.generation WHERE what = 'principal' AND value = p_read FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'moved';
	END IF;
	IF NOT kezek.may_delegate(p_by, p_actor, p_agency, p_principal) THEN
		RETURN 'denied';
	END IF;
	INSERT INTO kezek.delegation (id, agency, principal, deputy, from_at, until_at, reason, master, wrapped, recorded_at,
		recorded_by, actor, key, fingerprint)
	VALUES (p_id, p_agency, p_principal, p_deputy, p_from, p_until, p_reason, p_master, p_wrapped, kezek.now(), p_by,
		p_actor, p_key, p_fingerprint);
	PERFORM kezek.bump('principal');
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.add_delegation TO kezek_app;

-- done, denied or missing. One that is over already stays as it is.
CREATE OR REPLACE FUNCTION kezek.end_delegation(p_by text, p_actor text, p_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	d kezek.delegation;
	v_now timestamptz;
BEGIN
	SELECT * INTO d FROM kezek.delegation c WHERE c.id = p_id
		AND EXISTS (SELECT FROM kezek.principal p WHERE p.name = p_by AND p.disabled_at IS NULL
			AND (p.agency = c.agency OR p.role = 'supervisor' AND p.agency IS NULL));
	IF NOT FOUND THEN
		RETURN 'missing';
	END IF;
	IF NOT kezek.may_delegate(p_by, p_actor, d.agency, d.principal) THEN
		RETURN 'denied';
	END IF;
	PERFORM kezek.bump('principal');
	v_now := kezek.now();
	INSERT INTO kezek.delegation_end (delegation, ended_at, ended_by, actor)
	SELECT p_id, v_now, p_by, p_actor WHERE d.until_at > v_now ON CONFLICT DO NOTHING;
	RETURN 'done';
END
$$;
GRANT EXECUTE ON FUNCTION kezek.end_delegation TO kezek_app;

-- Whoever is here no more stands in for nobody, and nobody for them: those that are not over end now. How many.
CREATE OR REPLACE FUNCTION kezek.end_delegations_of(p_by text, p_name text) RETURNS int
LANGUAGE sql AS $$
	WITH gone AS (
		INSERT INTO kezek.delegation_end (delegation, ended_at, ended_by)
		SELECT d.id, n.at, p_by FROM kezek.delegation d, (SELECT kezek.now() AS at) n
		WHERE d.until_at > n.at AND p_name IN (d.principal, d.deputy)
		ON CONFLICT DO NOTHING RETURNING 1
	)
	SELECT count(*)::int FROM gone
$$;
