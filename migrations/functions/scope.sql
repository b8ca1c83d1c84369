-- Reads: one principal a transaction. Sets the scope that the policies look at, and says who it is; no row
-- for one that is unknown or disabled, and then nothing is in scope.
CREATE OR REPLACE FUNCTION kezek.enter(p_principal text)
RETURNS TABLE (role text, office text, agency text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	p kezek.principal;
BEGIN
	-- The daemon's own acts: nobody can be called so (kezek.principal).
	IF p_principal = 'kezekd' THEN
		PERFORM set_config('kezek.everything', 'on', true);
		RETURN QUERY SELECT 'daemon', NULL::text, NULL::text;
		RETURN;
	END IF;
	SELECT * INTO p FROM kezek.principal c WHERE c.name = p_principal AND c.disabled_at IS NULL;
	PERFORM set_config('kezek.principal', coalesce(p.name, ''), true),
		set_config('kezek.office', CASE WHEN p.role = 'clerk' THEN p.office ELSE '' END, true),
		set_config('kezek.agency', CASE WHEN p.role IN ('officer', 'supervisor')
			THEN coalesce(p.agency, '') ELSE '' END, true),
		set_config('kezek.everything', CASE WHEN p.role IN ('auditor', 'admin')
			OR (p.role = 'supervisor' AND p.agency IS NULL) THEN 'on' ELSE '' END, true);
	IF p.name IS NOT NULL THEN
		RETURN QUERY SELECT p.role, p.office, p.agency;
	END IF;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.enter(text) TO kezek_app;

-- May this row of kezek.principal act on a request of that agency and office? The scope of enter(), for
-- batches that mix principals. Auditors write nothing; admins have no casework.
CREATE OR REPLACE FUNCTION kezek.may_act(p kezek.principal, p_agency text, p_office text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE p.role
		WHEN 'clerk' THEN p.office = p_office
		WHEN 'officer' THEN p.agency = p_agency
		WHEN 'supervisor' THEN p.agency IS NULL OR p.agency = p_agency
		ELSE false END
$$;
GRANT EXECUTE ON FUNCTION kezek.may_act(kezek.principal, text, text) TO kezek_app;

-- A request as it is read: state, holder, sealed content with its key, deadlines. By the owner's rights, with the
-- scope that enter() has set looked at once a request; the policies say the same to whoever selects from the tables,
-- but once for every row of each.
CREATE OR REPLACE VIEW kezek.request_view WITH (security_barrier = true) AS
SELECT s.id, r.number, s.version, s.seq, s.state, s.agency, s.office, s.service, r.service_version, r.variant,
	r.channel, r.territory, r.language, r.received_at, r.registered_at, r.backdate_reason,
	s.due_at, s.due_on, s.provisional, r.promised_due_on, s.decide, s.outcome, s.responsible, s.body_number,
	s.updated_at, s.closed_at, r.submitted_by, r.actor AS submitted_actor, r.imported,
	k.master, k.wrapped,
	coalesce((SELECT c.sealed FROM kezek.content c WHERE c.request = s.id ORDER BY c.no DESC LIMIT 1),
		r.content) AS content,
	1 + (SELECT count(*) FROM kezek.content c WHERE c.request = s.id)::int AS content_no,
	w.claim, w.fence, w.holder, w.actor AS holder_actor, w.worker, w.lease_until,
	ARRAY(SELECT ROW(no, kind, state, rule_version, calendar, calendar_version, source, started_at, due_at, due_on,
			provisional, pauses, extensions, breached_at, NULL, fire_at, rung_at, fired, effect, cap_started_at, floor_at,
			generation)::kezek.deadline_line
		FROM kezek.deadline WHERE request = s.id
		UNION ALL
		SELECT ROW(no, kind, state, rule_version, calendar, calendar_version, source, started_at, due_at, due_on,
			provisional, pauses, extensions, breached_at, stopped_at, NULL, NULL, 0, effect, cap_started_at, floor_at,
			generation)::kezek.deadline_line
		FROM kezek.deadline_done WHERE request = s.id) AS deadlines,
	s.hops,
	(SELECT json_agg(k ORDER BY k.no)::text FROM (
		SELECT k.no, k.kind, k.child, k.agency, k.number, k.asked, k."join", k.state = 'told' AS told,
			coalesce(c.state, CASE k.state WHEN 'opening' THEN 'queued' ELSE 'withdrawn' END) AS state, c.outcome, c.due_at
		FROM kezek.link k LEFT JOIN kezek.request_state c ON c.id = k.child WHERE k.parent = s.id
			-- who gave it on sees of what came of it what it sees by itself
			AND (current_setting('kezek.everything', true) = 'on'
				OR nullif(current_setting('kezek.agency', true), '') IN (s.agency, c.agency)
				OR s.office = nullif(current_setting('kezek.office', true), '')
				OR EXISTS (SELECT FROM kezek.former f WHERE f.request = k.child
					AND f.agency = nullif(current_setting('kezek.agency', true), '')))) k) AS links,
	(SELECT json_build_object('request', k.parent, 'number', pr.number, 'kind', k.kind, 'agency', ps.agency,
			'office', ps.office)::text
		FROM kezek.link k JOIN kezek.request pr ON pr.id = k.parent JOIN kezek.request_state ps ON ps.id = k.parent
		WHERE k.child = s.id) AS parent,
	w.priority::int, w.handed_back::int, w.on_desk, w.kept_for, w.kept_until
FROM kezek.request_state s
JOIN kezek.request r ON r.id = s.id
JOIN kezek.request_key k ON k.request = s.id
LEFT JOIN kezek.work w ON w.request = s.id
WHERE current_setting('kezek.everything', true) = 'on'
	OR s.agency = nullif(current_setting('kezek.agency', true), '')
	OR s.office = nullif(current_setting('kezek.office', true), '')
	OR EXISTS (SELECT FROM kezek.former f WHERE f.request = s.id
		AND f.agency = nullif(current_setting('kezek.agency', true), ''));
GRANT SELECT ON kezek.request_view TO kezek_app;
