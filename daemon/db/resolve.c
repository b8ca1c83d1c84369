/* The addresses of a connection string's hosts, by libevent's resolver. */
#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <libpq-fe.h>
#include <sys/queue.h>

#include "daemon/db/resolve.h"
#include "lib/text.h"

#define HOSTS_MAX 16
#define NOWHERE   "255.255.255.255" /* limited broadcast: no TCP connection goes there */

struct query {
	struct resolve *resolve;
	char *name;
	char address[INET6_ADDRSTRLEN]; /* "": a socket's path, which needs none */
};

struct resolve {
	struct loop *loop;
	struct evdns_base *dns;
	void (*on_done)(void *arg, const char *hostaddr); /* NULL: forgotten */
	void *arg;
	struct query queries[HOSTS_MAX];
	int count, pending;
	struct timer turn; /* the first turn is over: an answer may have come inside the call */
	LIST_ENTRY(resolve) link;
};

/* Those whose last answer is awaited, forgotten ones too. */
static LIST_HEAD(, resolve) awaited = LIST_HEAD_INITIALIZER(awaited);

static void resolve_free(void *object)
{
	struct resolve *r = object;

	if (r->turn.event)
		timer_done(&r->turn);
	if (r->dns)
		evdns_base_free(r->dns, 0);
	for (int i = 0; i < r->count; i++)
		free(r->queries[i].name);
	free(r);
}

/* One answer less to wait for; after the last one, on_done. */
static void settle(struct resolve *r)
{
	_text_ hostaddr = TEXT_INIT;

	if (--r->pending)
		return;
	for (int i = 0; i < r->count; i++) {
		if (i)
			text_add_char(&hostaddr, ',');
		text_adds(&hostaddr, r->queries[i].address);
	}
	LIST_REMOVE(r, link);
	loop_reap(r->loop, r, resolve_free);
	if (r->on_done)
		r->on_done(r->arg, hostaddr.data);
}

static void on_answer(int error, struct evutil_addrinfo *found, void *arg)
{
	struct query *q = arg;
	struct resolve *r = q->resolve;
	const void *at = NULL;

	if (!error && found && found->ai_family == AF_INET)
		at = &((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr;
	else if (!error && found && found->ai_family == AF_INET6)
		at = &((const struct sockaddr_in6 *)(const void *)found->ai_addr)->sin6_addr;
	if (!at || !inet_ntop(found->ai_family, at, q->address, sizeof(q->address)))
		strcpy(q->address, NOWHERE);
	if (found)
		evutil_freeaddrinfo(found);
	settle(r);
}

static void on_turn(struct timer *t)
{
	settle(container_of(t, struct resolve, turn));
}

static bool is_name(const char *host)
{
	uint8_t address[16];

	return *host && *host != '/' && *host != '@' && inet_pton(AF_INET, host, address) != 1 &&
	       inet_pton(AF_INET6, host, address) != 1;
}

/* The hosts of the string as queries; false: none of them is a name. */
static bool take_hosts(struct resolve *r, const char *hosts)
{
	bool any = false;

	while (r->count < HOSTS_MAX) {
		size_t len = strcspn(hosts, ",");
		struct query *q = &r->queries[r->count++];

		q->resolve = r;
		q->name = strndup(hosts, len);
		if (!q->name)
			abort();
		if (is_name(q->name))
			any = true;
		else if (*q->name && *q->name != '/' && *q->name != '@' && len < sizeof(q->address))
			strcpy(q->address, q->name);
		if (!hosts[len])
			return any;
		hosts += len + 1;
	}
	return false; /* more than we ask for: libpq does it itself */
}

/* What the string says of its hosts: false where there is nothing to resolve. */
static bool read_conninfo(struct resolve *r, const char *conninfo)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	const char *host = NULL, *address = NULL;
	bool any;

	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		if (strcmp(o->keyword, "host") == 0)
			host = o->val;
		else if (strcmp(o->keyword, "hostaddr") == 0)
			address = o->val;
	}
	any = host && !(address && *address) && take_hosts(r, host);
	PQconninfoFree(options);
	return any;
}

/* Without a readable resolv.conf /etc/hosts is what there is. */
static bool open_resolver(struct resolve *r)
{
	r->dns = evdns_base_new(loop_base(r->loop),
		EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!r->dns) {
		r->dns = evdns_base_new(loop_base(r->loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
		if (r->dns)
			evdns_base_load_hosts(r->dns, "/etc/hosts");
	}
	if (!r->dns)
		return false;
	/* One try, well within the time of one connection: the back-off tries again. */
	evdns_base_set_option(r->dns, "timeout:", "2");
	evdns_base_set_option(r->dns, "attempts:", "1");
	return true;
}

static void ask_all(struct resolve *r)
{
	const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

	LIST_INSERT_HEAD(&awaited, r, link);
	r->pending = 1;
	timer_init(&r->turn, r->loop, on_turn);
	timer_set(&r->turn, 0);
	for (int i = 0; i < r->count; i++) {
		struct query *q = &r->queries[i];

		if (!is_name(q->name))
			continue;
		r->pending++;
		evdns_getaddrinfo(r->dns, q->name, NULL, &hints, on_answer, q);
	}
}

struct resolve *resolve_start(struct loop *l, const char *conninfo,
	void (*on_done)(void *arg, const char *hostaddr), void *arg)
{
	struct resolve *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->loop = l;
	if (!read_conninfo(r, conninfo) || !open_resolver(r)) {
		resolve_free(r);
		return NULL;
	}
	r->on_done = on_done;
	r->arg = arg;
	ask_all(r);
	return r;
}

void resolve_forget(struct resolve *r)
{
	if (r)
		r->on_done = NULL;
}
