/* `kezekd migrate`: numbered migrations once each, functions whenever their text has changed. */
#include <libpq-fe.h>
#include <stdio.h>

#include "daemon/db/migrate.h"
#include "daemon/db/migrations.h"
#include "daemon/seal.h"

#define LOCK "SELECT pg_advisory_lock(hashtext('kezek.migrate'))"
#define LEDGER                                                                                     \
	"CREATE SCHEMA IF NOT EXISTS kezek; "                                                      \
	"CREATE TABLE IF NOT EXISTS kezek.migration (version int PRIMARY KEY, name text NOT "      \
	"NULL, "                                                                                   \
	"checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp()); "     \
	"CREATE TABLE IF NOT EXISTS kezek.migration_function (name text PRIMARY KEY, "             \
	"checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp()); "     \
	"GRANT USAGE ON SCHEMA kezek TO kezek_app, kezek_jobs; "                                   \
	"GRANT SELECT ON kezek.migration TO kezek_app, kezek_jobs"

int migrate_version(void)
{
	int n = 0;

	while (migrations[n].name)
		n++;
	return n;
}

static void checksum_of(const char *text, char ret[2 * SEAL_HASH_SIZE + 1])
{
	_text_ t = TEXT_INIT;
	uint8_t hash[SEAL_HASH_SIZE];

	digest_bytes(span_of(text), hash);
	text_add_hex(&t, hash, sizeof(hash));
	memcpy(ret, t.data, t.len + 1);
}

static void result_done(PGresult **r)
{
	PQclear(*r);
}
#define _result_                                                                                   \
	_cleanup_(result_done)                                                                     \
	PGresult

/* The first column of the first row, copied, or NULL. Says what failed. */
static bool run(PGconn *conn, const char *sql, const char *const params[], int n, char **ret)
{
	_result_ *r =
		n ? PQexecParams(conn, sql, n, NULL, params, NULL, NULL, 0) : PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(r);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		fprintf(stderr, "kezekd migrate: %s", PQerrorMessage(conn));
		return false;
	}
	if (ret)
		*ret = PQntuples(r) && !PQgetisnull(r, 0, 0) ? strdup(PQgetvalue(r, 0, 0)) : NULL;
	return true;
}

static bool apply(PGconn *conn, const struct migration *m, const char *ledger,
	const char *const params[], int n)
{
	if (run(conn, "BEGIN", NULL, 0, NULL) && run(conn, m->text, NULL, 0, NULL) &&
		run(conn, ledger, params, n, NULL) && run(conn, "COMMIT", NULL, 0, NULL)) {
		printf("applied %s\n", m->name);
		return true;
	}
	fprintf(stderr, "kezekd migrate: %s was not applied\n", m->name);
	return false;
}

static bool apply_numbered(PGconn *conn, int version)
{
	const struct migration *m = &migrations[version - 1];
	char checksum[2 * SEAL_HASH_SIZE + 1], number[16];
	const char *params[] = {number, m->name, checksum};
	_free_ char *known = NULL;

	checksum_of(m->text, checksum);
	snprintf(number, sizeof(number), "%d", version);
	if (!run(conn, "SELECT checksum FROM kezek.migration WHERE version = $1::int", params, 1,
		    &known))
		return false;
	if (!known)
		return apply(
			conn, m, "INSERT INTO kezek.migration VALUES ($1::int, $2, $3)", params, 3);
	if (strcmp(known, checksum) != 0) {
		fprintf(stderr,
			"kezekd migrate: %s was changed after it had been applied: a released "
			"migration is never edited, a new one is added\n",
			m->name);
		return false;
	}
	return true;
}

static bool apply_function(PGconn *conn, const struct migration *m)
{
	char checksum[2 * SEAL_HASH_SIZE + 1];
	const char *params[] = {m->name, checksum};
	_free_ char *known = NULL;

	checksum_of(m->text, checksum);
	if (!run(conn, "SELECT checksum FROM kezek.migration_function WHERE name = $1", params, 1,
		    &known))
		return false;
	if (known && strcmp(known, checksum) == 0)
		return true;
	return apply(conn, m,
		"INSERT INTO kezek.migration_function VALUES ($1, $2) "
		"ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = "
		"clock_timestamp()",
		params, 2);
}

static bool schema_is_newer(PGconn *conn)
{
	_free_ char *version = NULL;

	if (!run(conn, "SELECT max(version) FROM kezek.migration", NULL, 0, &version))
		return true;
	if (!version || atoi(version) <= migrate_version())
		return false;
	fprintf(stderr,
		"kezekd migrate: the schema is at version %s, this program knows %d: it is older "
		"than "
		"its database\n",
		version, migrate_version());
	return true;
}

static bool migrate(PGconn *conn, bool test_clock)
{
	_free_ char *before = NULL;

	if (!run(conn, "SET client_min_messages = warning", NULL, 0, NULL) ||
		!run(conn, LOCK, NULL, 0, NULL) || !run(conn, LEDGER, NULL, 0, NULL) ||
		schema_is_newer(conn) ||
		!run(conn, "SELECT max(version) FROM kezek.migration", NULL, 0, &before))
		return false;
	for (int version = 1; version <= migrate_version(); version++) {
		if (!apply_numbered(conn, version))
			return false;
	}
	for (const struct migration *m = migration_functions; m->name; m++) {
		if (!apply_function(conn, m))
			return false;
	}
	if (test_clock && !before &&
		!run(conn, "UPDATE kezek.clock SET test = true", NULL, 0, NULL))
		return false;
	return run(conn, "SELECT kezek.partitions_ahead()", NULL, 0, NULL);
}

int migrate_run(const struct settings *settings, bool test_clock)
{
	PGconn *conn = PQconnectdb(settings->migrate_database);
	bool ok = PQstatus(conn) == CONNECTION_OK;

	if (!ok)
		fprintf(stderr, "kezekd migrate: %s", PQerrorMessage(conn));
	ok = ok && migrate(conn, test_clock);
	PQfinish(conn);
	if (ok)
		printf("schema version %d\n", migrate_version());
	return ok ? 0 : 1;
}
