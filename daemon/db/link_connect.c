/* One connection to PostgreSQL: from nothing to ready, and the timer that drives it. */
#include "daemon/db/link.h"
#include "daemon/log.h"

#define CONNECT_TIMEOUT_US (5 * 1000000LL)

void link_prepare_result(struct link *k, PGresult *r)
{
	if (PQresultStatus(r) == PGRES_FATAL_ERROR && !k->failed) {
		k->failed = true;
		log_event(LOG_LEVEL_ERROR, "prepare_failed",
			LOG_S("sqlstate", PQresultErrorField(r, PG_DIAG_SQLSTATE)),
			LOG_S("message", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)));
	}
	PQclear(r);
}

void link_prepared(struct link *k)
{
	if (k->failed) {
		link_lose(k, "prepare: is the schema migrated?");
		return;
	}
	k->state = LINK_READY;
	k->backoff_us = LINK_BACKOFF_FIRST_US;
	timer_clear(&k->timer);
	log_event(LOG_LEVEL_INFO, "database_connection_ready", LOG_S("pool", k->pg->options.name));
	pg_changed(k->pg);
}

/* A warning may say that a commit is not where it should be: a wait for a synchronous standby was
 * cancelled. With each new transaction it may also say that old ones have to be vacuumed soon. */
static void on_notice(void *arg, const PGresult *r)
{
	struct link *k = arg;
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *from = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);

	if (severity && strcmp(severity, "WARNING") == 0 &&
		!(from && strncmp(from, "GetNew", strlen("GetNew")) == 0))
		k->doubtful = true;
	log_event(LOG_LEVEL_DEBUG, "database_notice", LOG_S("severity", severity),
		LOG_S("sqlstate", PQresultErrorField(r, PG_DIAG_SQLSTATE)), LOG_S("from", from));
}

static void link_prepare(struct link *k)
{
	int fd = PQsocket(k->conn);
	bool ok = PQsetnonblocking(k->conn, 1) == 0 && PQenterPipelineMode(k->conn) == 1;

	event_free(k->readable);
	event_free(k->writable);
	k->readable =
		event_new(loop_base(k->pg->loop), fd, EV_READ | EV_PERSIST, link_on_readable, k);
	k->writable = event_new(loop_base(k->pg->loop), fd, EV_WRITE, link_on_writable, k);
	k->state = LINK_PREPARING;
	k->failed = false;
	PQsetNoticeReceiver(k->conn, on_notice, k);
	for (int i = 0; ok && i < SQL_COUNT; i++)
		ok = PQsendPrepare(k->conn, statement_names[i], statement_texts[i], 0, NULL) == 1;
	if (k->pg->options.on_hint)
		ok = ok && PQsendQueryPrepared(k->conn, statement_names[SQL_LISTEN], 0, NULL, NULL,
				   NULL, 1) == 1;
	if (!ok || !PQpipelineSync(k->conn)) {
		link_lose(k, "prepare");
		return;
	}
	event_add(k->readable, NULL);
	link_flush(k);
}

static void on_connecting(evutil_socket_t fd, short what, void *arg);

/* libpq may change its socket between two steps (several hosts): events are made anew each time. */
static void link_poll_again(struct link *k, short what)
{
	if (k->readable)
		event_free(k->readable);
	if (k->writable)
		event_free(k->writable);
	k->readable = event_new(loop_base(k->pg->loop), PQsocket(k->conn), what, on_connecting, k);
	k->writable = event_new(loop_base(k->pg->loop), -1, 0, on_connecting, k);
	event_add(k->readable, NULL);
}

static void on_connecting(evutil_socket_t fd, short what, void *arg)
{
	struct link *k = arg;

	(void)fd;
	(void)what;
	switch (PQconnectPoll(k->conn)) {
	case PGRES_POLLING_READING:
		link_poll_again(k, EV_READ);
		break;
	case PGRES_POLLING_WRITING:
		link_poll_again(k, EV_WRITE);
		break;
	case PGRES_POLLING_OK:
		link_prepare(k);
		break;
	default:
		link_lose(k, "connect");
	}
}

/*
 * What every connection of ours needs, whatever the role's own settings: moments in UTC; no JIT
 * (compiling the view of a request took 5 s, running it 0.3 ms) and no parallel workers (starting
 * two takes 30 ms, what they were started for 2); generic plans, as planning that view takes 14 ms;
 * and rows by their keys in the order of an index, whatever the statistics said when the plan was
 * made: one that was made over small tables read them whole for ever after.
 */
#define SESSION                                                                                    \
	"-c jit=off -c max_parallel_workers_per_gather=0 "                                         \
	"-c TimeZone=UTC -c plan_cache_mode=force_generic_plan "                                   \
	"-c enable_seqscan=off -c enable_bitmapscan=off "                                          \
	"-c enable_hashjoin=off -c enable_mergejoin=off"

/* `hostaddr` NULL: the string's hosts need no resolving. */
static void link_connect(struct link *k, const char *hostaddr)
{
	const char *const keywords[] = {
		"dbname", "options", "application_name", hostaddr ? "hostaddr" : NULL, NULL};
	const char *const values[] = {k->pg->conninfo, SESSION, "kezekd", hostaddr, NULL};

	k->conn = PQconnectStartParams(keywords, values, 1);
	k->state = LINK_CONNECTING;
	if (!k->conn || PQstatus(k->conn) == CONNECTION_BAD) {
		link_lose(k, "connect");
		return;
	}
	link_poll_again(k, EV_WRITE);
}

static void on_resolved(void *arg, const char *hostaddr)
{
	struct link *k = arg;

	k->resolve = NULL;
	link_connect(k, hostaddr);
}

static void link_begin(struct link *k)
{
	k->doubtful = false;
	timer_set(&k->timer, CONNECT_TIMEOUT_US);
	k->resolve = resolve_start(k->pg->loop, k->pg->conninfo, on_resolved, k);
	if (k->resolve)
		k->state = LINK_RESOLVING;
	else
		link_connect(k, NULL);
}

void link_on_timer(struct timer *t)
{
	struct link *k = container_of(t, struct link, timer);

	switch (k->state) {
	case LINK_DOWN:
		link_begin(k);
		break;
	case LINK_READY:
		if (k->broken || k->in_flight)
			link_lose(k, k->broken ? "write" : "silent");
		break;
	default:
		link_lose(k, "timeout");
	}
}
