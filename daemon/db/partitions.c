/* `kezekd partitions`: the years that requests and journal are kept by, and one that leaves, by the
 * schema's owner beside running daemons. */
#include <libpq-fe.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/db/migrate.h"
#include "lib/text.h"

#define TRIES              60
#define PAUSE_US           1000000
#define LOOKUPS            "5000" /* a turn */
#define LOCK_NOT_TO_BE_HAD "55P03"
#define DEADLOCK           "40P01"

/* Of those that ended before the last $1 whole years, and those that have not left wholly. */
#define OVER  "SELECT kezek.years_over($1::int)"
#define YEARS "SELECT year, requests, pg_size_pretty(bytes), stays FROM kezek.years()"
/* One that has left already is taken up again where it was cut off. */
#define WHY                                                                                        \
	"SELECT kezek.why_attached(y, true) FROM (SELECT $1::int AS y) a WHERE y IN "              \
	"(SELECT kezek.attached_years()) OR y NOT IN (SELECT year FROM kezek.detached)"
#define DETACH                                                                                     \
	"SELECT kezek.detach_year(y) FROM (SELECT $1::int AS y) a WHERE y IN (SELECT "             \
	"kezek.attached_years())"
#define FOLLOW "SELECT kezek.archive_lookups($1::int, " LOOKUPS ")"

static const char usage[] =
	"usage: kezekd [--config FILE] partitions [--detach YEAR | --keep YEARS]\n";

static void result_done(PGresult **r)
{
	PQclear(*r);
}
#define _result_                                                                                   \
	_cleanup_(result_done)                                                                     \
	PGresult

static bool is_state(const PGresult *r, const char *sqlstate)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state && strcmp(state, sqlstate) == 0;
}

/* Rows, or NULL after it has said what failed. Locks that are not to be had are waited for. */
static PGresult *ask(PGconn *conn, const char *sql, const char *year)
{
	for (int tries = 1;; tries++) {
		PGresult *r = PQexecParams(conn, sql, year ? 1 : 0, NULL, &year, NULL, NULL, 0);

		if (PQresultStatus(r) == PGRES_TUPLES_OK)
			return r;
		if (tries == TRIES ||
			(!is_state(r, LOCK_NOT_TO_BE_HAD) && !is_state(r, DEADLOCK))) {
			fprintf(stderr, "kezekd partitions: %s", PQerrorMessage(conn));
			PQclear(r);
			return NULL;
		}
		PQclear(r);
		usleep(PAUSE_US);
	}
}

static bool list(PGconn *conn)
{
	_result_ *r = ask(conn, YEARS, NULL);

	for (int i = 0; r && i < PQntuples(r); i++)
		printf("%s: %s requests, %s%s%s\n", PQgetvalue(r, i, 0), PQgetvalue(r, i, 1),
			PQgetvalue(r, i, 2),
			PQgetisnull(r, i, 3) ? "; may be detached" : "; stays: ",
			PQgetvalue(r, i, 3));
	return r;
}

/* False: it stays, or it is not known; that has been said. */
static bool is_done(PGconn *conn, const char *sql, const char *year)
{
	_result_ *r = ask(conn, sql, year);

	if (!r)
		return false;
	if (!PQntuples(r) || PQgetisnull(r, 0, 0))
		return true;
	fprintf(stderr, "kezekd partitions: %s stays: %s\n", year, PQgetvalue(r, 0, 0));
	return false;
}

static bool detach(PGconn *conn, const char *year)
{
	bool is_more = true;

	if (!is_done(conn, WHY, year) || !is_done(conn, DETACH, year))
		return false;
	while (is_more) {
		_result_ *r = ask(conn, FOLLOW, year);

		if (!r)
			return false;
		is_more = strcmp(PQgetvalue(r, 0, 0), "0") != 0;
	}
	printf("%s: its tables stand in kezek_archive\n", year);
	return true;
}

/* The oldest first; where one stays, all that came after it do. */
static bool keep(PGconn *conn, const char *years)
{
	_result_ *r = ask(conn, OVER, years);
	bool ok = r;

	for (int i = 0; ok && i < PQntuples(r); i++)
		ok = detach(conn, PQgetvalue(r, i, 0));
	return ok;
}

static bool is_number(const char *word, size_t least, size_t most)
{
	size_t len = strlen(word);

	return len >= least && len <= most && strspn(word, "0123456789") == len && word[0] != '0';
}

int partitions_run(const struct settings *settings, int argc, char **argv)
{
	bool is_detach = argc == 3 && strcmp(argv[1], "--detach") == 0;
	bool is_keep = argc == 3 && strcmp(argv[1], "--keep") == 0;
	PGconn *conn;
	bool ok;

	if (argc != 1 && !(is_detach && is_number(argv[2], 4, 4)) &&
		!(is_keep && is_number(argv[2], 1, 3))) {
		fputs(usage, stderr);
		return 2;
	}
	conn = PQconnectdb(settings->migrate_database);
	ok = PQstatus(conn) == CONNECTION_OK;
	if (!ok)
		fprintf(stderr, "kezekd partitions: %s", PQerrorMessage(conn));
	ok = ok && (is_detach ? detach(conn, argv[2]) : is_keep ? keep(conn, argv[2]) : list(conn));
	PQfinish(conn);
	return ok ? 0 : 1;
}
