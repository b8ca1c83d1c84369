/* The daemon's meaning: each exchange becomes a call, and the caches follow the database. */
#include <errno.h>

#include "daemon/api/access_log.h"
#include "daemon/api/api.h"
#include "daemon/api/claims.h"
#include "daemon/api/courier.h"
#include "daemon/api/delegations.h"
#include "daemon/api/feed.h"
#include "daemon/api/links.h"
#include "daemon/api/numbers.h"
#include "daemon/api/parking.h"
#include "daemon/api/own_acts.h"
#include "daemon/api/past.h"
#include "daemon/api/readings.h"
#include "daemon/api/shelf.h"
#include "daemon/api/recompute.h"
#include "daemon/memory.h"
#include "daemon/metrics.h"

#define READ_QUEUE  4096
#define WRITE_QUEUE 8192
#define READ_DEPTH  16
#define FILE_QUEUE  256
#define FILE_DEPTH  4
/* New work that would wait longer for its turn at PostgreSQL is refused: however slow the disk is,
 * who is let in is answered within this and the time of a commit. */
#define WAIT_MAX_US (500 * 1000)
/* Of a body's largest size that is what its tree may take; and half of the memory account, so that
 * what is not too large fits when nobody else is there. */
#define TREE_FACTOR 16

static void call_free(void *arg)
{
	struct call *c = arg;

	if (c->state)
		(c->free_state ? c->free_state : free)(c->state);
	unit_done(&c->unit);
	access_done(&c->told);
	json_object_put(c->body);
	memory_release(c->tree);
	book_unref(c->book);
	free(c);
}

/* A browser's cross-site write carries a foreign Origin; ours carry none or the host's own. */
static bool origin_is_foreign(const struct exchange *x)
{
	struct span origin, host = x->head->host;

	if (!exchange_field(x, "origin", &origin))
		return false;
	return !(origin.len == host.len + 8 && strncasecmp(origin.at, "https://", 8) == 0 &&
		 strncasecmp(origin.at + 8, host.at, host.len) == 0);
}

static bool media_type_fits(const struct call *c)
{
	const char *wanted =
		c->route->flags & ROUTE_NDJSON ? "application/x-ndjson" : "application/json";
	size_t len = strlen(wanted);
	struct span type;

	if (!exchange_field(c->x, "content-type", &type))
		return !http1_head_has_body(c->x->head) && (c->route->flags & ROUTE_NO_BODY_OK);
	return type.len >= len && strncasecmp(type.at, wanted, len) == 0 &&
	       (type.len == len || strchr("; \t", type.at[len]));
}

/* What there is too much of to take new work, or NULL. It is asked before the body is read. */
static const char *overload(const struct call *c, bool writes)
{
	if (exchange_memory_left(c->x) == 0)
		return "memory";
	if (writes && batcher_wait(c->api->writes) > WAIT_MAX_US)
		return "writes";
	if (pg_waited(c->api->reads) > WAIT_MAX_US ||
		readings_waited(c->api->readings) > WAIT_MAX_US)
		return "reads";
	return NULL;
}

static void refuse_overload(struct call *c, const char *too_much)
{
	metric_add(METRIC_overload_refused_total, too_much, 1);
	answer_problem(c, KEZEK_PROBLEM_overloaded, NULL);
}

static bool call_permit(struct call *c)
{
	bool writes = c->x->head->method != HTTP1_GET && c->x->head->method != HTTP1_HEAD;
	const char *too_much;

	if (!(c->route->flags & ROUTE_OPEN) && !call_authenticate(c))
		return false;
	if (writes && origin_is_foreign(c->x)) {
		answer_problem(c, KEZEK_PROBLEM_foreign_origin, NULL);
		return false;
	}
	if (!call_headers(c))
		return false;
	if ((c->route->flags & (ROUTE_BODY | ROUTE_NDJSON)) && !media_type_fits(c)) {
		answer_problem(c, KEZEK_PROBLEM_unsupported_media_type, NULL);
		return false;
	}
	if (!(c->route->flags & ROUTE_OPEN) && (too_much = overload(c, writes))) {
		refuse_overload(c, too_much);
		return false;
	}
	if (c->api->draining && !(c->route->flags & ROUTE_OPEN)) {
		answer_problem(c, KEZEK_PROBLEM_stopping, NULL);
		return false;
	}
	return true;
}

static void on_head(struct exchange *x)
{
	struct api *a = container_of(x->ops, struct api, ops);
	struct call *c = calloc(1, sizeof(*c));
	bool known = false;

	if (!c)
		abort();
	c->api = a;
	c->x = x;
	c->lang = x->lang;
	c->book = book_ref(a->book);
	x->context = c;
	c->route = route_match(x->head->method, x->head->path, c->segment, &known);
	if (!c->route) {
		_text_ methods = TEXT_INIT;

		if (known) {
			route_methods(x->head->path, &methods);
			exchange_header(x, "Allow", methods.data);
		}
		answer_problem(c,
			known ? KEZEK_PROBLEM_method_not_allowed : KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	x->route = c->route->path;
	if (!call_permit(c))
		return;
	if (c->route->flags & ROUTE_FILE)
		exchange_take_pieces(x, (size_t)a->settings->document_bytes);
	else if (c->route->flags & ROUTE_BULK)
		exchange_take_body(x, (size_t)a->settings->bulk_bytes, BODY_BULK);
	else
		exchange_take_body(x, (size_t)a->settings->json_bytes, BODY_JSON);
}

static bool read_body(struct call *c)
{
	const struct settings *s = c->api->settings;
	size_t most = TREE_FACTOR *
		      (size_t)(c->route->flags & ROUTE_BULK ? s->bulk_bytes : s->json_bytes);
	size_t left = exchange_memory_left(c->x), tree = 0;
	struct json_limits limits = {.depth = (unsigned)s->json_depth, .ret_tree = &tree};
	struct json_fault fault;
	_faults_ faults = {0};
	int refusal;

	if (most > (size_t)s->memory_bytes / 2)
		most = (size_t)s->memory_bytes / 2;
	limits.tree = left < most ? left + 1 : most;
	if (!c->x->body.len && (c->route->flags & ROUTE_NO_BODY_OK)) {
		c->body = json_object_new_object();
		return true;
	}
	refusal = json_read(c->x->body, &limits, &fault, &c->body);
	if (refusal == 0) {
		memory_hold(c->tree = tree);
		return true;
	}
	if (refusal == JSON_TOO_HEAVY && tree <= most) {
		refuse_overload(c, "memory");
		return false;
	}
	json_fault_report(&fault, &faults);
	answer_faults(c, &faults);
	return false;
}

static void on_begin(struct exchange *x)
{
	struct call *c = x->context;
	struct span parts[] = {
		span_of(http1_method_name(x->head->method)),
		x->head->target,
		x->body,
	};

	x->patience = c->route->flags & ROUTE_BULK ? 0 : c->api->settings->request_timeout;
	digest_parts(parts, ARRAY_SIZE(parts), c->fingerprint);
	if ((c->route->flags & ROUTE_BODY) && !read_body(c))
		return;
	if (!c->book && !(c->route->flags & ROUTE_OPEN)) {
		answer_problem(c, KEZEK_PROBLEM_database_away, NULL);
		return;
	}
	c->route->begin(c);
}

static void on_gone(struct exchange *x)
{
	struct call *c = x->context;

	if (c && c->on_gone)
		c->on_gone(c);
}

static void on_end(struct exchange *x)
{
	struct call *c = x->context;

	x->context = NULL;
	if (c && x->gone && c->on_undelivered)
		c->on_undelivered(c);
	if (c)
		loop_reap(c->api->loop, c, call_free);
}

static void on_reads_change(void *arg)
{
	struct api *a = arg;

	if (pg_is_ready(a->reads) && !a->has_principals)
		api_refresh(a);
}

static void on_hint(void *arg, const char *from)
{
	struct api *a = arg;

	if (a->parking)
		parking_hint(a->parking, from);
}

static int connect_database(struct api *a)
{
	struct pg_options reads = {
		.name = "read",
		.conninfo = a->settings->database,
		.connections = a->settings->database_connections,
		.depth = READ_DEPTH,
		.queue = READ_QUEUE,
		.timeout_us = a->settings->request_timeout,
		.on_change = on_reads_change,
		.on_hint = on_hint,
		.arg = a,
	};
	struct batcher_options writes = {
		.conninfo = a->settings->database,
		.connections = a->settings->write_connections,
		.members = a->settings->batch_members,
		.queue = WRITE_QUEUE,
		.timeout_us = a->settings->request_timeout,
	};
	struct pg_options documents = {
		.name = "documents",
		.conninfo = a->settings->database,
		.connections = a->settings->document_connections,
		.depth = FILE_DEPTH,
		.queue = FILE_QUEUE,
		.timeout_us = a->settings->request_timeout,
	};
	int r = pg_new(a->loop, &reads, &a->reads);

	if (r == 0)
		r = pg_new(a->loop, &documents, &a->documents);
	return r < 0 ? r : batcher_new(a->loop, &writes, &a->writes);
}

int api_new(struct loop *l, const struct settings *settings, struct api **ret)
{
	struct api *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->ops = (struct exchange_ops){on_head, on_begin, on_gone, on_end};
	a->loop = l;
	a->settings = settings;
	a->schema_is_right = true;
	caches_init(a);
	a->deputies = deputies_new();
	r = seal_new(settings, &a->seal);
	if (r == 0)
		r = signer_new(settings, &a->signer);
	if (r == 0)
		r = connect_database(a);
	if (r == 0) {
		a->numbers = numbers_new(a);
		a->parking = parking_new(a);
		a->give_backs = give_backs_new(a);
		a->past = past_new();
		a->own_acts = own_acts_new(a);
		a->links = links_new(a);
		a->feed = feed_new(a);
		a->readings = readings_new(a);
		a->shelf = shelf_new();
	}
	if (r < 0) {
		api_free(a);
		return r;
	}
	api_refresh(a);
	*ret = a;
	return 0;
}

int api_work(struct api *a, const char *conninfo)
{
	int r = recompute_new(a, conninfo, &a->recompute);

	return r < 0 ? r : courier_new(a, conninfo, &a->courier);
}

void api_set_hooks(struct api *a, const struct api_hooks *hooks)
{
	a->hooks = *hooks;
}

void api_expire(struct api *a)
{
	own_acts_look(a->own_acts);
}

void api_wake(struct api *a, const char *agency, int count)
{
	parking_wake(a->parking, agency, count);
}

const struct exchange_ops *api_ops(struct api *a)
{
	return &a->ops;
}

void api_on_ready(struct api *a, void (*on_ready)(void *arg), void *arg)
{
	a->on_ready = on_ready;
	a->on_ready_arg = arg;
}

void api_drain(struct api *a)
{
	a->draining = true;
	parking_drain(a->parking);
	feed_drain(a->feed);
	courier_drain(a->courier);
}

void api_finish(struct api *a)
{
	give_backs_finish(a->give_backs);
}

void api_free(struct api *a)
{
	if (!a)
		return;
	caches_done(a);
	recompute_free(a->recompute);
	courier_free(a->courier);
	parking_free(a->parking);
	past_free(a->past);
	numbers_free(a->numbers);
	batcher_free(a->writes);
	give_backs_free(a->give_backs);
	pg_free(a->reads);
	pg_free(a->documents);
	own_acts_free(a->own_acts);
	links_free(a->links);
	feed_free(a->feed);
	readings_free(a->readings);
	shelf_free(a->shelf);
	book_unref(a->book);
	signer_free(a->signer);
	seal_free(a->seal);
	deputies_free(a->deputies);
	free(a->principals);
	free(a);
}

bool api_is_live(const struct api *a)
{
	return a->has_principals && a->book && a->schema_is_right && pg_is_ready(a->reads) &&
	       pg_is_ready(a->documents) && batcher_is_ready(a->writes);
}
