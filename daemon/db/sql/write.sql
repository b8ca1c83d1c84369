-- Batched writes: one function call each, arrays in, a row a member out.

-- name: open
SELECT n, result, db_now, request, fingerprint, status, answer, master, wrapped, version, known FROM kezek.open_requests(
	$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
	$22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40,
	$41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59,
	$60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78,
	$79, $80, $81, $82)

-- name: act
SELECT n, result, db_now, request, fingerprint, status, answer, master, wrapped, version FROM kezek.act(
	$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
	$22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40,
	$41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59,
	$60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79, $80,
	$81, $82, $83, $84)

-- name: claim
SELECT n, result, db_now, request, claim, fence, lease_until FROM kezek.claim(
	$1, $2, $3, $4, $5, $6, $7, $8)

-- name: renew
SELECT n, result, db_now, request, lease_until FROM kezek.renew(
	$1, $2, $3, $4)

-- name: log_access
SELECT n, result, db_now FROM kezek.log_access($1, $2, $3, $4, $5)

-- name: lease_numbers
SELECT kezek.lease_numbers($1, $2, $3)

-- name: see_notifications
SELECT seen, has_more FROM kezek.see_notifications($1, $2::uuid[], $3::uuid)

-- name: give_back
SELECT kezek.give_back($1, $2, $3)

-- name: plan_reassignment
SELECT fingerprint, has_more, request, number, version, receiver
FROM kezek.plan_reassignment($1, $2, $3, $4::uuid[], $5, $6, $7, $8::text[], $9)
