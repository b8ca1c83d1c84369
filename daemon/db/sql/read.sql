-- Reads. Those of requests follow `enter` in their unit and see only its scope. The clock stands in a sub-select, read
-- once a statement: it is volatile, and no index would be used for a comparison with it.

-- name: enter
SELECT role, office, agency FROM kezek.enter($1)

-- name: heartbeat
SELECT kezek.now(),
	(SELECT value FROM kezek.generation WHERE what = 'principal'),
	(SELECT value FROM kezek.generation WHERE what = 'catalogue'),
	(SELECT value FROM kezek.generation WHERE what = 'calendar'),
	(SELECT max(version)::int FROM kezek.migration),
	(SELECT test FROM kezek.clock),
	EXISTS (SELECT FROM kezek.job WHERE state = 'running')

-- name: principals
SELECT name, kind, role, office, agency, certificate_sha256, token_sha256, token_expires_at,
	disabled_at IS NOT NULL, created_at, disabled_at, former_certificate_sha256, former_until
FROM kezek.principal ORDER BY name

-- Those that are not over, with the generation they were read at; with none, one row with that alone.
-- name: delegations
SELECT g.value, d.agency, d.principal, d.deputy, d.from_at, least(d.until_at, d.ended_at)
FROM kezek.generation g LEFT JOIN (
	SELECT d.agency, d.principal, d.deputy, d.from_at, d.until_at, e.ended_at
	FROM kezek.delegation d LEFT JOIN kezek.delegation_end e ON e.delegation = d.id
	WHERE least(d.until_at, e.ended_at) > (SELECT kezek.now())) d ON true
WHERE g.what = 'principal'

-- name: catalogue_newest
SELECT version, body::text FROM kezek.catalogue ORDER BY version DESC LIMIT 1

-- name: calendars_newest
SELECT DISTINCT ON (code) code, version, body::text, recorded_at, generation,
	(SELECT value FROM kezek.generation WHERE what = 'calendar')
FROM kezek.calendar ORDER BY code, version DESC

-- name: calendars_as_of
SELECT DISTINCT ON (code) code, version, body::text
FROM kezek.calendar WHERE generation <= $1::bigint ORDER BY code, version DESC

-- name: stored_answer
SELECT request, fingerprint, status, answer, master, wrapped, version FROM kezek.stored_answer($1, $2)

-- name: stored_answers
SELECT i.key, a.request, a.fingerprint, a.status, a.answer, a.master, a.wrapped, a.version
FROM kezek.idempotency i, LATERAL kezek.stored_answer($1, i.key) a WHERE i.principal = $1 AND i.key = ANY ($2::text[])

-- name: request_by_id
SELECT v.* FROM kezek.request_view v WHERE v.id = $1::uuid

-- name: feed
SELECT position, id, request, seq, kind, occurred_at, recorded_at, number, agency, office, service, former, head
FROM kezek.feed($1, $2, $3)

-- name: request_in_scope
SELECT s.id FROM kezek.request_state s WHERE s.id = $1::uuid

-- name: request_accesses
SELECT id, at, principal, actor, what, query FROM kezek.accesses($1, $2, $3)

-- Those of these ids and those under these claims.
-- name: requests_read
SELECT v.* FROM kezek.request_view v WHERE v.id = ANY (ARRAY(SELECT id FROM unnest($1::uuid[]) AS u(id)
	UNION ALL SELECT w.request FROM kezek.work w WHERE w.claim = ANY ($2::uuid[])))

-- name: request_list
WITH q AS MATERIALIZED (SELECT ARRAY(SELECT kezek.list_requests($1, $2, $3, $4, $5, $6::boolean,
	$7::timestamptz, $8::timestamptz, $9, $10, $11::boolean, $12, $13::timestamptz, $14::uuid, $15::int)) AS ids)
SELECT v.* FROM kezek.request_view v WHERE v.id = ANY ((SELECT ids FROM q)::uuid[])
ORDER BY array_position((SELECT ids FROM q), v.id)

-- name: request_count
SELECT kezek.count_requests($1, $2, $3, $4, $5, $6::boolean, $7::timestamptz, $8::timestamptz, $9, $10, $11::boolean)

-- name: request_events
SELECT e.seq, e.id, e.kind, e.occurred_at, e.recorded_at, e.principal, e.actor, e.ground, e.legal_basis, e.reason,
	e.text, e.before::text, e.after::text, k.master, k.wrapped
FROM kezek.event e JOIN kezek.request_key k ON k.request = e.request
WHERE e.request = $1::uuid AND e.seq > $2::int ORDER BY e.seq LIMIT $3::int

-- What one holds, and what those hold for whom one stands in.
-- name: claims_of
WITH q AS MATERIALIZED (SELECT ARRAY(SELECT h.request FROM kezek.work h
	WHERE h.holder = ANY (ARRAY(SELECT $1 UNION ALL SELECT a.principal FROM kezek.away((SELECT kezek.now())) a
			WHERE a.deputy = $1 AND a.agency = current_setting('kezek.agency', true)))
		AND h.claim IS NOT NULL AND (h.lease_until IS NULL OR h.lease_until > (SELECT kezek.now()))
		AND ($2::text IS NULL OR h.worker = $2) AND h.request > $3::uuid
	ORDER BY h.request LIMIT $4::int) AS ids)
SELECT v.* FROM kezek.request_view v WHERE v.id = ANY ((SELECT ids FROM q)::uuid[])
ORDER BY array_position((SELECT ids FROM q), v.id)

-- name: work_waiting
SELECT position, agency, waiting, keepers FROM kezek.work_waiting($1, $2)

-- name: listen
LISTEN kezek_work

-- name: hint
SELECT pg_notify('kezek_work', $1)

-- name: queues
SELECT agency, count(*) FILTER (WHERE waiting), count(*) FILTER (WHERE claim IS NOT NULL AND lease_until IS NOT NULL),
	count(*) FILTER (WHERE claim IS NOT NULL AND lease_until IS NULL),
	count(*) FILTER (WHERE due_at <= (SELECT kezek.now())),
	min(request::text) FILTER (WHERE waiting)::uuid,
	min(due_at) FILTER (WHERE due_at > (SELECT kezek.now()) AND due_at < 'infinity'),
	count(*) FILTER (WHERE kept_until IS NOT NULL), count(*) FILTER (WHERE on_desk)
FROM kezek.work WHERE $1::text IS NULL OR agency = $1 GROUP BY agency ORDER BY agency

-- name: queue_peek
WITH q AS MATERIALIZED (SELECT ARRAY(SELECT request FROM kezek.work WHERE waiting AND agency = $1
	ORDER BY agency, priority, due_at, request LIMIT $2::int) AS ids)
SELECT v.* FROM kezek.request_view v WHERE v.id = ANY ((SELECT ids FROM q)::uuid[])
ORDER BY array_position((SELECT ids FROM q), v.id)

-- name: overview
SELECT key, open, due_today, due_soon, overdue, paused, oldest, on_time, stopped, warned, escalated, on_desk
FROM kezek.overview($1, $2, $3, $4) ORDER BY key

-- name: notifications
SELECT id, request, number, kind, deadline, rung, addressee, person, principal, agency, office, service, due_at,
	occurred_at, recorded_at, seen_at, seen_by
FROM kezek.notifications($1, $2::boolean, $3::uuid, $4::int)

-- name: overdue
WITH q AS MATERIALIZED (SELECT ARRAY(SELECT request FROM kezek.work
	WHERE due_at <= (SELECT kezek.now()) AND (due_at, request) > ($1::timestamptz, $2::uuid)
	ORDER BY due_at, request LIMIT $3::int) AS ids)
SELECT v.* FROM kezek.request_view v WHERE v.id = ANY ((SELECT ids FROM q)::uuid[])
ORDER BY array_position((SELECT ids FROM q), v.id)

-- name: search
-- Each hash of the first word on its own, newest first, so that a page of a common name is read and no more.
WITH h AS MATERIALIZED (SELECT word, hash FROM unnest($2::int[], $3::bytea[]) AS u(word, hash)),
	q AS MATERIALIZED (SELECT ARRAY(SELECT DISTINCT f.request FROM h, LATERAL (
		SELECT l.request FROM kezek.lookup l
		WHERE l.hash = h.hash AND l.kind = $1 AND ($4::uuid IS NULL OR l.request < $4::uuid)
			AND NOT EXISTS (SELECT FROM h w WHERE w.word > 0 AND NOT EXISTS (SELECT FROM h o
				JOIN kezek.lookup m ON m.hash = o.hash AND m.request = l.request WHERE o.word = w.word))
		ORDER BY l.request DESC LIMIT $5::int) f
		WHERE h.word = 0 ORDER BY f.request DESC LIMIT $5::int) AS ids)
SELECT v.* FROM kezek.request_view v WHERE v.id = ANY ((SELECT ids FROM q)::uuid[])
ORDER BY array_position((SELECT ids FROM q), v.id)
