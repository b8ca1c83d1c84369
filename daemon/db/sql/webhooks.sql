-- Webhooks: what administrators do, and what the courier asks for.

-- name: add_webhook
SELECT kezek.add_webhook($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: remove_webhook
SELECT kezek.remove_webhook($1, $2)

-- name: rotate_webhook
SELECT kezek.rotate_webhook($1, $2, $3, $4, $5, $6, $7::int * interval '1 s')

-- name: webhooks
SELECT name, id, url, master, wrapped, former_master, former_wrapped, principal, kinds, position, created_at, created_by,
	failing_since, last_at, last_status, last_why, disabled_at, disabled_why, former_until, pending, dead
FROM kezek.webhooks($1, $2)

-- name: deliveries
SELECT position, request, state, attempts, next_at, made_at, last_at, last_status, last_why
FROM kezek.deliveries($1, $2, $3, $4, $5)

-- name: redeliver
SELECT result, deliveries FROM kezek.redeliver($1, $2, $3, $4, nullif($5::bigint, 0), nullif($6::bigint, 0))

-- name: record_deliveries
SELECT webhook, why FROM kezek.record_deliveries($1::int * interval '1 s', $2, $3, $4, $5, $6, $7, $8)

-- name: fan_out
SELECT kezek.fan_out($1, $2, $3)

-- name: take_deliveries
SELECT position, id, request, seq, kind, occurred_at, recorded_at, number, agency, office, service, former,
	attempt, webhook, hook, url, master, wrapped, former_master, former_wrapped
FROM kezek.take_deliveries($1, $2, $3::int * interval '1 s')

-- name: next_delivery
SELECT db_now, next_at FROM kezek.next_delivery()

-- name: look_at_webhooks
SELECT pending, dead, failing, disabled FROM kezek.look_at_webhooks()
