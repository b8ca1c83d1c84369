-- What timers do.

-- name: expire_leases
SELECT done, agencies, db_now, next_at, expired FROM kezek.expire_leases($1, $2)

-- name: fire_due
SELECT done, lag_us, db_now, next_at, fired, effects FROM kezek.fire_due($1)

-- name: look_at_timers
SELECT untimed, late FROM kezek.look_at_timers()

-- name: look_at_desk
SELECT open, oldest FROM kezek.look_at_desk()

-- name: look_at_snapshots
SELECT is_old, seconds, transactions FROM kezek.look_at_snapshots($1)

-- name: look_at_hygiene
SELECT l.is_seen::int, l.is_old, l.seconds, l.transactions, l.who, l.pid, d.*
FROM kezek.look_at_snapshots($1) l CROSS JOIN (
	SELECT sum(n_dead_tup) FILTER (WHERE relname = 'work')::bigint,
		sum(n_dead_tup) FILTER (WHERE relname = 'deadline')::bigint,
		sum(n_dead_tup) FILTER (WHERE relname ~ '^request_state_')::bigint,
		sum(n_dead_tup) FILTER (WHERE relname = 'idempotency')::bigint,
		sum(n_dead_tup) FILTER (WHERE relname = 'notification')::bigint,
		sum(n_dead_tup) FILTER (WHERE relname = 'delivery')::bigint
	FROM pg_stat_user_tables WHERE schemaname = 'kezek') d

-- name: own_acts_due
(SELECT d.request, d.effect AS act, NULL::uuid AS subject
FROM kezek.deadline d JOIN kezek.request_state s ON s.id = d.request
WHERE d.effect IS NOT NULL AND d.breached_at IS NOT NULL
	AND EXISTS (SELECT FROM kezek.lifecycle l WHERE l.from_state = s.state AND l.act = d.effect)
ORDER BY d.breached_at LIMIT $1::int)
UNION ALL
SELECT request, act, subject FROM kezek.links_to_follow($1::int)

-- name: links_to_open
SELECT parent, child, kind, agency, number, "join", answer_by, about, principal, actor
FROM kezek.links_to_open($1::int)

-- name: partitions_ahead
SELECT kezek.partitions_ahead()

-- name: sweep_notifications
SELECT kezek.sweep_notifications($1)

-- name: forget_uploads
SELECT kezek.forget_uploads($1)

-- name: forget_keys
SELECT kezek.forget_keys($1)
