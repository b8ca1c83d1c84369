-- Long work, and how it is seen.

-- name: take_job
SELECT id, dry, calendar, generation, body, made_at, result FROM kezek.take_job($1, interval '10 s')

-- name: recompute_bound
SELECT after_request, until_request, looked FROM kezek.recompute_bound(
	$1, $2, interval '10 s', $3, $4, $5)

-- name: recompute_page
SELECT id, number, version, seq, state, agency, office, service, service_version, variant, promised_due_on,
	due_at, due_on, provisional, decide, deadlines
FROM kezek.recompute_page($1, $2, $3)

-- name: recompute_apply
SELECT result, db_now FROM kezek.recompute_apply(
	$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
	$22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40,
	$41, $42, $43, $44, $45, $46, $47, $48, $49, $50)

-- name: fail_job
SELECT kezek.fail_job($1, $2)

-- name: job
SELECT id, kind, dry, state, calendar, version, made_at, made_by, looked, total, result::text, done_at
FROM kezek.job WHERE id = $1::uuid

-- name: jobs_newest
SELECT id, kind, dry, state, calendar, version, made_at, made_by, looked, total, result::text, done_at
FROM kezek.job WHERE $1::uuid IS NULL OR id < $1::uuid ORDER BY id DESC LIMIT $2::int
