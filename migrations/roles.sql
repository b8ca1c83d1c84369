-- The roles of a kezek database. Run once by an administrator of the cluster, in any database; running it
-- again changes nothing. Passwords, certificates or peer mapping are the administrator's business.
DO $$
BEGIN
	-- Owns the schema; `kezekd migrate` connects as it.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kezek_migrator') THEN
		CREATE ROLE kezek_migrator LOGIN;
	END IF;
	-- The daemon's reads and batched writes.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kezek_app') THEN
		CREATE ROLE kezek_app LOGIN;
	END IF;
	-- The daemon's timers: due moments, leases, partitions.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kezek_jobs') THEN
		CREATE ROLE kezek_jobs LOGIN;
	END IF;
	-- Reports: states and deadlines, no sealed content.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kezek_reader') THEN
		CREATE ROLE kezek_reader NOLOGIN;
	END IF;
	-- The journal, and nothing to write.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kezek_auditor') THEN
		CREATE ROLE kezek_auditor NOLOGIN;
	END IF;
END
$$;

-- kezek.look_at_snapshots() runs as the owner, and tells the daemon how old the oldest snapshot is, whoever holds it.
GRANT pg_read_all_stats TO kezek_migrator;

-- No content in PostgreSQL's own log: neither parameters nor the rows that an error quotes.
ALTER ROLE kezek_app SET log_parameter_max_length = 0;
ALTER ROLE kezek_app SET log_parameter_max_length_on_error = 0;
ALTER ROLE kezek_app SET log_error_verbosity = 'terse';
ALTER ROLE kezek_app SET statement_timeout = '10s';
ALTER ROLE kezek_app SET lock_timeout = '5s';
ALTER ROLE kezek_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE kezek_jobs SET statement_timeout = '60s';
ALTER ROLE kezek_jobs SET lock_timeout = '5s';
ALTER ROLE kezek_jobs SET idle_in_transaction_session_timeout = '10s';
