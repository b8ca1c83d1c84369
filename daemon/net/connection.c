/* The life of a connection: the mover and its table, the event, the deadlines, the end. */
#include <assert.h>

#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/net/inside.h"

#define STEPS_MAX     64 /* in one turn: then others have theirs */
#define WINDOWS_AHEAD 5
#define LINGER_MAX    (1 << 22) /* bytes of a refused client that are read and dropped */

#define AS(name) (1u << CONNECTION_##name)

static const struct {
	const char *name;
	unsigned int next;
} states[CONNECTION_STATE_COUNT] = {
#define X(name, next) [CONNECTION_##name] = {#name, (next)},
	CONNECTION_STATES(X)
#undef X
};

void connection_move(struct connection *c, enum connection_state to)
{
	if (log_is_on(LOG_LEVEL_DEBUG))
		log_event(LOG_LEVEL_DEBUG, "connection", LOG_N("id", c->id),
			LOG_S("from", states[c->state].name), LOG_S("to", states[to].name));
	assert(states[c->state].next & 1u << to);
	c->state = to;
	c->timed_state = CONNECTION_closed; /* a deadline belongs to one stay in a state */
}

/* What this state may last in all, or a window of it; 0: for ever. */
static int64_t state_limit(const struct connection *c)
{
	const struct settings *s = &c->server->limits;
	const struct flight *f = c->flight;

	switch (c->state) {
	case CONNECTION_handshake:
		return s->handshake_timeout;
	case CONNECTION_idle:
		return c->server->is_draining ? s->header_timeout : s->idle_timeout;
	case CONNECTION_head:
		return s->header_timeout;
	case CONNECTION_body:
		return f->body_class == BODY_JSON ? s->body_timeout : s->rate_window;
	case CONNECTION_working:
		return f->x.patience;
	case CONNECTION_replying:
		return s->rate_window;
	case CONNECTION_streaming:
		return f->out_at < f->out.len ? s->rate_window : 0;
	case CONNECTION_lingering:
		return s->linger_timeout;
	default:
		return 0;
	}
}

static int64_t enough_in_window(const struct connection *c)
{
	const struct settings *s = &c->server->limits;

	return s->rate_floor * (s->rate_window / 1000) / 1000;
}

/* Of `moved` bytes, what stands in for windows to come. */
static int64_t ahead(const struct connection *c, int64_t moved)
{
	return moved < WINDOWS_AHEAD * enough_in_window(c) ? moved
							   : WINDOWS_AHEAD * enough_in_window(c);
}

static bool has_rate_floor(const struct connection *c)
{
	return c->state == CONNECTION_replying || c->state == CONNECTION_streaming ||
	       (c->state == CONNECTION_body && c->flight->body_class == BODY_BULK);
}

static void arm(struct connection *c, int64_t at)
{
	if (!at || (c->armed && c->armed <= at))
		return;
	c->armed = at;
	timer_set(&c->timer, at - loop_mono());
}

/* Called when the connection begins to wait: only then does a state cost a look at the clock. */
static void set_deadline(struct connection *c)
{
	int64_t limit = state_limit(c);

	if (!limit) {
		c->deadline = 0;
		c->timed_state = CONNECTION_closed;
		return;
	}
	if (c->deadline && c->timed_state == c->state)
		return; /* absolute: waiting again does not move it */
	c->timed_state = c->state;
	c->deadline = loop_mono() + limit;
	c->moved_before = c->flight ? c->flight->moved : 0;
	c->moved_ahead = ahead(c, c->moved_before);
	arm(c, c->deadline);
}

/*
 * True: the last window's bytes were enough, and the next one begins. What was more than enough
 * stands in for windows to come: the systems on both sides hold megabytes, and while a slow reader
 * takes those, nothing moves here.
 */
static bool is_fast_enough(struct connection *c)
{
	int64_t moved = c->flight->moved - c->moved_before + c->moved_ahead;

	if (moved < enough_in_window(c))
		return false;
	c->moved_ahead = ahead(c, moved - enough_in_window(c));
	c->moved_before = c->flight->moved;
	c->deadline += c->server->limits.rate_window;
	return true;
}

static void leave(struct connection *c);

static void on_deadline(struct connection *c)
{
	enum log_level level = c->state == CONNECTION_idle ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;

	if (has_rate_floor(c) && is_fast_enough(c))
		return;
	if (log_is_on(level) && server_may_log(c->server))
		log_event(level, "timed_out", LOG_N("connection", c->id),
			LOG_S("state", states[c->state].name), LOG_S("address", c->peer.address));
	metric_add(METRIC_connections_timed_out_total, states[c->state].name, 1);
	switch (c->state) {
	case CONNECTION_handshake:
		server_count_failure(c->server, c, "timeout");
		connection_drop(c);
		break;
	case CONNECTION_idle:
		channel_shutdown(&c->channel);
		connection_drop(c);
		break;
	case CONNECTION_head:
		reply_problem(c, KEZEK_PROBLEM_timed_out, "the head of the request took too long");
		break;
	case CONNECTION_body:
		reply_problem(c, KEZEK_PROBLEM_timed_out, "the body of the request took too long");
		break;
	case CONNECTION_working:
		reply_early(c, KEZEK_PROBLEM_database_away);
		channel_shutdown(&c->channel);
		leave(c);
		break;
	default:
		connection_drop(c);
	}
}

static void on_timer(struct timer *t)
{
	struct connection *c = container_of(t, struct connection, timer);

	c->armed = 0;
	/* A deadline left from an earlier stay says nothing of this one: a reply that was given in
	 * the last moment has made the connection idle, and idle it may be. */
	if (c->deadline && c->timed_state == c->state && loop_mono() >= c->deadline)
		on_deadline(c);
	if (c->state == CONNECTION_closed)
		return;
	connection_run(c);
	arm(c, c->deadline);
}

static void on_event(evutil_socket_t fd, short events, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	channel_note(&c->channel, events);
	connection_run(c);
}

struct connection *connection_new(struct server *s, int fd, const struct peer *peer)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->server = s;
	c->peer = *peer;
	c->id = ++s->next_id;
	c->generation = s->generation;
	c->timed_state = CONNECTION_closed;
	if (channel_init(&c->channel, fd, tls_context(s->tls)) < 0) {
		free(c);
		return NULL;
	}
	c->event = event_new(loop_base(s->loop), fd,
		EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, on_event, c);
	if (!c->event || event_add(c->event, NULL) < 0)
		abort();
	timer_init(&c->timer, s->loop, on_timer);
	set_deadline(c);
	return c;
}

static void free_connection(void *object)
{
	struct connection *c = object;

	server_forget(c->server, c);
	free(c);
}

static void close_socket(struct connection *c)
{
	if (!c->event)
		return;
	event_free(c->event);
	c->event = NULL;
	channel_done(&c->channel);
}

/* The last move: the exchange is told, the socket closed; the memory goes at the turn's end. */
static void finish(struct connection *c)
{
	struct server *s = c->server;

	if (c->flight) {
		/* Before its reply, or with some of it still here. */
		if (c->flight->is_told &&
			(!c->flight->is_replied || c->state == CONNECTION_replying))
			c->flight->x.gone = true;
		reply_finish(c);
		flight_give_back(&s->pool, c->flight);
		c->flight = NULL;
	}
	close_socket(c);
	timer_done(&c->timer);
	c->deadline = 0;
	connection_move(c, CONNECTION_closed);
	loop_reap(s->loop, c, free_connection);
}

/* The api still holds the exchange: it hears of it, and ends it when its work is done. */
static void leave(struct connection *c)
{
	struct exchange *x = &c->flight->x;

	x->gone = true;
	close_socket(c);
	connection_move(c, CONNECTION_gone);
	c->deadline = 0;
	if (x->ops->gone)
		x->ops->gone(x);
}

void connection_drop(struct connection *c)
{
	switch (c->state) {
	case CONNECTION_deciding:
	case CONNECTION_working:
	case CONNECTION_streaming:
		leave(c);
		break;
	case CONNECTION_gone:
	case CONNECTION_closed:
		break;
	default:
		finish(c);
	}
}

static void note_failure(struct connection *c)
{
	server_count_failure(c->server, c, tls_failure(c->channel.ssl));
	/* The alert is out; what the client sent on meanwhile must not turn it into a reset. */
	shutdown(c->channel.fd, SHUT_WR);
	connection_move(c, CONNECTION_lingering);
}

static enum step step_handshake(struct connection *c)
{
	/* Nothing is made for who says nothing. */
	if (!c->channel.readable || handshakes_postpone(c->server, c))
		return STEP_WAIT;
	switch (channel_handshake(&c->channel)) {
	case 0:
		tls_read_peer(c->channel.ssl, &c->peer);
		handshakes_end(c->server, c);
		connection_move(c, CONNECTION_idle);
		return STEP_AGAIN;
	case CHANNEL_WAIT:
		return STEP_WAIT;
	case CHANNEL_ENDED:
		server_count_failure(c->server, c, "closed");
		finish(c);
		return STEP_WAIT;
	default:
		note_failure(c);
		return STEP_AGAIN;
	}
}

/* While the api works nothing is read; only that the client leaves is noticed. */
static enum step step_waiting(struct connection *c)
{
	if (c->flight->is_replied) {
		finish(c); /* abandoned */
		return STEP_WAIT;
	}
	switch (channel_peek(&c->channel)) {
	case 0:
	case CHANNEL_WAIT:
		return STEP_WAIT;
	default:
		leave(c);
		return STEP_AGAIN;
	}
}

static enum step step_lingering(struct connection *c)
{
	size_t budget = LINGER_MAX;

	if (channel_discard(&c->channel, &budget) == CHANNEL_WAIT)
		return STEP_WAIT;
	finish(c);
	return STEP_WAIT;
}

static enum step step_gone(struct connection *c)
{
	if (c->flight && c->flight->is_replied)
		finish(c);
	return STEP_WAIT;
}

static enum step (*const steps[CONNECTION_STATE_COUNT])(struct connection *) = {
	[CONNECTION_handshake] = step_handshake,
	[CONNECTION_idle] = step_idle,
	[CONNECTION_head] = step_head,
	[CONNECTION_deciding] = step_waiting,
	[CONNECTION_body] = step_body,
	[CONNECTION_working] = step_waiting,
	[CONNECTION_replying] = step_replying,
	[CONNECTION_streaming] = step_streaming,
	[CONNECTION_lingering] = step_lingering,
	[CONNECTION_gone] = step_gone,
	[CONNECTION_closed] = step_gone,
};

void connection_run(struct connection *c)
{
	int n = 0;

	if (c->is_running || c->state == CONNECTION_closed)
		return;
	c->is_running = true;
	while (n < STEPS_MAX && steps[c->state](c) == STEP_AGAIN)
		n++;
	c->is_running = false;
	if (c->state == CONNECTION_closed)
		return;
	if (c->flight)
		flight_account(&c->server->pool, c->flight);
	set_deadline(c);
	arm(c, c->rests_until);
	if (n == STEPS_MAX) {
		c->armed = 1;
		timer_set(&c->timer, 0);
	}
}

static void on_turn_end(void *object)
{
	struct connection *c = object;

	c->is_scheduled = false;
	connection_run(c);
}

void connection_schedule(struct connection *c)
{
	if (c->is_running || c->is_scheduled || c->state == CONNECTION_closed)
		return;
	c->is_scheduled = true;
	loop_reap(c->server->loop, c, on_turn_end);
}

void connection_flush(struct connection *c)
{
	if (!c->is_running && c->state == CONNECTION_replying && reply_flush(c) != 0)
		return; /* waits for an event, or the next step finds it broken */
}
