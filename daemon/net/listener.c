/* Listening sockets: our own or systemd's, and what happens when descriptors run out. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include <event2/listener.h>
#include <systemd/sd-daemon.h>

#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/net/inside.h"

#define BACKLOG      4096 /* the kernel cuts it to net.core.somaxconn */
#define REARM_US     100000
#define ACCEPTS_MAX  16    /* in one turn: what else has come is served in between */
#define USER_TIMEOUT 30000 /* ms until unacknowledged bytes end a connection */

static void on_turn_end(void *object)
{
	struct server *s = object;

	s->accepted = 0;
	if (s->nlisteners && !timer_is_set(&s->rearm))
		listeners_rest(s, s->is_held);
}

static void on_accept(
	struct evconnlistener *e, evutil_socket_t fd, struct sockaddr *address, int len, void *arg)
{
	struct listener *l = arg;
	struct server *s = l->server;

	(void)e;
	(void)len;
	server_accept(s, fd, address);
	if (s->accepted++ == 0)
		loop_reap(s->loop, s, on_turn_end);
	if (s->accepted == ACCEPTS_MAX)
		listeners_rest(s, true);
}

static void open_reserve(struct server *s)
{
	if (s->reserve_fd < 0)
		s->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void listeners_rest(struct server *s, bool rest)
{
	for (int i = 0; i < s->nlisteners; i++) {
		if (rest)
			evconnlistener_disable(s->listeners[i].accepting);
		else
			evconnlistener_enable(s->listeners[i].accepting);
	}
}

/*
 * No descriptor left. The reserve makes room to take one client and turn it away, so that it is not
 * kept hanging; then the listeners rest, or the loop would spin on a socket that stays readable.
 */
static void on_accept_error(struct evconnlistener *e, void *arg)
{
	struct listener *l = arg;
	struct server *s = l->server;
	int error = errno, fd;

	(void)e;
	if (s->reserve_fd >= 0) {
		close(s->reserve_fd);
		s->reserve_fd = -1;
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			close(fd);
		open_reserve(s);
	}
	metric_add(METRIC_connections_refused_total, "descriptors", 1);
	if (!timer_is_set(&s->rearm))
		log_event(LOG_LEVEL_WARNING, "accept_failed",
			LOG_S("error", strerrorname_np(error)), LOG_N("connections", s->count));
	listeners_rest(s, true);
	timer_set(&s->rearm, REARM_US);
}

static void on_rearm(struct timer *t)
{
	struct server *s = container_of(t, struct server, rearm);

	open_reserve(s);
	listeners_rest(s, s->is_held);
}

/* Accepted sockets inherit these. */
static void set_options(int fd)
{
	static const struct {
		int level, name, value;
	} wanted[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 60},
		{IPPROTO_TCP, TCP_KEEPINTVL, 10},
		{IPPROTO_TCP, TCP_KEEPCNT, 3},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		setsockopt(fd, wanted[i].level, wanted[i].name, &wanted[i].value, sizeof(int));
}

static void log_listening(int fd, bool is_passed)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char host[64], port[8];
	_text_ address = TEXT_INIT;

	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0 ||
		getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	text_addf(&address, a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	log_event(LOG_LEVEL_INFO, "listening", LOG_S("address", address.data),
		LOG_S("from", is_passed ? "systemd" : NULL));
}

/* Takes the descriptor, which listens. */
static int add_listener(struct server *s, int fd, bool is_passed)
{
	struct listener *l = &s->listeners[s->nlisteners];

	if (s->nlisteners == LISTENERS_MAX) {
		log_event(LOG_LEVEL_ERROR, "too_many_listeners");
		close(fd);
		return -E2BIG;
	}
	evutil_make_socket_nonblocking(fd);
	set_options(fd);
	*l = (struct listener){.server = s, .fd = fd, .is_passed = is_passed};
	l->accepting =
		evconnlistener_new(loop_base(s->loop), on_accept, l, LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!l->accepting)
		abort();
	evconnlistener_set_error_cb(l->accepting, on_accept_error);
	s->nlisteners++;
	log_listening(fd, is_passed);
	return 0;
}

static int bind_one(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, r;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int listen_at(struct server *s, struct span address)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *a;
	char host[64], port[8];
	_text_ copy = TEXT_INIT;
	int fd = -EINVAL;

	text_add_span(&copy, address);
	if (settings_split_address(address, host, port) &&
		getaddrinfo(*host ? host : "::", port, &hints, &a) == 0) {
		fd = bind_one(a);
		freeaddrinfo(a);
	}
	if (fd >= 0)
		return add_listener(s, fd, false);
	log_event(LOG_LEVEL_ERROR, "cannot_listen", LOG_S("address", copy.data),
		LOG_S("error", strerrorname_np(-fd)));
	return fd;
}

int listeners_open(struct server *s, const char *list)
{
	int passed = sd_listen_fds(0), r = 0;

	timer_init(&s->rearm, s->loop, on_rearm);
	s->reserve_fd = -1;
	open_reserve(s);
	for (int i = 0; r == 0 && i < passed; i++)
		r = add_listener(s, SD_LISTEN_FDS_START + i, true);
	while (r == 0 && passed <= 0 && *list) {
		size_t len = strcspn(list, ","), skip = strspn(list, " \t");

		r = listen_at(s, (struct span){list + skip, len - (skip < len ? skip : len)});
		list += len + (list[len] == ',');
	}
	return r;
}

static void take_backlog(struct listener *l)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int fd;

	while ((fd = accept4(l->fd, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK)) >=
		0) {
		server_accept(l->server, fd, (struct sockaddr *)&a);
		len = sizeof(a);
	}
}

void listeners_close(struct server *s)
{
	for (int i = 0; i < s->nlisteners; i++) {
		struct listener *l = &s->listeners[i];

		evconnlistener_free(l->accepting);
		if (l->is_passed)
			continue;
		take_backlog(l);
		close(l->fd);
	}
	s->nlisteners = 0;
	timer_clear(&s->rearm);
}
