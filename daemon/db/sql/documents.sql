-- Documents of a request. Reads follow `enter` and see only its scope.

-- Of the requests of these ids, and of those under these claims.
-- name: documents_of
SELECT request, no, kind, media_type, size, chunks, stored_at, stored_by, actor, about FROM kezek.document
WHERE request = ANY (ARRAY(SELECT id FROM unnest($1::uuid[]) AS u(id)
	UNION ALL SELECT w.request FROM kezek.work w WHERE w.claim = ANY ($2::uuid[]))) ORDER BY request, no

-- Of the request itself, or of the whole that it is a part of.
-- name: document_hashes
SELECT name_hash, no, kind, media_type, size, chunks, stored_at, stored_by, actor, about FROM kezek.document
WHERE request = CASE WHEN $2::boolean THEN (SELECT w.request FROM kezek.whole_of($1::uuid) w) ELSE $1::uuid END ORDER BY no

-- name: whole_of
SELECT request, master, wrapped FROM kezek.whole_of($1)

-- name: document_chunk
SELECT sealed FROM kezek.document_chunk WHERE request = $1::uuid AND document = $2::uuid AND no = $3::int

-- name: put_chunk
SELECT kezek.put_chunk($1, $2, $3, $4, $5)

-- name: discard_upload
SELECT kezek.discard_upload($1, $2)

-- name: store_document
SELECT result, state, version, fingerprint, status, no, kind, media_type, size, chunks, stored_at, stored_by, actor, about
FROM kezek.store_document($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
