/* All connections of the daemon: counting, limits, reload, drain. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/memory.h"
#include "daemon/metrics.h"
#include "daemon/net/inside.h"

#define SECOND INT64_C(1000000)
#define CONNECTION_BYTES                                                                           \
	20480                 /* what an idle mutual-TLS connection costs (design: performance)    \
			       */
#define HANDSHAKE_BYTES 24576 /* what it costs more until its handshake has ended */
#define SHORT_PERCENT   80
#define REFUSAL_US      250 /* a connection was refused: the next one refused waits so much longer */
#define REST_MAX        SECOND /* what Retry-After says */
#define LOGGED_MAX      50     /* a second; metrics count the others */

static void on_minute(struct timer *t)
{
	struct server *s = container_of(t, struct server, minute);

	metric_set(METRIC_crl_expired, NULL, tls_crl_is_expired(s->tls, (int64_t)time(NULL)));
	timer_set(t, 60 * SECOND);
}

/*
 * A refusal costs a seventh of what it refuses. Clients that come again at once would have the
 * loop do little else: all together they are let in so many times a second, and those few that
 * come seldom are refused at once.
 */
int64_t server_spread_refusal(struct server *s)
{
	int64_t now = loop_mono(), next = s->refused_until + REFUSAL_US;

	s->refused_until = next < now ? now : next < now + REST_MAX ? next : now + REST_MAX;
	return s->refused_until;
}

bool server_may_log(struct server *s)
{
	int64_t second = loop_mono() / SECOND;

	if (second != s->logged_at) {
		s->logged_at = second;
		s->logged = 0;
	}
	return s->logged++ < LOGGED_MAX;
}

void server_count_failure(struct server *s, const struct connection *c, const char *reason)
{
	metric_add(METRIC_tls_failures_total, reason, 1);
	if (server_may_log(s))
		log_event(LOG_LEVEL_INFO, "tls_failure", LOG_S("reason", reason),
			LOG_S("address", c->peer.address), LOG_N("connection", c->id));
	if (strcmp(reason, "crl_expired") == 0)
		metric_set(METRIC_crl_expired, NULL, 1);
}

/* Only numbers are kept: strings belong to the caller's settings. */
static void take_limits(struct server *s, const struct settings *settings)
{
	s->limits = *settings;
#define SETTING_FORGET_path(name)   s->limits.name = NULL;
#define SETTING_FORGET_string(name) s->limits.name = NULL;
#define SETTING_FORGET_list(name)   s->limits.name = NULL;
#define SETTING_FORGET_port(name)
#define SETTING_FORGET_count(name)
#define SETTING_FORGET_bytes(name)
#define SETTING_FORGET_seconds(name)
#define X(name, kind, standard, doc) SETTING_FORGET_##kind(name)
	SETTINGS(X)
#undef X
}

int server_new(struct loop *l, const struct settings *settings, const struct exchange_ops *ops,
	struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		abort();
	s->loop = l;
	s->ops = ops;
	s->reserve_fd = -1;
	TAILQ_INIT(&s->all);
	take_limits(s, settings);
	handshakes_init(s);
	timer_init(&s->minute, l, on_minute);
	r = tls_new(settings, false, &s->tls);
	if (r == 0)
		r = listeners_open(s, settings->listen);
	if (r < 0) {
		server_free(s);
		return r;
	}
	on_minute(&s->minute);
	*ret = s;
	return 0;
}

void server_hold(struct server *s, bool hold)
{
	s->is_held = hold;
	listeners_rest(s, hold);
}

int server_reload(struct server *s, const struct settings *settings)
{
	struct tls *fresh;
	int r = tls_new(settings, true, &fresh);

	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "tls_kept");
		return r;
	}
	tls_free(s->tls);
	s->tls = fresh;
	/* Open connections end after their next reply: they come again under the new context. */
	s->generation++;
	take_limits(s, settings);
	on_minute(&s->minute);
	log_event(LOG_LEVEL_INFO, "tls_reloaded", LOG_N("generation", s->generation));
	return 0;
}

static void format_address(const struct sockaddr *a, struct peer *peer, char ret_key[64])
{
	const struct sockaddr_in6 *six = (const void *)a;
	const struct sockaddr_in *four = (const void *)a;
	struct in_addr mapped;

	if (a->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(&mapped, six->sin6_addr.s6_addr + 12, 4);
	} else if (a->sa_family == AF_INET6) {
		struct in6_addr net = six->sin6_addr;

		inet_ntop(AF_INET6, &six->sin6_addr, peer->address, sizeof(peer->address));
		peer->is_local = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
		memset(net.s6_addr + 8, 0, 8); /* one network is one client's to choose from */
		inet_ntop(AF_INET6, &net, ret_key, 64);
		return;
	} else if (a->sa_family == AF_INET) {
		mapped = four->sin_addr;
	} else {
		strcpy(peer->address, "local");
		strcpy(ret_key, "local");
		return;
	}
	inet_ntop(AF_INET, &mapped, peer->address, sizeof(peer->address));
	peer->is_local = ntohl(mapped.s_addr) >> 24 == 127;
	strcpy(ret_key, peer->address);
}

static void turn_away(int fd, const char *reason)
{
	close(fd);
	metric_add(METRIC_connections_refused_total, reason, 1);
}

void server_accept(struct server *s, int fd, const struct sockaddr *address)
{
	struct peer peer = {0};
	char key[64] = "";
	struct tally_entry *e;
	struct connection *c;

	format_address(address, &peer, key);
	if (s->count >= s->limits.connections || server_memory_percent(s) >= 100) {
		turn_away(fd, s->count >= s->limits.connections ? "connections" : "memory");
		return;
	}
	e = tally_enter(&s->addresses, key, s->limits.address_connections);
	if (!e) {
		turn_away(fd, "address");
		return;
	}
	c = connection_new(s, fd, &peer);
	if (!c) {
		tally_leave(&s->addresses, e);
		return;
	}
	c->address = e;
	TAILQ_INSERT_TAIL(&s->all, c, all);
	s->count++;
	metric_add(METRIC_connections_total, NULL, 1);
	metric_set(METRIC_connections_open, NULL, s->count);
}

static void tell_empty(void *object)
{
	struct server *s = object;

	if (s->count > 0 || s->is_empty_told || !s->on_empty)
		return;
	s->is_empty_told = true;
	s->on_empty(s->on_empty_arg);
}

void server_forget(struct server *s, struct connection *c)
{
	handshakes_forget(s, c);
	if (c->address)
		tally_leave(&s->addresses, c->address);
	if (c->principal)
		tally_leave(&s->principals, c->principal);
	TAILQ_REMOVE(&s->all, c, all);
	s->count--;
	metric_set(METRIC_connections_open, NULL, s->count);
	if (s->is_draining)
		tell_empty(s);
}

void server_drain(struct server *s, void (*on_empty)(void *), void *arg)
{
	struct connection *c;

	s->is_draining = true;
	s->on_empty = on_empty;
	s->on_empty_arg = arg;
	listeners_close(s);
	TAILQ_FOREACH(c, &s->all, all)
	{
		if (c->state != CONNECTION_idle)
			continue;
		c->timed_state = CONNECTION_closed; /* the shorter deadline of the drain */
		connection_run(c);
	}
	loop_reap(s->loop, s, tell_empty);
}

static void free_server(void *object)
{
	struct server *s = object;

	flight_pool_done(&s->pool);
	tally_done(&s->addresses);
	tally_done(&s->principals);
	timer_done(&s->forgive); /* the last connections to be forgotten may have set it */
	free(s);
}

void server_free(struct server *s)
{
	struct connection *c;

	if (!s)
		return;
	s->is_empty_told = true;
	if (s->rearm.event)
		listeners_close(s);
	/* What the api still holds stays with it: the process is ending. */
	TAILQ_FOREACH(c, &s->all, all)
	connection_drop(c);
	timer_done(&s->rearm);
	timer_done(&s->next_turn);
	timer_done(&s->minute);
	if (s->reserve_fd >= 0)
		close(s->reserve_fd);
	tls_free(s->tls);
	s->tls = NULL;
	/* Behind the connections that wait for the reaper. */
	loop_reap(s->loop, s, free_server);
}

static struct connection *connection_of(struct exchange *x)
{
	return container_of(x, struct flight, x)->connection;
}

bool server_count_principal(struct exchange *x, const char *principal)
{
	struct connection *c = connection_of(x);
	struct server *s = c->server;
	struct tally_entry *e;

	if (c->principal && strcmp(c->principal->name, principal) == 0)
		return true;
	e = tally_enter(&s->principals, principal, s->limits.principal_connections);
	if (!e)
		return false;
	if (c->principal)
		tally_leave(&s->principals, c->principal);
	c->principal = e;
	handshakes_served(c);
	if (c->address)
		tally_leave(&s->addresses, c->address);
	c->address = NULL;
	return true;
}

bool server_count_stream(struct exchange *x)
{
	struct connection *c = connection_of(x);

	if (!c->principal || c->counts_stream)
		return true;
	if (c->principal->streams >= c->server->limits.principal_streams)
		return false;
	c->principal->streams++;
	c->counts_stream = true;
	return true;
}

static size_t memory_used(const struct server *s)
{
	size_t used = s->pool.used + (size_t)s->count * CONNECTION_BYTES +
		      (size_t)s->shaking * HANDSHAKE_BYTES + memory_held();

	metric_set(METRIC_memory_account_bytes, NULL, (int64_t)used);
	return used;
}

int server_memory_percent(const struct server *s)
{
	return (int)(memory_used(s) * 100 / (size_t)s->limits.memory_bytes);
}

size_t server_memory_left(const struct server *s)
{
	size_t used = memory_used(s), most = (size_t)s->limits.memory_bytes / 100 * SHORT_PERCENT;

	return used < most ? most - used : 0;
}
