-- A deadline as it is read, of kezek.deadline or kezek.deadline_done: a request's are an array of these, which is told
-- in a third of the time that JSON takes. In the order in which the daemon reads them.
CREATE TYPE kezek.deadline_line AS (
	no int, kind text, state text, rule_version int, calendar text, calendar_version int, source text,
	started_at timestamptz, due_at timestamptz, due_on date, provisional boolean, pauses json, extensions json,
	breached_at timestamptz, stopped_at timestamptz, fire_at timestamptz, rung_at timestamptz[], fired int, effect text,
	cap_started_at timestamptz, floor_at timestamptz, generation bigint);
-- Its column of the view becomes one of these (functions/scope.sql).
DROP VIEW IF EXISTS kezek.request_view;
-- What it did stands in kezek.claim.
DROP FUNCTION IF EXISTS kezek.take;
