/* The server as its own files see it. */
#pragma once

#include "daemon/net/connection.h"
#include "daemon/net/server.h"
#include "daemon/net/tls.h"

#define LISTENERS_MAX 16

struct listener {
	struct server *server;
	struct evconnlistener *accepting;
	int fd;
	bool is_passed; /* by systemd: stays open for the next daemon */
};

struct server {
	struct loop *loop;
	const struct exchange_ops *ops;
	struct settings limits; /* the numbers only; its strings are not ours and are NULL */
	struct tls *tls;
	unsigned int generation;

	struct listener listeners[LISTENERS_MAX];
	int nlisteners;
	int reserve_fd; /* closed to be able to accept and refuse when descriptors run out */
	struct timer rearm;

	struct connection_list all;
	int count;
	uint64_t next_id;
	struct tally addresses, principals;
	struct flight_pool pool;
	char scratch[CHANNEL_RECORD]; /* one record read, before it is known whose it is */

	struct connection_list handshakes[HANDSHAKE_COUNT]; /* that wait for their turn */
	struct connection *called;                          /* whose turn it is */
	struct timer next_turn, forgive;
	int64_t worked; /* of loop_worked, after the last turn */
	int shaking;    /* handshakes begun and not ended */
	int accepted;   /* in this turn of the loop */

	struct timer minute;   /* CRLs expire while nobody looks */
	int64_t refused_until; /* when the next refusal may be read after: they are spread */
	int64_t logged_at;     /* the second in which so many lines about clients were logged */
	int logged;

	bool is_held, is_draining, is_empty_told;
	void (*on_empty)(void *);
	void *on_empty_arg;
};

/* The listener's part: opens what settings or systemd say. 0, or -errno with the reason logged. */
_must_check_ int listeners_open(struct server *s, const char *list);
/* True: nobody is accepted until false. */
void listeners_rest(struct server *s, bool rest);
/* Takes what already waits on our own sockets, then closes them. */
void listeners_close(struct server *s);

/* An accepted socket. */
void server_accept(struct server *s, int fd, const struct sockaddr *address);
/* A connection's memory is about to go. */
void server_forget(struct server *s, struct connection *c);
/* A 503 went out: when this connection's next request may be read. */
int64_t server_spread_refusal(struct server *s);
/* Of lines that clients can bring about at will only so many a second are written. */
bool server_may_log(struct server *s);
void server_count_failure(struct server *s, const struct connection *c, const char *reason);
/* In percent of memory_bytes. */
int server_memory_percent(const struct server *s);
/* Bytes until new work must be refused, which is at 80 %. */
size_t server_memory_left(const struct server *s);

/* handshakes.c. */
void handshakes_init(struct server *s);
/* True: the connection runs when its turn to shake hands comes; false: it has come. */
bool handshakes_postpone(struct server *s, struct connection *c);
void handshakes_end(struct server *s, struct connection *c);
/* Its principal is known: the handshake was not in vain. Before it leaves its address. */
void handshakes_served(struct connection *c);
void handshakes_forget(struct server *s, struct connection *c);
