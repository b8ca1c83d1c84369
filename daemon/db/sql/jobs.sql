-- What timers do.

-- name: expire_leases
SELECT done, agencies, db_now, next_at FROM kezek.expire_leases($1)

-- name: fire_due
SELECT done, lag_us, db_now, next_at FROM kezek.fire_due($1)

-- name: partitions_ahead
SELECT kezek.partitions_ahead()

-- name: forget_keys
SELECT kezek.forget_keys($1)
