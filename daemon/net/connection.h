/*
 * One client connection: TLS, requests one after another, replies. Its state changes in one
 * function, which checks a table; its steps run until the socket or the api must be waited for.
 */
#pragma once

#include <sys/queue.h>

#include "daemon/net/channel.h"
#include "daemon/net/flight.h"
#include "daemon/net/tally.h"
#include "include/kezek/types.h"

/* X(name, states that may follow). */
#define CONNECTION_STATES(X)                                                                       \
	X(handshake, AS(idle) | AS(lingering) | AS(closed))                                        \
	X(idle, AS(head) | AS(lingering) | AS(closed))                                             \
	X(head, AS(deciding) | AS(replying) | AS(closed))                                          \
	X(deciding, AS(body) | AS(replying) | AS(streaming) | AS(gone) | AS(closed))               \
	X(body, AS(working) | AS(replying) | AS(closed))                                           \
	X(working, AS(body) | AS(replying) | AS(streaming) | AS(gone) | AS(closed))                \
	X(replying, AS(idle) | AS(lingering) | AS(closed))                                         \
	X(streaming, AS(replying) | AS(gone) | AS(closed))                                         \
	X(lingering, AS(closed))                                                                   \
	X(gone, AS(closed))                                                                        \
	X(closed, 0)

enum connection_state {
#define X(name, next) CONNECTION_##name,
	CONNECTION_STATES(X)
#undef X
		CONNECTION_STATE_COUNT,
};

TAILQ_HEAD(connection_list, connection);

/*
 * The queues for a turn to shake hands, first that which is served first. Those half done come
 * before those not begun: with all begun and none ended, all would run out of time.
 */
enum handshake {
	HANDSHAKE_begun,
	HANDSHAKE_fresh,
	HANDSHAKE_doubted_begun,
	HANDSHAKE_doubted,
	HANDSHAKE_COUNT,
};

struct connection {
	struct server *server;
	TAILQ_ENTRY(connection) all;     /* of the server */
	TAILQ_ENTRY(connection) waiting; /* for a turn with room for handshakes */
	struct channel channel;
	struct event *event;
	struct flight *flight; /* NULL between requests */
	struct tally_entry *address, *principal;
	enum handshake handshake;
	enum connection_state state;
	enum connection_state timed_state; /* whose deadline it is */
	int64_t deadline;                  /* mono; 0: none */
	int64_t armed;                     /* when the timer fires, perhaps too early; 0: not set */
	int64_t rests_until; /* was refused: the next request is read then; 0: at once */
	int64_t moved_before, moved_ahead; /* the flight's `moved` when the window began */
	struct timer timer;
	uint64_t id;
	unsigned int generation; /* of the TLS context */
	bool is_running;         /* its steps are on the stack */
	bool is_scheduled;       /* it runs at this turn's end */
	bool is_waiting;         /* for its turn, in the queue `handshake` */
	bool is_shaking;         /* the handshake has begun and not ended */
	bool has_shaken;         /* it has begun */
	bool had_request;
	bool counts_stream;
	struct peer peer;
};

/* Takes the descriptor; NULL: no memory for TLS, the descriptor is closed. */
struct connection *connection_new(struct server *s, int fd, const struct peer *peer);
/* Its steps, until something must be waited for. Not from within the api's calls. */
void connection_run(struct connection *c);
/* At this turn's end, when nothing of the api is on the stack. */
void connection_schedule(struct connection *c);
void connection_move(struct connection *c, enum connection_state to);
/* Sends what it can; a failure shows at the next step. */
void connection_flush(struct connection *c);
/* At once, without goodbye: the socket closes, an exchange under way is told. */
void connection_drop(struct connection *c);

/* What a step answers. */
enum step {
	STEP_AGAIN, /* the state has changed or bytes have: look again */
	STEP_WAIT,
};

/* request.c: reading. */
enum step step_idle(struct connection *c);
enum step step_head(struct connection *c);
enum step step_body(struct connection *c);
/* reply.c: writing. */
enum step step_replying(struct connection *c);
enum step step_streaming(struct connection *c);
/* Queues what is queued on the wire. 0, CHANNEL_WAIT or CHANNEL_BROKEN. */
_must_check_ int reply_flush(struct connection *c);
/* A problem of net's own as the reply; the connection closes after it. `detail` is English. */
void reply_problem(struct connection *c, enum kezek_problem problem, const char *detail);
/* The same while the api is still at work: sent as far as the socket takes it; the caller then
 * leaves. */
void reply_early(struct connection *c, enum kezek_problem problem);
/* ops->end where it is owed, log line and metrics; the flight may then go. */
void reply_finish(struct connection *c);
