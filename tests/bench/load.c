/*
 * A closed loop of many TLS connections on one thread: each sends its next request when it has the
 * answer.
 *
 *   load submit|claim|idle HOST PORT CA CERT KEY CONNECTIONS SECONDS BODY|AGENCY|PATH [RATE]
 *
 * submit: POST /v1/requests with the body of a file, a new key each. claim: one claim, then its
 * decision, over and over; what counts is pairs. idle: one GET on each connection, then all stand
 * idle until a line or the end comes on standard input. RATE: so many a second in all, each counted
 * from the moment at which it was its turn, so that a slow answer delays nobody's clock. Prints one
 * JSON line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "lib/text.h"
#include "tests/bench/load_text.h"

#define LATENCIES_MAX (1 << 22)
#define REPLY_MAX     (64 * 1024)

enum step { STEP_SUBMIT, STEP_CLAIM, STEP_DECIDE, STEP_LOOK };

struct client {
	int fd;
	SSL *ssl;
	enum step step;
	struct text out;
	size_t sent;
	char in[REPLY_MAX];
	size_t got;
	int64_t began_us;
	bool waiting; /* for its turn (rate), or because the queue was empty */
	int64_t ready_us;
};

static struct {
	enum step first;
	struct text body;
	char *pin; /* its place in the body, or NULL */
	const char *agency, *path;
	char host[64];
	int epoll, connections;
	double rate;
	int64_t end_us, start_us, next_turn_us;
	uint64_t key, prefix, done, empty, refused;
	uint32_t *latency_us;
} run;

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
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

	text_reset(&c->out);
	c->sent = c->got = 0;
	switch (c->step) {
	case STEP_SUBMIT:
		snprintf(key, sizeof(key), "Idempotency-Key: %llx-%llu\r\n",
			(unsigned long long)run.prefix, (unsigned long long)run.key++);
		if (run.pin)
			name_person(run.pin, run.prefix + run.key);
		add_post(&c->out, "/v1/requests", key, text_span(&run.body));
		break;
	case STEP_CLAIM:
		snprintf(path, sizeof(path), "/v1/queues/%s/claims", run.agency);
		add_post(&c->out, path, "",
			SPAN("{\"max\":1,\"lease_seconds\":600,\"worker\":\"bench\"}"));
		break;
	case STEP_DECIDE: {
		char claim[64], fence[32];
		struct text body = TEXT_INIT;

		if (!member(c->in, "{\"claim\":\"", claim, sizeof(claim)) ||
			!member(c->in, "\"fence\":", fence, sizeof(fence)))
			exit(1);
		text_addf(&body,
			"{\"claims\":[{\"claim\":\"%s\",\"fence\":%s,\"outcome\":\"granted\"}]}",
			claim, fence);
		add_post(&c->out, "/v1/claims/decide", "", text_span(&body));
		text_done(&body);
		break;
	}
	case STEP_LOOK:
		text_addf(&c->out, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", run.path, run.host);
		break;
	}
}

static void want(struct client *c, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = c};

	epoll_ctl(run.epoll, EPOLL_CTL_MOD, c->fd, &e);
}

static void write_on(struct client *c)
{
	while (c->sent < c->out.len) {
		int n = SSL_write(c->ssl, c->out.data + c->sent, (int)(c->out.len - c->sent));

		if (n <= 0) {
			want(c, EPOLLIN | EPOLLOUT);
			return;
		}
		c->sent += (size_t)n;
	}
	want(c, EPOLLIN);
}

static void begin(struct client *c)
{
	int64_t now = now_us();

	if (run.rate > 0 && c->step != STEP_DECIDE) {
		if (run.next_turn_us < now - 1000000)
			run.next_turn_us = now - 1000000;
		c->ready_us = run.next_turn_us;
		run.next_turn_us += (int64_t)(1e6 / run.rate);
		if (c->ready_us > now) {
			c->waiting = true;
			return;
		}
	}
	c->began_us = c->step == STEP_DECIDE ? c->began_us : now;
	prepare(c);
	write_on(c);
}

static void count(struct client *c)
{
	int64_t took = now_us() - c->began_us;

	if (run.done < LATENCIES_MAX)
		run.latency_us[run.done] = (uint32_t)took;
	run.done++;
}

static void answered(struct client *c)
{
	bool ok = strncmp(c->in, "HTTP/1.1 20", 11) == 0;

	if (!ok)
		run.refused++;
	switch (c->step) {
	case STEP_SUBMIT:
		if (ok)
			count(c);
		break;
	case STEP_LOOK:
		run.done += ok;
		return;
	case STEP_CLAIM:
		if (ok && strstr(c->in, "{\"claims\":[{")) {
			c->step = STEP_DECIDE;
		} else {
			run.empty++;
			c->waiting = true;
			c->ready_us = now_us() + 20000;
			return;
		}
		break;
	case STEP_DECIDE:
		if (ok)
			count(c);
		c->step = STEP_CLAIM;
		break;
	}
	begin(c);
}

static bool reply_is_whole(struct client *c)
{
	char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "\r\ncontent-length:");

	return end && length && length < end &&
	       c->got >= (size_t)(end - c->in) + 4 + strtoul(length + 17, NULL, 10);
}

static void read_on(struct client *c)
{
	for (;;) {
		int n = SSL_read(c->ssl, c->in + c->got, (int)(REPLY_MAX - 1 - c->got));

		if (n <= 0) {
			if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ) {
				fprintf(stderr, "load: the server closed a connection\n");
				exit(1);
			}
			return;
		}
		c->got += (size_t)n;
		c->in[c->got] = '\0';
		if (reply_is_whole(c)) {
			answered(c);
			return;
		}
	}
}

static void connect_client(struct client *c, SSL_CTX *tls, const char *host, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;

	inet_pton(AF_INET, host, &to.sin_addr);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(tls);
	SSL_set_fd(c->ssl, c->fd);
	if (SSL_connect(c->ssl) != 1)
		die("TLS handshake");
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	epoll_ctl(run.epoll, EPOLL_CTL_ADD, c->fd, &e);
	c->step = run.first;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report(void)
{
	double seconds = (double)(now_us() - run.start_us) / 1e6;
	size_t n = run.done < LATENCIES_MAX ? run.done : LATENCIES_MAX;

	qsort(run.latency_us, n, sizeof(*run.latency_us), compare);
	printf("{\"done\":%llu,\"per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"refused\":%"
	       "llu,\"empty\":%llu}\n",
		(unsigned long long)run.done, (double)run.done / seconds,
		n ? run.latency_us[n / 2] / 1e3 : 0.0, n ? run.latency_us[n * 99 / 100] / 1e3 : 0.0,
		(unsigned long long)run.refused, (unsigned long long)run.empty);
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

/* Whose turn it is now begins. */
static void begin_waiting(struct client *clients)
{
	for (int i = 0; i < run.connections; i++) {
		struct client *c = &clients[i];

		if (!c->waiting || c->ready_us > now_us())
			continue;
		c->waiting = false;
		c->began_us = run.rate > 0 ? c->ready_us : now_us();
		prepare(c);
		write_on(c);
	}
}

static void loop(struct client *clients)
{
	struct epoll_event events[256];

	while (now_us() < run.end_us) {
		int n = epoll_wait(run.epoll, events, 256, 1);

		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if (c->sent < c->out.len)
				write_on(c);
			if (!c->waiting)
				read_on(c);
		}
		begin_waiting(clients);
	}
}

/* Each connection is served once; then nothing is sent any more. */
static void stand_idle(struct client *clients)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	for (int i = 0; i < run.connections; i++) {
		prepare(&clients[i]);
		write_on(&clients[i]);
	}
	while (now_us() < run.end_us && run.done + run.refused < (uint64_t)run.connections) {
		struct epoll_event events[256];
		int n = epoll_wait(run.epoll, events, 256, 100);

		for (int i = 0; i < n; i++)
			read_on(events[i].data.ptr);
	}
	printf("{\"done\":%llu,\"refused\":%llu}\n", (unsigned long long)run.done,
		(unsigned long long)run.refused);
	fflush(stdout);
	poll(&in, 1, (int)((run.end_us - now_us()) / 1000));
}

int main(int argc, char **argv)
{
	struct client *clients;
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (argc < 10) {
		fprintf(stderr, "usage: load submit|claim|idle HOST PORT CA CERT KEY CONNECTIONS "
				"SECONDS BODY|AGENCY|PATH [RATE]\n");
		return 2;
	}
	run.agency = run.path = argv[9];
	run.first = strcmp(argv[1], "claim") == 0  ? STEP_CLAIM
		    : strcmp(argv[1], "idle") == 0 ? STEP_LOOK
						   : STEP_SUBMIT;
	if (run.first == STEP_SUBMIT)
		read_body(argv[9]);
	snprintf(run.host, sizeof(run.host), "localhost:%s", argv[3]);
	if (SSL_CTX_load_verify_locations(tls, argv[4], NULL) != 1 ||
		SSL_CTX_use_certificate_chain_file(tls, argv[5]) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, argv[6], SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "load: certificates cannot be read\n");
		return 1;
	}
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	run.connections = atoi(argv[7]);
	run.rate = argc > 10 ? atof(argv[10]) : 0;
	run.epoll = epoll_create1(0);
	run.prefix = (uint64_t)now_us() ^ (uint64_t)getpid() << 40;
	run.latency_us = calloc(LATENCIES_MAX, sizeof(*run.latency_us));
	clients = calloc((size_t)run.connections, sizeof(*clients));
	if (!run.latency_us || !clients)
		die("memory");
	for (int i = 0; i < run.connections; i++)
		connect_client(&clients[i], tls, argv[2], atoi(argv[3]));
	run.start_us = run.next_turn_us = now_us();
	run.end_us = run.start_us + (int64_t)(atof(argv[8]) * 1e6);
	if (run.first == STEP_LOOK) {
		stand_idle(clients);
		return 0;
	}
	for (int i = 0; i < run.connections; i++)
		begin(&clients[i]);
	loop(clients);
	report();
	return 0;
}
