/*
 * PostgreSQL connections in pipeline mode, and units: a few statements that are one transaction.
 *
 * A unit is embedded in its owner's context. unit_init, unit_add…, pg_submit; on_done runs exactly
 * once, in a later turn, after the transaction's Sync was confirmed (a deferred constraint can fail
 * there), or the connection was lost. Results may be read in on_done only, through the row_…
 * readers.
 */
#pragma once

#include <sys/queue.h>

#include "daemon/db/params.h"
#include "daemon/db/statements.h"
#include "daemon/loop.h"

struct pg;
struct pg_result; /* libpq's PGresult; never leaves daemon/db */

#define UNIT_STATEMENTS 4

enum unit_how {
	UNIT_DONE,
	UNIT_REFUSED, /* PostgreSQL said no: sqlstate tells; nothing happened */
	UNIT_LOST,    /* outcome unknown */
};

struct unit {
	void (*on_done)(struct unit *u, enum unit_how how);
	int count, answered;
	enum statement statement[UNIT_STATEMENTS];
	struct params params[UNIT_STATEMENTS];
	struct pg_result *result[UNIT_STATEMENTS];
	char sqlstate[6];
	char detail[64]; /* constraint name, or the routine that failed: never data */
	int64_t submitted_mono, sent_mono, done_mono;
	TAILQ_ENTRY(unit) link;
};

void unit_init(struct unit *u, void (*on_done)(struct unit *, enum unit_how));
/* The parameters of the statement just added; fill them before the next unit_add. */
struct params *unit_add(struct unit *u, enum statement statement);
void unit_done(struct unit *u);
/* In on_done: the rows of that statement become the caller's, who frees them. */
struct pg_result *unit_take(struct unit *u, int statement);
size_t result_bytes(const struct pg_result *result);
void result_free(struct pg_result *result);

/* `depth`: units in flight on one connection; `queue`: units that may wait. */
struct pg_options {
	const char *name, *conninfo;
	int connections, depth, queue;
	int64_t timeout_us; /* a connection silent for longer with work on it is given up */
	void (*on_change)(void *arg); /* a connection became ready, idle or was lost */
	/* A daemon, which `from` names, hints at work: each connection of the pool listens. NULL:
	 * none does. */
	void (*on_hint)(void *arg, const char *from);
	void *arg;
};

_must_check_ int pg_new(struct loop *l, const struct pg_options *options, struct pg **ret);
void pg_free(struct pg *pg);
/* 0; -ENOTCONN: no connection is ready; -EBUSY: the queue is full. on_done is then not called. */
_must_check_ int pg_submit(struct pg *pg, struct unit *u);
bool pg_is_ready(const struct pg *pg);
/* µs for which the oldest unit without a connection has waited; 0: none waits. */
int64_t pg_waited(const struct pg *pg);
/* A unit submitted now would be sent now. */
bool pg_has_room(const struct pg *pg);

/* Reading results, by statement of the unit, row and column. Null: 0, false, MOMENT_NONE, DAY_NONE,
 * {NULL, 0}. */
int rows_count(const struct unit *u, int statement);

struct row {
	const struct pg_result *result; /* NULL: it is a record within a column */
	int row, at;
	struct span record; /* what of it is still to be read */
};

/* What is still to be read of a column that is an array. */
struct elements {
	struct span left;
	int count;
};

/* Columns are then read in the order of the SELECT list. */
struct row row_of(const struct unit *u, int statement, int row);
struct row result_row(const struct pg_result *result, int row);
bool row_is_null(const struct row *r); /* the next column */
struct span row_span(struct row *r);   /* text or json; NUL-terminated behind the span */
const char *row_text(struct row *r);   /* NULL when null; valid in on_done */
struct span row_bytes(struct row *r);
bool row_uuid(struct row *r, struct uuid *ret); /* false when null: ret is nil */
int32_t row_int(struct row *r);
int64_t row_int64(struct row *r);
bool row_bool(struct row *r);
int64_t row_moment(struct row *r); /* infinity is INT64_MAX */
int32_t row_day(struct row *r);
double row_real(struct row *r); /* float8 */
/* An array of one dimension; null is an empty one. Each of its elements once; false behind the
 * last. */
struct elements row_elements(struct row *r);
/* Its columns are read as a row's; no text in it is NUL-terminated: row_span. */
bool elements_next_record(struct elements *e, struct row *ret);
bool elements_next_moment(struct elements *e, int64_t *ret);
