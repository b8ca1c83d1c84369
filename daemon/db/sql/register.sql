-- What administrators record.

-- name: add_principal
SELECT kezek.add_principal($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: change_principal
SELECT result, released, delegations FROM kezek.change_principal($1, $2, $3, $4, $5, $6, $7)

-- name: put_calendar
SELECT version, job FROM kezek.put_calendar($1, $2, $3, $4)

-- name: try_calendar
SELECT kezek.try_calendar($1, $2, $3, $4)

-- name: put_catalogue
SELECT kezek.put_catalogue($1, $2, $3, $4, $5, $6)

-- name: catalogue_use
SELECT kind, code, version FROM kezek.catalogue_use($1, $2, $3, $4)

-- name: catalogue_open
SELECT kind, code, part, n FROM kezek.catalogue_open($1, $2, $3, $4)

-- name: erase
SELECT kezek.erase($1, $2, $3, $4)

-- name: set_test_clock
SELECT kezek.set_test_clock($1, $2)

-- name: add_delegation
SELECT kezek.add_delegation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: end_delegation
SELECT kezek.end_delegation($1, $2, $3)

-- name: delegation_of_key
SELECT id, agency, principal, deputy, from_at, until_at, reason, master, wrapped, recorded_at, recorded_by, actor,
	NULL::timestamptz, NULL::text, fingerprint
FROM kezek.delegation WHERE recorded_by = $1 AND key = $2

-- name: delegation_by_id
SELECT d.id, d.agency, d.principal, d.deputy, d.from_at, d.until_at, d.reason, d.master, d.wrapped, d.recorded_at,
	d.recorded_by, d.actor, e.ended_at, e.ended_by
FROM kezek.delegation d LEFT JOIN kezek.delegation_end e ON e.delegation = d.id WHERE d.id = $1::uuid

-- name: delegation_list
SELECT d.id, d.agency, d.principal, d.deputy, d.from_at, d.until_at, d.reason, d.master, d.wrapped, d.recorded_at,
	d.recorded_by, d.actor, e.ended_at, e.ended_by
FROM kezek.delegation d LEFT JOIN kezek.delegation_end e ON e.delegation = d.id
WHERE ($1::text IS NULL OR d.agency = $1) AND ($2::text IS NULL OR d.principal = $2) AND ($3::text IS NULL OR d.deputy = $3)
	AND ($4::boolean OR d.until_at > (SELECT kezek.now()) AND e.ended_at IS NULL)
	AND ($5::uuid IS NULL OR d.id > $5) ORDER BY d.id LIMIT $6::int
