/* A daemon that is only its front door: daemon/net with an api that echoes. `test-door FILE`
 * (kezekd.conf). */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/net/server.h"
#include "lib/problem.h"

struct door {
	struct loop *loop;
	struct server *server;
	const char *path;
	struct event *hangup, *terminate;
	int gone, ended;
};

static struct door door;

/* The api's own memory of one exchange. */
struct errand {
	struct exchange *x;
	struct timer timer;
	int64_t left, size;
	bool is_bulk;
	struct text sizes; /* of the pieces so far */
	void (*then)(struct errand *e);
};

static int64_t parameter(const struct exchange *x, const char *name, int64_t otherwise)
{
	struct span query = x->head->query;
	_text_ n = TEXT_INIT;
	_text_ v = TEXT_INIT;

	while (http1_query_next(&query, &n, &v) == 0) {
		if (span_is(text_span(&n), name))
			return strtoll(v.data, NULL, 10);
	}
	return otherwise;
}

static void reply_json(struct exchange *x, int status, struct text *t)
{
	exchange_reply(x, status, "application/json", t);
}

static void reply_problem(struct exchange *x, enum kezek_problem problem)
{
	struct text t = TEXT_INIT;

	problem_write(&t, problem, x->lang, NULL, x->request_id, NULL);
	exchange_reply(x, problem_status(problem), PROBLEM_CONTENT_TYPE, &t);
}

static void say_who(struct exchange *x)
{
	struct text t = TEXT_INIT;

	text_adds(&t, "{\"name\":");
	text_add_json(&t, x->peer->name);
	text_addf(&t,
		",\"certificate\":%s,\"local\":%s,\"address\":\"%s\",\"lang\":\"%s\",\"sha256\":\"",
		x->peer->has_certificate ? "true" : "false", x->peer->is_local ? "true" : "false",
		x->peer->address, lang_code(x->lang));
	text_add_hex(&t, x->peer->certificate_sha256, 32);
	text_adds(&t, "\"}");
	reply_json(x, 200, &t);
}

static void say_counts(struct exchange *x)
{
	struct text t = TEXT_INIT;

	text_addf(&t, "{\"gone\":%d,\"ended\":%d,\"short\":%s}", door.gone, door.ended,
		exchange_memory_left(x) == 0 ? "true" : "false");
	reply_json(x, 200, &t);
}

static void say_metrics(struct exchange *x)
{
	struct text t = TEXT_INIT;

	metrics_write(&t);
	exchange_reply(x, 200, "text/plain; version=0.0.4", &t);
}

static void say_bytes(struct exchange *x)
{
	struct text t = TEXT_INIT;
	int64_t size = parameter(x, "size", 2);

	memset(text_reserve(&t, (size_t)size), 'x', (size_t)size);
	t.len = (size_t)size;
	exchange_header(x, "ETag", "\"1\"");
	exchange_reply(x, 200, "application/octet-stream", &t);
}

static void on_errand(struct timer *t)
{
	struct errand *e = container_of(t, struct errand, timer);

	e->then(e);
}

static struct errand *send_errand(struct exchange *x, void (*then)(struct errand *e), int64_t us)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->x = x;
	e->then = then;
	x->context = e;
	timer_init(&e->timer, x->loop, on_errand);
	timer_set(&e->timer, us);
	return e;
}

static void then_hello(struct errand *e)
{
	struct text t = TEXT_INIT;

	text_addf(&t, "{\"gone\":%s}", e->x->gone ? "true" : "false");
	reply_json(e->x, 200, &t);
}

static void then_abandon(struct errand *e)
{
	exchange_abandon(e->x);
}

static void then_take(struct errand *e)
{
	exchange_take_body(e->x, 1 << 16, BODY_JSON);
}

/* Each piece is pondered over for a moment; after `stop` of them it has seen enough. */
static void then_receive(struct errand *e)
{
	exchange_receive(e->x, (size_t)e->size);
}

static void on_piece(struct exchange *x, bool is_last)
{
	struct errand *e = x->context;

	text_addf(&e->sizes, "%s%zu", e->sizes.len ? "," : "[", x->body.len);
	if (is_last || --e->left == 0) {
		text_adds(&e->sizes, "]");
		reply_json(x, is_last ? 200 : 409, &e->sizes);
	} else {
		timer_set(&e->timer, 1000);
	}
}

static void take_pieces(struct exchange *x)
{
	struct errand *e = send_errand(x, then_receive, 0);

	e->size = parameter(x, "size", 1000);
	e->left = parameter(x, "stop", 0);
	x->on_piece = on_piece;
}

/* Writes numbered lines until the queue is full. */
static void pour(struct exchange *x)
{
	struct errand *e = x->context;
	_text_ line = TEXT_INIT;

	while (e->left > 0) {
		text_reset(&line);
		text_addf(&line, "%0*lld\n", (int)e->size - 1, (long long)e->left);
		if (!exchange_stream_write(x, text_span(&line)))
			return;
		e->left--;
	}
	exchange_stream_close(x, true);
}

static void then_pour(struct errand *e)
{
	pour(e->x);
}

static void then_tick(struct errand *e)
{
	static const char tick[] = ":\n\n";

	if (e->x->gone || !exchange_stream_write(e->x, SPAN(tick)))
		exchange_stream_close(e->x, false);
	else
		timer_set(&e->timer, 50000);
}

static void then_flood(struct errand *e)
{
	static char lump[4096];

	if (e->x->gone || !exchange_stream_write(e->x, (struct span){lump, sizeof(lump)}))
		exchange_stream_close(e->x, false);
	else
		timer_set(&e->timer, 0);
}

static void open_stream(struct exchange *x)
{
	struct errand *e;

	if (parameter(x, "principal", 0) && !server_count_principal(x, "streamer")) {
		reply_problem(x, KEZEK_PROBLEM_too_many_connections);
		return;
	}
	if (!server_count_stream(x)) {
		reply_problem(x, KEZEK_PROBLEM_too_many_connections);
		return;
	}
	e = send_errand(x,
		span_is(span_of(x->head->path), "/stream") ? then_pour
		: span_is(span_of(x->head->path), "/sse")  ? then_tick
							   : then_flood,
		0);
	e->left = parameter(x, "n", 10);
	e->size = parameter(x, "size", 16);
	x->on_drained = pour;
	exchange_stream_open(x, 200, "text/plain");
}

static void enter(struct exchange *x)
{
	struct text t = TEXT_INIT;

	if (!server_count_principal(x, x->head->path + strlen("/principal/"))) {
		reply_problem(x, KEZEK_PROBLEM_too_many_connections);
		return;
	}
	text_adds(&t, "{}");
	reply_json(x, 200, &t);
}

static bool is_path(const struct exchange *x, const char *path)
{
	return strcmp(x->head->path, path) == 0;
}

static void on_head(struct exchange *x)
{
	static const struct {
		const char *path;
		void (*does)(struct exchange *x);
	} answers[] = {{"/who", say_who}, {"/counts", say_counts}, {"/metrics", say_metrics},
		{"/bytes", say_bytes}, {"/stream", open_stream}, {"/sse", open_stream},
		{"/flood", open_stream}};

	x->route = "echo";
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		if (is_path(x, answers[i].path)) {
			answers[i].does(x);
			return;
		}
	}
	if (is_path(x, "/echo"))
		exchange_take_body(x, (size_t)parameter(x, "limit", 1 << 18), BODY_JSON);
	else if (is_path(x, "/bulk"))
		exchange_take_body(x, 1 << 24, BODY_BULK);
	else if (is_path(x, "/pieces"))
		exchange_take_pieces(x, 1 << 20);
	else if (is_path(x, "/wait"))
		exchange_take_body(x, 1 << 10, BODY_JSON);
	else if (is_path(x, "/later"))
		send_errand(x, then_take, 1000);
	else if (is_path(x, "/abandon"))
		send_errand(x, then_abandon, 1000);
	else if (strncmp(x->head->path, "/principal/", 11) == 0)
		enter(x);
	else
		reply_problem(x, KEZEK_PROBLEM_not_found);
}

static void on_begin(struct exchange *x)
{
	struct text t = TEXT_INIT;

	if (is_path(x, "/wait")) {
		send_errand(x, then_hello, parameter(x, "ms", 1000) * 1000);
		return;
	}
	if (is_path(x, "/pieces")) {
		take_pieces(x);
		return;
	}
	text_add_span(&t, x->body);
	reply_json(x, is_path(x, "/later") ? 201 : 200, &t);
}

static void on_gone(struct exchange *x)
{
	struct errand *e = x->context;

	door.gone++;
	if (e->then == then_pour) /* it waits for on_drained, which will not come any more */
		exchange_stream_close(x, false);
}

static void on_end(struct exchange *x)
{
	struct errand *e = x->context;

	door.ended++;
	if (!e)
		return;
	timer_done(&e->timer);
	text_done(&e->sizes);
	free(e);
}

static const struct exchange_ops ops = {on_head, on_begin, on_gone, on_end};

static bool load(struct settings *s)
{
	_faults_ f = {0};
	int r;

	settings_init(s);
	r = settings_load(s, door.path, &f);
	for (size_t i = 0; i < f.count; i++)
		fprintf(stderr, "%s\n", f.items[i].pointer);
	return r == 0 && f.count == 0;
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct settings s;

	(void)fd;
	(void)what;
	(void)arg;
	if (load(&s))
		server_reload(door.server, &s);
	settings_done(&s);
}

static void on_empty(void *arg)
{
	(void)arg;
	loop_stop(door.loop);
}

static void on_terminate(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	server_drain(door.server, on_empty, NULL);
}

int main(int argc, char **argv)
{
	enum log_level level = LOG_LEVEL_INFO;
	struct settings s;

	if (argc != 2)
		return 2;
	door.path = argv[1];
	signal(SIGPIPE, SIG_IGN);
	if (!load(&s))
		return 1;
	log_level_parse(s.log_level, &level);
	log_set_level(level);
	if (loop_new(&door.loop) < 0 || server_new(door.loop, &s, &ops, &door.server) < 0)
		return 1;
	settings_done(&s);
	door.hangup = evsignal_new(loop_base(door.loop), SIGHUP, on_hangup, NULL);
	door.terminate = evsignal_new(loop_base(door.loop), SIGTERM, on_terminate, NULL);
	event_add(door.hangup, NULL);
	event_add(door.terminate, NULL);
	loop_run(door.loop);
	event_free(door.hangup);
	event_free(door.terminate);
	server_free(door.server);
	loop_free(door.loop);
	return 0;
}
