-- The keys under which rows stand, and their rotation.

-- name: keys_in_use
SELECT kind, id, request, wrapped FROM kezek.keys_in_use()

-- name: count_key
SELECT kezek.count_key($1, $2::int)

-- name: rewrap_page
SELECT request, wrapped FROM kezek.rewrap_page($1::int, $2::uuid[], $3::int)

-- name: rewrap_apply
SELECT kezek.rewrap_apply($1::int, $2::uuid[], $3::bytea[], $4::bytea[])

-- name: relook_page
SELECT request, version, master, wrapped, content FROM kezek.relook_page($1::int, $2::uuid[], $3::int)

-- name: relook_apply
SELECT kezek.relook_apply($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::bytea[])
