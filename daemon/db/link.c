/* One connection to PostgreSQL: units onto the wire, results off it, and losing it. */
#include "daemon/db/link.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define BACKOFF_MAX_US (2 * 1000000LL)

/* Frees the results after on_done, unless on_done has submitted the unit again or freed it itself.
 */
static void finish(struct unit *u, enum unit_how how)
{
	u->done_mono = loop_mono();
	u->on_done(u, how);
}

static void link_drop(struct link *k)
{
	if (k->readable)
		event_free(k->readable);
	if (k->writable)
		event_free(k->writable);
	k->readable = k->writable = NULL;
	resolve_forget(k->resolve);
	k->resolve = NULL;
	PQfinish(k->conn);
	k->conn = NULL;
}

/* The connection is lost or useless: what was on the wire has an unknown outcome. */
void link_lose(struct link *k, const char *why)
{
	struct unit_list lost = TAILQ_HEAD_INITIALIZER(lost);
	struct unit *u;

	log_event(LOG_LEVEL_WARNING, "database_connection_lost", LOG_S("pool", k->pg->options.name),
		LOG_S("why", why), LOG_N("in_flight", k->in_flight));
	metric_add(METRIC_database_reconnects_total, NULL, 1);
	link_drop(k);
	k->state = LINK_DOWN;
	k->broken = false;
	k->in_flight = 0;
	TAILQ_CONCAT(&lost, &k->sent, link);
	timer_set(&k->timer, k->backoff_us);
	k->backoff_us = k->backoff_us * 2 > BACKOFF_MAX_US ? BACKOFF_MAX_US : k->backoff_us * 2;
	if (!pg_is_ready(k->pg)) {
		TAILQ_CONCAT(&lost, &k->pg->waiting, link);
		k->pg->waiting_count = 0;
	}
	while ((u = TAILQ_FIRST(&lost))) {
		TAILQ_REMOVE(&lost, u, link);
		finish(u, UNIT_LOST);
	}
	pg_changed(k->pg);
}

static void link_break(struct link *k)
{
	k->broken = true;
	timer_set(&k->timer, 0);
}

void link_flush(struct link *k)
{
	int left = PQflush(k->conn);

	if (left < 0)
		link_break(k);
	else if (left > 0)
		event_add(k->writable, NULL);
}

static int send_statement(struct link *k, enum statement id, const struct params *p)
{
	const char *values[PARAMS_MAX];
	int formats[PARAMS_MAX];

	for (int i = 0; i < p->count; i++) {
		values[i] = p->len[i] < 0 ? NULL : p->store.data + p->at[i];
		formats[i] = 1;
	}
	return PQsendQueryPrepared(
		k->conn, statement_names[id], p->count, values, p->len, formats, 1);
}

void link_send(struct link *k, struct unit *u)
{
	bool ok = true;

	u->answered = 0;
	u->sent_mono = loop_mono();
	for (int i = 0; i < u->count; i++)
		ok = ok && send_statement(k, u->statement[i], &u->params[i]);
	ok = ok && PQpipelineSync(k->conn);
	TAILQ_INSERT_TAIL(&k->sent, u, link);
	k->in_flight++;
	if (!ok) {
		link_break(k);
		return;
	}
	if (!timer_is_set(&k->timer))
		timer_set(&k->timer, k->pg->options.timeout_us);
	link_flush(k);
}

static void note_error(struct unit *u, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *where = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);

	if (u->sqlstate[0])
		return;
	snprintf(u->sqlstate, sizeof(u->sqlstate), "%s", state ? state : "XX000");
	if (!where)
		where = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);
	if (where)
		snprintf(u->detail, sizeof(u->detail), "%s", where);
	log_event(LOG_LEVEL_WARNING, "statement_refused",
		LOG_S("statement", u->answered < u->count
					   ? statement_names[u->statement[u->answered]]
					   : "sync"),
		LOG_S("sqlstate", u->sqlstate), LOG_S("where", u->detail));
}

/* One unit's Sync has been confirmed. */
static void unit_synced(struct link *k)
{
	struct unit *u = TAILQ_FIRST(&k->sent);
	enum unit_how how = UNIT_DONE;

	TAILQ_REMOVE(&k->sent, u, link);
	k->in_flight--;
	if (k->in_flight)
		timer_set(&k->timer, k->pg->options.timeout_us);
	else
		timer_clear(&k->timer);
	if (u->sqlstate[0])
		how = UNIT_REFUSED;
	else if (k->doubtful)
		how = UNIT_LOST;
	k->doubtful = false;
	finish(u, how);
}

static void take_result(struct link *k, PGresult *r)
{
	struct unit *u = TAILQ_FIRST(&k->sent);

	switch (PQresultStatus(r)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (u && u->answered < u->count) {
			u->result[u->answered++] = r;
			return;
		}
		break;
	case PGRES_PIPELINE_ABORTED:
		if (u)
			u->answered++;
		break;
	default:
		if (u) {
			note_error(u, r);
			u->answered++;
		}
	}
	PQclear(r);
}

/* All results that are in. False: the connection is gone. */
static bool drain_results(struct link *k)
{
	PGconn *conn = k->conn;
	int ends = 0;

	while (k->conn == conn && !PQisBusy(conn)) {
		PGresult *r = PQgetResult(conn);

		if (!r) { /* the end of one statement's results; twice: nothing more is expected */
			if (++ends == 2)
				break;
			continue;
		}
		ends = 0;
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			if (k->state == LINK_PREPARING)
				link_prepared(k);
			else if (!TAILQ_EMPTY(&k->sent))
				unit_synced(k);
			continue;
		}
		if (k->state == LINK_PREPARING) {
			link_prepare_result(k, r);
			continue;
		}
		take_result(k, r);
		if (PQstatus(conn) == CONNECTION_BAD)
			break;
	}
	return k->conn == conn;
}

static void take_notices(struct link *k)
{
	PGnotify *n;

	while ((n = PQnotifies(k->conn))) {
		if (k->pg->options.on_hint)
			k->pg->options.on_hint(k->pg->options.arg, n->extra);
		PQfreemem(n);
	}
}

void link_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *k = arg;

	(void)fd;
	(void)what;
	if (!PQconsumeInput(k->conn)) {
		link_lose(k, "read");
		return;
	}
	if (!drain_results(k))
		return;
	take_notices(k);
	if (PQstatus(k->conn) == CONNECTION_BAD) {
		link_lose(k, "server");
		return;
	}
	link_flush(k);
	pg_pump(k->pg);
	if (k->pg->options.on_change)
		k->pg->options.on_change(k->pg->options.arg);
}

void link_on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_flush(arg);
}

void link_init(struct link *k, struct pg *pg)
{
	k->pg = pg;
	k->backoff_us = LINK_BACKOFF_FIRST_US;
	TAILQ_INIT(&k->sent);
	timer_init(&k->timer, pg->loop, link_on_timer);
	timer_set(&k->timer, 0);
}

void link_done(struct link *k)
{
	timer_done(&k->timer);
	link_drop(k);
}
