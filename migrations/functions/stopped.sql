-- What was stopped, by day, is added to what is counted; in one order, so that two batches cannot wait for each other.
DROP FUNCTION IF EXISTS kezek.add_stopped;
CREATE FUNCTION kezek.add_stopped(p_day date[], p_agency text[], p_office text[], p_service text[], p_met int[],
	p_missed int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN -- its plan is kept, which one in SQL would make for every batch
	INSERT INTO kezek.stopped AS t (block, agency, office, service, met, missed)
	SELECT g.block, g.agency, g.office, g.service,
		ARRAY(SELECT (SELECT coalesce(sum(u.n), 0) FROM unnest(g.at, g.met) AS u(at, n) WHERE u.at <= k)::int
			FROM generate_series(1, 32) AS k ORDER BY k),
		ARRAY(SELECT (SELECT coalesce(sum(u.n), 0) FROM unnest(g.at, g.missed) AS u(at, n) WHERE u.at <= k)::int
			FROM generate_series(1, 32) AS k ORDER BY k)
	FROM (SELECT (d.day - '1970-01-01') / 32 AS block, d.agency, d.office, d.service,
			array_agg((d.day - '1970-01-01') % 32 + 1) AS at, array_agg(d.met) AS met, array_agg(d.missed) AS missed
		FROM unnest(p_day, p_agency, p_office, p_service, p_met, p_missed) AS d(day, agency, office, service, met, missed)
		GROUP BY 1, 2, 3, 4) g
	ORDER BY 1, 2, 3, 4
	ON CONFLICT (block, agency, office, service) DO UPDATE SET
		met = ARRAY(SELECT u.a + u.b FROM unnest(t.met, excluded.met) WITH ORDINALITY AS u(a, b, k) ORDER BY k),
		missed = ARRAY(SELECT u.a + u.b FROM unnest(t.missed, excluded.missed) WITH ORDINALITY AS u(a, b, k) ORDER BY k);
END
$$;

-- It is counted where it is written, whoever writes it: the rows of one statement together.
CREATE OR REPLACE FUNCTION kezek.count_stopped() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM kezek.add_stopped(array_agg(d.day), array_agg(d.agency), array_agg(d.office), array_agg(d.service),
		array_agg(d.met), array_agg(d.missed))
	FROM (SELECT (w.stopped_at AT TIME ZONE 'UTC')::date AS day, w.agency, w.office, w.service,
			(count(*) FILTER (WHERE w.state = 'met'))::int AS met, (count(*) FILTER (WHERE w.state = 'missed'))::int AS missed
		FROM written w WHERE w.kind = 'decide' AND w.state IN ('met', 'missed') GROUP BY 1, 2, 3, 4) d
	HAVING count(*) > 0;
	RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS stopped ON kezek.deadline_done;
CREATE TRIGGER stopped AFTER INSERT ON kezek.deadline_done REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kezek.count_stopped();

-- What stood there before there were counts. Nobody writes meanwhile: the trigger's lock is held.
SELECT kezek.add_stopped(array_agg(d.day), array_agg(d.agency), array_agg(d.office), array_agg(d.service),
	array_agg(d.met), array_agg(d.missed))
FROM (SELECT (w.stopped_at AT TIME ZONE 'UTC')::date AS day, w.agency, w.office, w.service,
		(count(*) FILTER (WHERE w.state = 'met'))::int AS met, (count(*) FILTER (WHERE w.state = 'missed'))::int AS missed
	FROM kezek.deadline_done w WHERE w.kind = 'decide' AND w.state IN ('met', 'missed')
		AND NOT EXISTS (SELECT FROM kezek.stopped) GROUP BY 1, 2, 3, 4) d
HAVING count(*) > 0;

-- The same one by one, for the hours of a day that does not count as a whole. By the owner's rights, with the scope of
-- enter() looked at once a row and not in the request as well.
CREATE OR REPLACE VIEW kezek.stopped_view WITH (security_barrier = true) AS
SELECT d.stopped_at, d.agency, d.office, d.service, (d.state = 'met')::int AS met, (d.state = 'missed')::int AS missed
FROM kezek.deadline_done d
WHERE d.kind = 'decide' AND d.state IN ('met', 'missed') AND (current_setting('kezek.everything', true) = 'on'
	OR d.agency = nullif(current_setting('kezek.agency', true), ''));
GRANT SELECT ON kezek.stopped_view TO kezek_app;
