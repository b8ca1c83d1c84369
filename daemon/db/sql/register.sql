-- What administrators record.

-- name: add_principal
SELECT kezek.add_principal($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: change_principal
SELECT kezek.change_principal($1, $2, $3, $4, $5)

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
