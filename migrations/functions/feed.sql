-- The feed of events.

-- The last position before those that the caller gives to its p_count events, from the next one on. What it takes is
-- held until the commit: call it last, when nothing is waited for any more but the insertion of the events.
CREATE OR REPLACE FUNCTION kezek.take_positions(p_count bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	v_last bigint;
BEGIN
	IF p_count > 0 THEN
		UPDATE kezek.feed_head SET position = position + p_count RETURNING position - p_count INTO v_last;
	END IF;
	RETURN v_last;
END
$$;

-- Events behind p_after in the scope that enter() has set, each as its request is known now; at most p_limit of them, of
-- p_span positions looked at. `former`: the agencies that had it before, a line each. One row has no event, and in `head`
-- the newest position.
CREATE OR REPLACE FUNCTION kezek.feed(p_after bigint, p_span int, p_limit int)
RETURNS TABLE ("position" bigint, id uuid, request uuid, seq int, kind text, occurred_at timestamptz,
	recorded_at timestamptz, number text, agency text, office text, service text, former text, head bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY -- in one statement: events and head are of one moment
	(SELECT e.position, e.id, e.request, e.seq, e.kind, e.occurred_at, e.recorded_at, r.number, s.agency, s.office,
		s.service, (SELECT string_agg(f.agency, E'\n') FROM kezek.former f WHERE f.request = e.request), NULL::bigint
	FROM kezek.event e
	JOIN kezek.request_state s ON s.id = e.request
	JOIN kezek.request r ON r.id = e.request
	WHERE e.position > p_after AND e.position <= p_after + p_span
		AND (current_setting('kezek.everything', true) = 'on'
			OR s.agency = nullif(current_setting('kezek.agency', true), '')
			OR s.office = nullif(current_setting('kezek.office', true), '')
			OR EXISTS (SELECT FROM kezek.former f WHERE f.request = s.id
				AND f.agency = nullif(current_setting('kezek.agency', true), '')))
	ORDER BY e.position LIMIT p_limit)
	UNION ALL
	SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.position FROM kezek.feed_head h;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.feed TO kezek_app;

-- What those who wait for work ask once a second: of these agencies, those with something in their queue, and how much
-- (up to 100); none where nothing was committed since p_position, which is then the only thing looked at. For the daemon
-- itself. One row has no agency at least.
DROP FUNCTION IF EXISTS kezek.work_waiting;
CREATE FUNCTION kezek.work_waiting(p_agencies text[], p_position bigint)
RETURNS TABLE ("position" bigint, agency text, waiting int, keepers text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	IF current_setting('kezek.everything', true) = 'on' THEN
		RETURN QUERY SELECT h.position, a.agency, (SELECT count(*) FROM (SELECT FROM kezek.work w
			WHERE w.waiting AND w.agency = a.agency LIMIT 100) w)::int,
			(SELECT string_agg(DISTINCT w.kept_for, E'\n') FROM kezek.work w
			WHERE w.kept_until > (SELECT kezek.now()) AND w.agency = a.agency)
		FROM kezek.feed_head h LEFT JOIN unnest(p_agencies) AS a(agency) ON h.position <> p_position
			AND (EXISTS (SELECT FROM kezek.work w WHERE w.waiting AND w.agency = a.agency)
				OR EXISTS (SELECT FROM kezek.work w WHERE w.kept_until > (SELECT kezek.now()) AND w.agency = a.agency));
	END IF;
END
$$;
GRANT EXECUTE ON FUNCTION kezek.work_waiting TO kezek_app;
