/* PostgreSQL connections in pipeline mode: connecting, preparing, sending units, reading their
 * results. */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>

#include "daemon/db/pg.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define CONNECT_TIMEOUT_US (5 * 1000000LL)
#define BACKOFF_FIRST_US   (100 * 1000LL)
#define BACKOFF_MAX_US     (2 * 1000000LL)

TAILQ_HEAD(unit_list, unit);

enum link_state {
	LINK_DOWN,       /* waiting for `timer` to try again */
	LINK_CONNECTING, /* PQconnectPoll */
	LINK_PREPARING,  /* statements sent, their Sync awaited */
	LINK_READY,
};

/* One connection. `sent` are the units on the wire, in order. */
struct link {
	struct pg *pg;
	PGconn *conn;
	enum link_state state;
	struct event *readable, *writable;
	struct timer timer; /* back-off, connect time-out, or silence */
	struct unit_list sent;
	int in_flight;
	int64_t backoff_us;
	bool broken; /* to be lost by the timer in the next turn: submit never calls back inline */
	bool doubtful; /* a WARNING came: the unit on the wire is not surely durable */
	bool failed;   /* a statement of the preparation failed */
};

struct pg {
	struct loop *loop;
	struct pg_options options;
	char *conninfo;
	struct unit_list waiting;
	int waiting_count;
	int link_count;
	struct link *links;
};

static void link_connect(struct link *k);
static void pump(struct pg *pg);

void unit_init(struct unit *u, void (*on_done)(struct unit *, enum unit_how))
{
	memset(u, 0, sizeof(*u));
	u->on_done = on_done;
}

struct params *unit_add(struct unit *u, enum statement statement)
{
	if (u->count == UNIT_STATEMENTS)
		abort();
	u->statement[u->count] = statement;
	return &u->params[u->count++];
}

void unit_done(struct unit *u)
{
	for (int i = 0; i < UNIT_STATEMENTS; i++) {
		params_done(&u->params[i]);
		PQclear(u->result[i]);
		u->result[i] = NULL;
	}
	u->count = u->answered = 0;
}

static void changed(struct pg *pg)
{
	int ready = 0;

	for (int i = 0; i < pg->link_count; i++)
		ready += pg->links[i].state == LINK_READY;
	metric_set(METRIC_database_connections, NULL, ready);
	if (pg->options.on_change)
		pg->options.on_change(pg->options.arg);
}

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
	PQfinish(k->conn);
	k->conn = NULL;
}

/* The connection is lost or useless: what was on the wire has an unknown outcome. */
static void link_lose(struct link *k, const char *why)
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
	changed(k->pg);
}

static void link_break(struct link *k)
{
	k->broken = true;
	timer_set(&k->timer, 0);
}

static void link_flush(struct link *k)
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

static void link_send(struct link *k, struct unit *u)
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

static struct link *roomiest(const struct pg *pg)
{
	struct link *best = NULL;

	for (int i = 0; i < pg->link_count; i++) {
		struct link *k = &pg->links[i];

		if (k->state == LINK_READY && !k->broken && k->in_flight < pg->options.depth &&
			(!best || k->in_flight < best->in_flight))
			best = k;
	}
	return best;
}

static void pump(struct pg *pg)
{
	struct link *k;
	struct unit *u;

	while ((u = TAILQ_FIRST(&pg->waiting)) && (k = roomiest(pg))) {
		TAILQ_REMOVE(&pg->waiting, u, link);
		pg->waiting_count--;
		link_send(k, u);
	}
}

int pg_submit(struct pg *pg, struct unit *u)
{
	u->submitted_mono = loop_mono();
	if (!pg_is_ready(pg))
		return -ENOTCONN;
	if (pg->waiting_count >= pg->options.queue)
		return -EBUSY;
	TAILQ_INSERT_TAIL(&pg->waiting, u, link);
	pg->waiting_count++;
	pump(pg);
	return 0;
}

bool pg_is_ready(const struct pg *pg)
{
	for (int i = 0; i < pg->link_count; i++) {
		if (pg->links[i].state == LINK_READY && !pg->links[i].broken)
			return true;
	}
	return false;
}

bool pg_has_room(const struct pg *pg)
{
	return TAILQ_EMPTY(&pg->waiting) && roomiest(pg);
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

static void prepared(struct link *k)
{
	if (k->failed) {
		link_lose(k, "prepare: is the schema migrated?");
		return;
	}
	k->state = LINK_READY;
	k->backoff_us = BACKOFF_FIRST_US;
	timer_clear(&k->timer);
	log_event(LOG_LEVEL_INFO, "database_connection_ready", LOG_S("pool", k->pg->options.name));
	changed(k->pg);
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
				prepared(k);
			else if (!TAILQ_EMPTY(&k->sent))
				unit_synced(k);
			continue;
		}
		if (k->state == LINK_PREPARING) {
			if (PQresultStatus(r) == PGRES_FATAL_ERROR && !k->failed) {
				k->failed = true;
				log_event(LOG_LEVEL_ERROR, "prepare_failed",
					LOG_S("sqlstate", PQresultErrorField(r, PG_DIAG_SQLSTATE)),
					LOG_S("message",
						PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)));
			}
			PQclear(r);
			continue;
		}
		take_result(k, r);
		if (PQstatus(conn) == CONNECTION_BAD)
			break;
	}
	return k->conn == conn;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
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
	if (PQstatus(k->conn) == CONNECTION_BAD) {
		link_lose(k, "server");
		return;
	}
	link_flush(k);
	pump(k->pg);
	if (k->pg->options.on_change)
		k->pg->options.on_change(k->pg->options.arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_flush(arg);
}

static void on_notice(void *arg, const PGresult *r)
{
	struct link *k = arg;
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity && strcmp(severity, "WARNING") == 0)
		k->doubtful = true; /* e.g. a cancelled wait for a synchronous standby */
	log_event(LOG_LEVEL_DEBUG, "database_notice", LOG_S("severity", severity),
		LOG_S("sqlstate", PQresultErrorField(r, PG_DIAG_SQLSTATE)));
}

static void link_prepare(struct link *k)
{
	int fd = PQsocket(k->conn);
	bool ok = PQsetnonblocking(k->conn, 1) == 0 && PQenterPipelineMode(k->conn) == 1;

	event_free(k->readable);
	event_free(k->writable);
	k->readable = event_new(loop_base(k->pg->loop), fd, EV_READ | EV_PERSIST, on_readable, k);
	k->writable = event_new(loop_base(k->pg->loop), fd, EV_WRITE, on_writable, k);
	k->state = LINK_PREPARING;
	k->failed = false;
	PQsetNoticeReceiver(k->conn, on_notice, k);
	for (int i = 0; ok && i < SQL_COUNT; i++)
		ok = PQsendPrepare(k->conn, statement_names[i], statement_texts[i], 0, NULL) == 1;
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
 * (compiling the view of a request took 5 s, running it 0.3 ms); generic plans, as planning that
 * view takes 14 ms.
 */
#define SESSION "-c jit=off -c TimeZone=UTC -c plan_cache_mode=force_generic_plan"

static void link_connect(struct link *k)
{
	const char *const keywords[] = {"dbname", "options", "application_name", NULL};
	const char *const values[] = {k->pg->conninfo, SESSION, "kezekd", NULL};

	k->doubtful = false;
	k->conn = PQconnectStartParams(keywords, values, 1);
	k->state = LINK_CONNECTING;
	timer_set(&k->timer, CONNECT_TIMEOUT_US);
	if (!k->conn || PQstatus(k->conn) == CONNECTION_BAD) {
		link_lose(k, "connect");
		return;
	}
	link_poll_again(k, EV_WRITE);
}

static void on_timer(struct timer *t)
{
	struct link *k = container_of(t, struct link, timer);

	switch (k->state) {
	case LINK_DOWN:
		link_connect(k);
		break;
	case LINK_READY:
		if (k->broken || k->in_flight)
			link_lose(k, k->broken ? "write" : "silent");
		break;
	default:
		link_lose(k, "timeout");
	}
}

int pg_new(struct loop *l, const struct pg_options *options, struct pg **ret)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	if (!pg)
		return -ENOMEM;
	pg->loop = l;
	pg->options = *options;
	pg->conninfo = strdup(options->conninfo);
	pg->links = calloc((size_t)options->connections, sizeof(*pg->links));
	TAILQ_INIT(&pg->waiting);
	if (!pg->conninfo || !pg->links) {
		pg_free(pg);
		return -ENOMEM;
	}
	pg->link_count = options->connections;
	for (int i = 0; i < pg->link_count; i++) {
		struct link *k = &pg->links[i];

		k->pg = pg;
		k->backoff_us = BACKOFF_FIRST_US;
		TAILQ_INIT(&k->sent);
		timer_init(&k->timer, l, on_timer);
		timer_set(&k->timer, 0);
	}
	*ret = pg;
	return 0;
}

void pg_free(struct pg *pg)
{
	if (!pg)
		return;
	for (int i = 0; i < pg->link_count; i++) {
		timer_done(&pg->links[i].timer);
		link_drop(&pg->links[i]);
	}
	free(pg->links);
	free(pg->conninfo);
	free(pg);
}
