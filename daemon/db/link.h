/* One connection of a pool, between pg.c (which unit goes where) and link*.c (how it gets there).
 */
#pragma once

#include <libpq-fe.h>

#include "daemon/db/pg.h"
#include "daemon/db/resolve.h"

TAILQ_HEAD(unit_list, unit);

#define LINK_BACKOFF_FIRST_US (100 * 1000LL)

enum link_state {
	LINK_DOWN,       /* waiting for `timer` to try again */
	LINK_RESOLVING,  /* the addresses of its hosts are asked for */
	LINK_CONNECTING, /* PQconnectPoll */
	LINK_PREPARING,  /* statements sent, their Sync awaited */
	LINK_READY,
};

/* One connection. `sent` are the units on the wire, in order. */
struct link {
	struct pg *pg;
	PGconn *conn;
	struct resolve *resolve;
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

/* pg.c: what a link tells its pool. */
void pg_changed(struct pg *pg);
void pg_pump(struct pg *pg);

/* link.c: traffic. */
void link_init(struct link *k, struct pg *pg);
void link_done(struct link *k);
void link_send(struct link *k, struct unit *u);
void link_flush(struct link *k);
/* The connection is lost or useless: what was on the wire has an unknown outcome. */
void link_lose(struct link *k, const char *why);
void link_on_readable(evutil_socket_t fd, short what, void *arg);
void link_on_writable(evutil_socket_t fd, short what, void *arg);

/* link_connect.c: from nothing to ready. */
void link_on_timer(struct timer *t);
/* One result while the statements are being prepared; takes it. */
void link_prepare_result(struct link *k, PGresult *r);
void link_prepared(struct link *k);
