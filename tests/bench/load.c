/*
 * A closed loop of many TLS connections on one thread: each sends its next request when it has the
 * answer.
 *
 *   load KIND [-r RATE] [-m MOST] [-b BATCH] [-a ADDRESSES] [-p PAUSE] HOST PORT CA CERT KEY
 *   CONNECTIONS SECONDS WHAT
 *
 * submit: POST /v1/requests with the body of the file WHAT, a new key each. claim: up to BATCH
 * claims on the queue of agency WHAT, then their decision, over and over; what counts is decisions.
 * lease: the same, but they are given back. get: GET WHAT. idle: the connections are opened one
 * after the other, from that many source addresses, and each is served GET WHAT once; then all
 * stand idle until a line or the end comes on standard input. RATE: so many a second in all, each
 * counted from the moment at which it was its turn, so that a slow answer delays nobody's clock.
 * PAUSE: seconds for which who was refused stays away. Prints one JSON line; what it says of those
 * who were refused is of 503 alone: how long they took, and how many did not say when to come
 * again.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "lib/base.h"
#include "tests/bench/load_client.h"
#include "tests/bench/load_text.h"

#define LATENCIES_MAX (1 << 22)
#define EMPTY_PAUSE   20000 /* µs before a queue that was empty is asked again */

static struct {
	const char *kind, *what;
	enum step first, second;
	struct text body;
	char *pin; /* its place in the body, or NULL */
	char host[64];
	struct sockaddr_in to;
	int epoll, connections, batch, addresses;
	double rate, pause;
	int64_t end_us, start_us, next_turn_us;
	uint64_t key, prefix, person, most, begun, done, replies, empty, refused;
	uint64_t leased; /* or asked for, and not given back yet: nobody ends so */
	uint64_t unavailable, without_retry;
	uint32_t *latency_us, *unavailable_us;
} run = {.batch = 1, .addresses = 1};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void add_post(struct text *t, const char *path, const char *headers, struct span body)
{
	text_addf(t,
		"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: "
		"application/json\r\n%sContent-Length: %zu\r\n\r\n",
		path, run.host, headers, body.len);
	text_add_span(t, body);
}

static void prepare(struct client *c)
{
	char key[96], path[128];
	struct text body = TEXT_INIT;

	text_reset(&c->out);
	switch (c->step) {
	case STEP_SUBMIT:
		snprintf(key, sizeof(key), "Idempotency-Key: %llx-%llu\r\n",
			(unsigned long long)run.prefix, (unsigned long long)run.key++);
		if (run.pin)
			name_person(run.pin, run.person++);
		add_post(&c->out, "/v1/requests", key, text_span(&run.body));
		break;
	case STEP_CLAIM:
		snprintf(path, sizeof(path), "/v1/queues/%s/claims", run.what);
		run.leased += run.second == STEP_RELEASE;
		text_addf(&body, "{\"max\":%d,\"lease_seconds\":600,\"worker\":\"b\"}", run.batch);
		add_post(&c->out, path, "", text_span(&body));
		break;
	case STEP_DECIDE:
		add_claims(&body, c->in, ",\"outcome\":\"granted\"");
		add_post(&c->out, "/v1/claims/decide", "", text_span(&body));
		break;
	case STEP_RELEASE:
		add_claims(&body, c->in, "");
		add_post(&c->out, "/v1/claims/release", "", text_span(&body));
		break;
	case STEP_GET:
		text_addf(&c->out, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", run.what, run.host);
		break;
	}
	text_done(&body);
	c->sent = c->got = 0;
}

static void begin(struct client *c)
{
	int64_t now = now_us();

	if (c->step == run.first && now >= run.end_us)
		return;
	if (run.rate > 0 && c->step == run.first) {
		if (run.next_turn_us < now - 1000000)
			run.next_turn_us = now - 1000000;
		c->ready_us = run.next_turn_us;
		run.next_turn_us += (int64_t)(1e6 / run.rate);
		if (c->ready_us > now) {
			c->waiting = true;
			return;
		}
	}
	if (c->step == run.first) {
		if (run.most && run.begun == run.most)
			return;
		run.begun++;
		c->began_us = now;
	}
	prepare(c);
	client_write(c);
}

static void count(struct client *c, unsigned done)
{
	if (run.replies < LATENCIES_MAX)
		run.latency_us[run.replies] = (uint32_t)(now_us() - c->began_us);
	run.replies++;
	run.done += done;
}

static void count_refused(struct client *c)
{
	run.refused++;
	if (strncmp(c->in, "HTTP/1.1 503", 12) != 0)
		return;
	if (run.unavailable < LATENCIES_MAX)
		run.unavailable_us[run.unavailable] = (uint32_t)(now_us() - c->began_us);
	run.unavailable++;
	run.without_retry += !strcasestr(c->in, "\r\nretry-after: ");
}

static void answered(struct client *c)
{
	bool is_ok = strncmp(c->in, "HTTP/1.1 20", 11) == 0;

	if (!is_ok)
		count_refused(c);
	if (!is_ok && run.pause > 0) {
		run.leased -= run.second == STEP_RELEASE;
		c->step = run.first;
		c->waiting = true;
		c->ready_us = now_us() + (int64_t)(run.pause * 1e6);
		return;
	}
	switch (c->step) {
	case STEP_SUBMIT:
	case STEP_GET:
		if (is_ok)
			count(c, 1);
		break;
	case STEP_CLAIM:
		if (!is_ok || !strstr(c->in, "{\"claims\":[{")) {
			run.empty += is_ok;
			run.leased -= run.second == STEP_RELEASE;
			c->waiting = true;
			c->ready_us = now_us() + EMPTY_PAUSE;
			return;
		}
		c->step = run.second;
		break;
	case STEP_DECIDE:
	case STEP_RELEASE: {
		/* One result a member, each with the request as it then is. */
		unsigned done = count_of(c->in, "\"result\":\"done\"");

		if (done)
			count(c, done);
		run.leased -= run.second == STEP_RELEASE;
		c->step = STEP_CLAIM;
		break;
	}
	}
	begin(c);
}

/* Whose turn it is now begins. */
static void begin_waiting(struct client *clients)
{
	for (int i = 0; i < run.connections; i++) {
		struct client *c = &clients[i];

		if (!c->waiting || c->ready_us > now_us() || now_us() >= run.end_us)
			continue;
		c->waiting = false;
		c->began_us = run.rate > 0 ? c->ready_us : now_us();
		prepare(c);
		client_write(c);
	}
}

static void loop(struct client *clients)
{
	struct epoll_event events[256];

	for (int i = 0; i < run.connections; i++)
		begin(&clients[i]);
	while (run.leased ||
		(now_us() < run.end_us && !(run.most && run.replies + run.refused >= run.most))) {
		int n = epoll_wait(run.epoll, events, 256, 1);

		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if (c->sent < c->out.len)
				client_write(c);
			if (!c->waiting && client_read(c))
				answered(c);
		}
		begin_waiting(clients);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorted, the value at that many hundredths, in ms. */
static double at_percent(uint32_t *us, uint64_t count, int percent)
{
	size_t n = count < LATENCIES_MAX ? count : LATENCIES_MAX;

	qsort(us, n, sizeof(*us), compare);
	return n ? us[n * (size_t)percent / 100] / 1e3 : 0.0;
}

static void report(void)
{
	double seconds = (double)(now_us() - run.start_us) / 1e6;

	printf("{\"done\":%llu,\"per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"refused\":%"
	       "llu,\"empty\":%llu,",
		(unsigned long long)run.done, (double)run.done / seconds,
		at_percent(run.latency_us, run.replies, 50),
		at_percent(run.latency_us, run.replies, 99), (unsigned long long)run.refused,
		(unsigned long long)run.empty);
	printf("\"unavailable\":%llu,\"unavailable_p50_ms\":%.3f,\"unavailable_p99_ms\":%.3f,"
	       "\"without_retry\":%llu}\n",
		(unsigned long long)run.unavailable,
		at_percent(run.unavailable_us, run.unavailable, 50),
		at_percent(run.unavailable_us, run.unavailable, 99),
		(unsigned long long)run.without_retry);
	fflush(stdout);
}

static void connect_one(struct client *c, SSL_CTX *tls, int i)
{
	struct in_addr from = {htonl(INADDR_ANY)};

	if (run.addresses > 1)
		from.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(i % run.addresses));
	client_connect(c, run.epoll, tls, &run.to, from);
	c->step = run.first;
}

/* Each connection is served once before the next one is opened; then nothing is sent any more. */
static void stand_idle(struct client *clients, SSL_CTX *tls)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	for (int i = 0; i < run.connections && now_us() < run.end_us; i++) {
		struct client *c = &clients[i];

		connect_one(c, tls, i);
		c->began_us = now_us();
		prepare(c);
		client_write(c);
		while (!client_read(c))
			poll(&(struct pollfd){.fd = c->fd, .events = POLLIN}, 1, 1000);
		if (strncmp(c->in, "HTTP/1.1 20", 11) == 0)
			count(c, 1);
		else
			run.refused++;
	}
	report();
	poll(&in, 1, (int)((run.end_us - now_us()) / 1000));
}

static void read_body(const char *path)
{
	char buffer[65536];
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	text_add(&run.body, buffer, fread(buffer, 1, sizeof(buffer), f));
	run.pin = strstr(run.body.data, PIN);
	fclose(f);
}

static void take_kind(const char *kind)
{
	run.kind = kind;
	run.first = strcmp(kind, "submit") == 0                                ? STEP_SUBMIT
		    : strcmp(kind, "claim") == 0 || strcmp(kind, "lease") == 0 ? STEP_CLAIM
									       : STEP_GET;
	run.second = strcmp(kind, "lease") == 0 ? STEP_RELEASE : STEP_DECIDE;
}

/* The arguments that are no options, or NULL. */
static char **take_arguments(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+r:m:b:a:p:")) != -1) {
		switch (option) {
		case 'r':
			run.rate = atof(optarg);
			break;
		case 'm':
			run.most = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			run.batch = atoi(optarg);
			break;
		case 'a':
			run.addresses = atoi(optarg);
			break;
		case 'p':
			run.pause = atof(optarg);
			break;
		default:
			return NULL;
		}
	}
	return argc - optind == 8 ? argv + optind : NULL;
}

static SSL_CTX *make_tls(char **files)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (SSL_CTX_load_verify_locations(tls, files[0], NULL) != 1 ||
		SSL_CTX_use_certificate_chain_file(tls, files[1]) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, files[2], SSL_FILETYPE_PEM) != 1)
		die("certificates cannot be read");
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	return tls;
}

int main(int argc, char **argv)
{
	char **arg = argc > 1 ? take_arguments(argc - 1, argv + 1) : NULL;
	struct client *clients;
	SSL_CTX *tls;

	if (!arg) {
		fprintf(stderr,
			"usage: load submit|claim|lease|get|idle [-r RATE] [-m MOST] [-b BATCH] "
			"[-a ADDRESSES] [-p PAUSE] HOST PORT CA CERT KEY CONNECTIONS SECONDS "
			"BODY|AGENCY|PATH\n");
		return 2;
	}
	take_kind(argv[1]);
	run.to = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arg[1]))};
	inet_pton(AF_INET, arg[0], &run.to.sin_addr);
	snprintf(run.host, sizeof(run.host), "localhost:%s", arg[1]);
	tls = make_tls(arg + 2);
	run.connections = atoi(arg[5]);
	run.what = arg[7];
	if (run.first == STEP_SUBMIT)
		read_body(run.what);
	run.epoll = epoll_create1(0);
	run.prefix = (uint64_t)now_us() ^ (uint64_t)getpid() << 40;
	run.person =
		(uint64_t)now_us() / 100; /* another one's turn comes after a quarter of an hour */
	run.latency_us = calloc(LATENCIES_MAX, sizeof(*run.latency_us));
	run.unavailable_us = calloc(LATENCIES_MAX, sizeof(*run.unavailable_us));
	clients = calloc((size_t)run.connections, sizeof(*clients));
	if (!run.latency_us || !run.unavailable_us || !clients)
		die("memory");
	for (int i = 0; strcmp(run.kind, "idle") != 0 && i < run.connections; i++)
		connect_one(&clients[i], tls, i);
	run.start_us = run.next_turn_us = now_us();
	run.end_us = run.start_us + (int64_t)(atof(arg[6]) * 1e6);
	if (strcmp(run.kind, "idle") == 0) {
		stand_idle(clients, tls);
		return 0;
	}
	loop(clients);
	report();
	return 0;
}
