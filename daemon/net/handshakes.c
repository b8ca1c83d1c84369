/*
 * Who shakes hands when. One handshake costs up to a millisecond of everybody's time, and who does
 * not mean to be served costs as much as others. So handshakes wait for their turn. While others
 * are served besides, they have a third of the time at most; alone, all of it. Where they keep
 * coming to nothing, the next from there wait for all others, and those have a tenth, always.
 */
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/net/inside.h"

/* So many of one address that came to nothing, within so long: for the rest of it the address is
 * doubted. Who looks every second whether the daemon is well does not come to as many. */
#define VAIN_MAX   8
#define FORGIVE_US (5 * 1000000LL)

static struct connection *pop(struct server *s)
{
	struct connection *c = NULL;

	for (int i = 0; i < HANDSHAKE_COUNT && !c; i++)
		c = TAILQ_FIRST(&s->handshakes[i]);
	return c;
}

static void stop_waiting(struct server *s, struct connection *c)
{
	TAILQ_REMOVE(&s->handshakes[c->handshake], c, waiting);
	c->is_waiting = false;
}

static void on_next_turn(struct timer *t)
{
	struct server *s = container_of(t, struct server, next_turn);
	int64_t began = loop_mono(), worked = loop_worked(), others = worked - s->worked;
	int rest = 0; /* for others, in lengths of this turn */

	s->called = pop(s);
	if (!s->called)
		return;
	if (s->called->handshake >= HANDSHAKE_doubted_begun)
		rest = 9;
	stop_waiting(s, s->called);
	connection_run(s->called);
	s->called = NULL;
	s->worked = loop_worked();
	if (!rest && others > (s->worked - worked) / 4)
		rest = 2;
	timer_set(t, rest * (loop_mono() - began));
}

static void on_forgive(struct timer *t)
{
	tally_forgive(&container_of(t, struct server, forgive)->addresses);
}

void handshakes_init(struct server *s)
{
	for (int i = 0; i < HANDSHAKE_COUNT; i++)
		TAILQ_INIT(&s->handshakes[i]);
	timer_init(&s->next_turn, s->loop, on_next_turn);
	timer_init(&s->forgive, s->loop, on_forgive);
}

static enum handshake queue_of(const struct connection *c)
{
	if (c->address && c->address->vain >= VAIN_MAX)
		return c->is_shaking ? HANDSHAKE_doubted_begun : HANDSHAKE_doubted;
	return c->is_shaking ? HANDSHAKE_begun : HANDSHAKE_fresh;
}

bool handshakes_postpone(struct server *s, struct connection *c)
{
	if (c == s->called) {
		s->shaking += !c->is_shaking;
		c->is_shaking = c->has_shaken = true;
		return false;
	}
	if (c->is_waiting)
		return true;
	c->handshake = queue_of(c);
	c->is_waiting = true;
	if (c->handshake == HANDSHAKE_doubted) {
		/* The latest first: a crowd comes again when it has had its turn, and behind all of
		 * it an honest client of the same address would run out of time. */
		TAILQ_INSERT_HEAD(&s->handshakes[c->handshake], c, waiting);
		metric_add(METRIC_handshakes_doubted_total, NULL, 1);
	} else {
		TAILQ_INSERT_TAIL(&s->handshakes[c->handshake], c, waiting);
	}
	if (!timer_is_set(&s->next_turn))
		timer_set(&s->next_turn, 0);
	return true;
}

void handshakes_end(struct server *s, struct connection *c)
{
	s->shaking -= c->is_shaking;
	c->is_shaking = false;
}

void handshakes_served(struct connection *c)
{
	if (c->address && c->address->vain > 0)
		c->address->vain--;
}

void handshakes_forget(struct server *s, struct connection *c)
{
	if (c->is_waiting)
		stop_waiting(s, c);
	handshakes_end(s, c);
	/* Whose principal is known no longer counts for its address. */
	if (!c->has_shaken || !c->address || c->address->vain >= VAIN_MAX)
		return;
	if (!timer_is_set(&s->forgive))
		timer_set(&s->forgive, FORGIVE_US);
	if (++c->address->vain == VAIN_MAX && server_may_log(s))
		log_event(LOG_LEVEL_INFO, "address_doubted", LOG_S("address", c->peer.address));
}
