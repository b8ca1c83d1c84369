-- A calendar that changes: what is recorded, and the job that looks at every open deadline, page by page. The daemon
-- computes; each page's effects and the cursor are one transaction, so a job that is interrupted anywhere goes on.

-- How many deadlines are open: counted while they are few, else as PostgreSQL estimates.
CREATE OR REPLACE FUNCTION kezek.open_deadlines() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	v_estimate bigint := (SELECT reltuples FROM pg_class WHERE oid = 'kezek.deadline'::regclass);
BEGIN
	IF v_estimate > 50000 OR pg_relation_size('kezek.deadline') > 16777216 THEN
		RETURN greatest(v_estimate, 0);
	END IF;
	RETURN (SELECT count(*) FROM kezek.deadline);
END
$$;

-- A new version of a calendar, compare-and-set on the version it was checked against (0: none), and the job that
-- recomputes what rests on it. version: its number, 0 when another came in between, null when denied. job: null
-- for a calendar that is new, on which nothing can rest yet.
DROP FUNCTION IF EXISTS kezek.put_calendar;
CREATE FUNCTION kezek.put_calendar(p_by text, p_code text, p_read_version int, p_body text)
RETURNS TABLE (version bigint, job uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_version int;
	v_generation bigint;
	v_now timestamptz;
	v_job uuid;
	v_open bigint;
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN QUERY SELECT NULL::bigint, NULL::uuid;
		RETURN;
	END IF;
	v_open := kezek.open_deadlines();
	PERFORM pg_advisory_xact_lock(hashtext('kezek.calendars')); -- see kezek.hold_calendars()
	v_generation := kezek.bump('calendar');
	SELECT coalesce(max(c.version), 0) INTO v_version FROM kezek.calendar c WHERE c.code = p_code;
	IF v_version <> p_read_version THEN
		RETURN QUERY SELECT 0::bigint, NULL::uuid;
		RETURN;
	END IF;
	v_now := kezek.now();
	INSERT INTO kezek.calendar (code, version, body, recorded_at, recorded_by, generation)
	VALUES (p_code, v_version + 1, p_body::json, v_now, p_by, v_generation);
	IF v_version > 0 THEN
		INSERT INTO kezek.job (id, kind, dry, calendar, version, generation, made_at, made_by, total)
		VALUES (kezek.uuid_v7(v_now), 'recompute', false, p_code, v_version + 1, v_generation, v_now, p_by, v_open)
		RETURNING id INTO v_job;
	END IF;
	RETURN QUERY SELECT v_version + 1::bigint, v_job;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.put_calendar TO kezek_app;

-- The dry run of the same: its job; null when denied. Old ones are forgotten.
CREATE OR REPLACE FUNCTION kezek.try_calendar(p_by text, p_code text, p_version int, p_body text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_now timestamptz := kezek.now();
	v_job uuid := kezek.uuid_v7(v_now);
BEGIN
	IF NOT kezek.is_admin(p_by) THEN
		RETURN NULL;
	END IF;
	DELETE FROM kezek.job WHERE dry AND state <> 'running' AND done_at < v_now - interval '7 days';
	INSERT INTO kezek.job (id, kind, dry, calendar, version, generation, body, made_at, made_by, total)
	VALUES (v_job, 'recompute', true, p_code, p_version, kezek.hold_calendars(), p_body::json, v_now, p_by,
		kezek.open_deadlines());
	RETURN v_job;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.try_calendar TO kezek_app;

-- The job whose turn it is, for the daemon that asks: changes in the order in which they were recorded, dry runs when
-- no change is being worked on. No row: there is none, or another daemon is at it. A lease that reaches far into the
-- future was given before the clock stepped back. A dry run beneath which the calendars changed begins anew.
DROP FUNCTION IF EXISTS kezek.take_job;
CREATE FUNCTION kezek.take_job(p_worker uuid, p_lease interval)
RETURNS TABLE (id uuid, dry boolean, calendar text, generation bigint, body text, made_at timestamptz, result text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := kezek.now();
	v_job uuid;
	v_generation bigint;
BEGIN
	UPDATE kezek.job j SET worker = p_worker, lease_until = v_now + p_lease
	WHERE j.id = (SELECT k.id FROM kezek.job k WHERE k.state = 'running' ORDER BY k.dry, k.made_at, k.id LIMIT 1)
		AND j.state = 'running'
		AND (j.worker IS NULL OR j.worker = p_worker OR j.lease_until <= v_now
			OR j.lease_until > v_now + 2 * p_lease)
	RETURNING j.id INTO v_job;
	IF v_job IS NULL THEN
		RETURN;
	END IF;
	v_generation := (SELECT value FROM kezek.generation WHERE what = 'calendar');
	UPDATE kezek.job j SET generation = v_generation, after_request = '00000000-0000-0000-0000-000000000000',
		looked = 0, result = NULL
	WHERE j.id = v_job AND j.dry AND j.generation <> v_generation;
	RETURN QUERY SELECT j.id, j.dry, j.calendar, j.generation, j.body::text, j.made_at, j.result::text
	FROM kezek.job j WHERE j.id = v_job;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.take_job TO kezek_jobs;

-- Is the date of this deadline one that a change of these calendars can move? One that a former system or an act gave
-- is kept, unless pauses or extensions have moved it here since.
CREATE OR REPLACE FUNCTION kezek.rests_on(d kezek.deadline, p_calendars text[], p_generation bigint, p_dry boolean)
RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT d.calendar = ANY (p_calendars) AND (d.generation < p_generation OR p_dry)
		AND (d.source = 'computed' OR d.source = 'imported' AND (d.pauses IS NOT NULL OR d.extensions IS NOT NULL))
$$;

-- Where the next page ends: at most p_scan deadlines are looked over and p_limit found that rest on these calendars
-- and were computed by older ones. Whole requests. One row, `until` null: to the end. No row: the job is not ours.
DROP FUNCTION IF EXISTS kezek.recompute_bound;
CREATE FUNCTION kezek.recompute_bound(p_job uuid, p_worker uuid, p_lease interval, p_calendars text[], p_scan int,
	p_limit int)
RETURNS TABLE (after_request uuid, until_request uuid, looked int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off AS $$
#variable_conflict use_column
DECLARE
	v_job kezek.job;
	v_until uuid;
	v_full uuid;
	v_end CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'; -- an index can be told where to stop
BEGIN
	UPDATE kezek.job j SET lease_until = kezek.now() + p_lease
	WHERE j.id = p_job AND j.worker = p_worker AND j.state = 'running'
	RETURNING j.* INTO v_job;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT d.request INTO v_until FROM kezek.deadline d WHERE d.request > v_job.after_request
	ORDER BY d.request OFFSET p_scan - 1 LIMIT 1;
	SELECT d.request INTO v_full FROM kezek.deadline d
	WHERE d.request > v_job.after_request AND d.request <= coalesce(v_until, v_end)
		AND kezek.rests_on(d, p_calendars, v_job.generation, v_job.dry)
	ORDER BY d.request OFFSET p_limit - 1 LIMIT 1;
	v_until := coalesce(v_full, v_until);
	UPDATE kezek.job j SET until_request = v_until WHERE j.id = p_job;
	RETURN QUERY SELECT v_job.after_request, v_until, count(*)::int FROM kezek.deadline d
	WHERE d.request > v_job.after_request AND d.request <= coalesce(v_until, v_end);
END
$$;
GRANT EXECUTE ON FUNCTION kezek.recompute_bound TO kezek_jobs;

-- The requests of that page with their open deadlines; columns as in kezek.request_view, without content and holder.
DROP FUNCTION IF EXISTS kezek.recompute_page;
CREATE FUNCTION kezek.recompute_page(p_job uuid, p_worker uuid, p_calendars text[])
RETURNS TABLE (id uuid, number text, version int, seq int, state text, agency text, office text, service text,
	service_version int, variant text, promised_due_on date, due_at timestamptz, due_on date, provisional boolean,
	decide text, deadlines kezek.deadline_line[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- A page is small, whatever the planner thinks of a range that it does not know: from index to index, nothing compiled.
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
	SELECT s.id, r.number, s.version, s.seq, s.state, s.agency, s.office, s.service, r.service_version, r.variant,
		r.promised_due_on, s.due_at, s.due_on, s.provisional, s.decide,
		ARRAY(SELECT ROW(no, kind, state, rule_version, calendar, calendar_version, source, started_at, due_at, due_on,
				provisional, pauses, extensions, breached_at, NULL, fire_at, rung_at, fired, effect, cap_started_at,
				floor_at, generation)::kezek.deadline_line
			FROM kezek.deadline WHERE request = s.id)
	FROM (SELECT DISTINCT d.request FROM kezek.job j
		JOIN kezek.deadline d ON d.request > j.after_request
			AND d.request <= coalesce(j.until_request, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
		WHERE j.id = p_job AND j.worker = p_worker AND kezek.rests_on(d, p_calendars, j.generation, j.dry)) p
	JOIN kezek.request_state s ON s.id = p.request
	JOIN kezek.request r ON r.id = p.request
	ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION kezek.recompute_page TO kezek_jobs;

-- What came of a page: `done`; `lost`, the job is another daemon's now; `calendars`, they changed beneath it;
-- `conflict`, somebody acted on a request of it meanwhile. But for `done` nothing is written.
DROP FUNCTION IF EXISTS kezek.recompute_apply;
CREATE FUNCTION kezek.recompute_apply(p_job uuid, p_worker uuid, p_generation bigint, p_after uuid, p_until uuid,
	p_looked int, p_result text,
	m_request uuid[], m_read_seq int[], m_version int[], m_seq int[], m_due_at timestamptz[], m_due_on date[],
	m_provisional boolean[], m_decide text[],
	d_request uuid[], d_no int[], d_kind text[], d_state text[], d_rule_version int[],
	d_calendar text[], d_calendar_version int[], d_source text[], d_started_at timestamptz[],
	d_due_at timestamptz[], d_due_on date[], d_provisional boolean[], d_pauses text[], d_extensions text[],
	d_breached_at timestamptz[], d_fire_at timestamptz[], d_stopped_at timestamptz[],
	d_rung_at text[], d_fired int[], d_effect text[], d_cap_started_at timestamptz[], d_floor_at timestamptz[],
	e_request uuid[], e_seq int[], e_id uuid[], e_kind text[], e_occurred_at timestamptz[],
	e_principal text[], e_actor text[], e_ground text[], e_legal_basis text[], e_reason bytea[], e_text bytea[],
	e_before text[], e_after text[])
RETURNS TABLE (result text, db_now timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz;
	v_last bigint; -- position of the feed
BEGIN
	PERFORM FROM kezek.job j WHERE j.id = p_job AND j.worker = p_worker AND j.state = 'running'
		AND j.after_request = p_after FOR UPDATE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'lost', kezek.now();
		RETURN;
	END IF;
	PERFORM FROM kezek.work w WHERE w.request = ANY (m_request) ORDER BY w.request FOR UPDATE;
	PERFORM FROM (SELECT m.id FROM unnest(m_request) AS m(id) ORDER BY m.id) m
	JOIN kezek.request_state s ON s.id = m.id ORDER BY s.id FOR UPDATE OF s;
	v_now := kezek.now();
	IF kezek.hold_calendars() <> p_generation THEN
		RETURN QUERY SELECT 'calendars', v_now;
		RETURN;
	END IF;
	IF EXISTS (SELECT FROM unnest(m_request, m_read_seq) AS m(request, seq)
		LEFT JOIN kezek.request_state s ON s.id = m.request WHERE s.seq IS DISTINCT FROM m.seq)
	THEN
		RETURN QUERY SELECT 'conflict', v_now;
		RETURN;
	END IF;
	UPDATE kezek.request_state s SET version = f.version, seq = f.seq, due_at = f.due_at, due_on = f.due_on,
		provisional = f.provisional, decide = f.decide, updated_at = v_now
	FROM unnest(m_request, m_version, m_seq, m_due_at, m_due_on, m_provisional, m_decide)
		AS f(request, version, seq, due_at, due_on, provisional, decide)
	WHERE s.id = f.request;
	UPDATE kezek.work w SET due_on = f.due_on, due_at = f.due_at
	FROM (SELECT m.request, m.due_on, CASE WHEN m.decide = 'running' THEN coalesce(m.due_at, 'infinity')
			ELSE 'infinity' END AS due_at
		FROM unnest(m_request, m_due_at, m_due_on, m_decide) AS m(request, due_at, due_on, decide)) f
	WHERE w.request = f.request AND (w.due_at, w.due_on) IS DISTINCT FROM (f.due_at, f.due_on);
	UPDATE kezek.deadline t SET state = d.state, due_at = d.due_at, due_on = d.due_on, provisional = d.provisional,
		calendar_version = d.calendar_version, fire_at = d.fire_at, rung_at = d.rung_at::timestamptz[],
		fired = d.fired, effect = d.effect, floor_at = d.floor_at, generation = p_generation
	FROM unnest(d_request, d_no, d_state, d_calendar_version, d_due_at, d_due_on, d_provisional, d_fire_at, d_rung_at,
		d_fired, d_effect, d_floor_at)
		AS d(request, no, state, calendar_version, due_at, due_on, provisional, fire_at, rung_at,
		fired, effect, floor_at)
	WHERE t.request = d.request AND t.no = d.no;
	UPDATE kezek.job j SET after_request = coalesce(p_until, j.after_request), looked = j.looked + p_looked,
		result = p_result::json, state = CASE WHEN p_until IS NULL THEN 'done' ELSE j.state END,
		done_at = CASE WHEN p_until IS NULL THEN v_now END, worker = CASE WHEN p_until IS NULL THEN NULL ELSE j.worker END
	WHERE j.id = p_job;
	v_last := kezek.take_positions(cardinality(e_request));
	INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, before, after, position)
	SELECT request, seq, id, kind, occurred_at, v_now, principal, before::json, after::json, v_last + n
	FROM unnest(e_request, e_seq, e_id, e_kind, e_occurred_at, e_principal, e_before, e_after) WITH ORDINALITY
		AS e(request, seq, id, kind, occurred_at, principal, before, after, n);
	RETURN QUERY SELECT 'done', v_now;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.recompute_apply TO kezek_jobs;

-- A job that cannot be worked on: its calendar is one that this program refuses.
CREATE OR REPLACE FUNCTION kezek.fail_job(p_job uuid, p_worker uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE kezek.job SET state = 'failed', done_at = kezek.now(), worker = NULL
	WHERE id = p_job AND worker = p_worker AND state = 'running'
$$;
GRANT EXECUTE ON FUNCTION kezek.fail_job TO kezek_jobs;
