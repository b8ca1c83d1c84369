/* What the api does with an exchange: take the body, reply, abandon. */
#include <assert.h>
#include <strings.h>

#include "daemon/net/inside.h"
#include "daemon/net/reply.h"
#include "lib/problem.h"

static struct connection *connection_of(struct exchange *x)
{
	return container_of(x, struct flight, x)->connection;
}

static void send_continue(struct flight *f)
{
	/* A client that has begun to send does not wait for it (RFC 9110 section 10.1.1). */
	if (f->head.expect_continue && f->in.len == f->in_at)
		text_adds(&f->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

void exchange_take_body(struct exchange *x, size_t limit, enum body_class body_class)
{
	struct connection *c = connection_of(x);
	struct flight *f = c->flight;

	if (c->state == CONNECTION_gone) { /* nobody will send it any more */
		exchange_abandon(x);
		return;
	}
	assert(c->state == CONNECTION_deciding);
	if (http1_head_has_body(&f->head) && !server_memory_left(c->server)) {
		reply_problem(c, KEZEK_PROBLEM_overloaded, NULL);
	} else if (f->head.content_length > 0 && (uint64_t)f->head.content_length > limit) {
		reply_problem(
			c, KEZEK_PROBLEM_too_large, "the body is larger than this path takes");
	} else {
		f->is_taken = true;
		f->limit = limit;
		f->body_class = body_class;
		if (f->head.chunked)
			http1_body_init(&f->chunks, &f->head, limit);
		send_continue(f);
		connection_move(c, CONNECTION_body);
	}
	connection_schedule(c);
}

void exchange_take_pieces(struct exchange *x, size_t limit)
{
	struct connection *c = connection_of(x);
	struct flight *f = c->flight;

	if (c->state == CONNECTION_gone) {
		exchange_abandon(x);
		return;
	}
	assert(c->state == CONNECTION_deciding);
	if (f->head.content_length > 0 && (uint64_t)f->head.content_length > limit) {
		reply_problem(
			c, KEZEK_PROBLEM_too_large, "the body is larger than this path takes");
	} else {
		f->is_pieced = true;
		f->body_class = BODY_BULK;
		http1_body_init(&f->chunks, &f->head, limit);
		connection_move(c, CONNECTION_body);
	}
	connection_schedule(c);
}

void exchange_receive(struct exchange *x, size_t size)
{
	struct connection *c = connection_of(x);
	struct flight *f = c->flight;

	if (c->state == CONNECTION_gone) {
		exchange_abandon(x);
		return;
	}
	assert(c->state == CONNECTION_working && f->is_pieced && !f->is_taken);
	if (!f->piece)
		send_continue(f);
	f->piece = size;
	text_reset(&f->body);
	if (f->body.cap <= size) {
		text_done(&f->body);
		f->body = (struct text){calloc(1, size + 1), 0, size + 1};
		if (!f->body.data)
			abort();
	}
	connection_move(c, CONNECTION_body);
	connection_schedule(c);
}

static bool is_line(const char *s)
{
	return !strpbrk(s, "\r\n");
}

void exchange_header(struct exchange *x, const char *name, const char *value)
{
	struct flight *f = container_of(x, struct flight, x);

	assert(is_line(name) && is_line(value));
	if (strcasecmp(name, "Cache-Control") == 0)
		f->has_extra_cache = true;
	text_adds(&f->extra, name);
	text_adds(&f->extra, ": ");
	text_adds(&f->extra, value);
	text_adds(&f->extra, "\r\n");
}

void exchange_reply(struct exchange *x, int status, const char *content_type, struct text *body)
{
	struct connection *c = connection_of(x);

	assert(!c->flight->is_replied);
	if (c->state == CONNECTION_gone) {
		c->flight->is_replied = true;
		if (!c->flight->status)
			c->flight->status = status;
		if (body)
			text_done(body);
	} else {
		assert(c->state == CONNECTION_deciding || c->state == CONNECTION_working);
		reply_whole(c, status, content_type, body);
		connection_flush(c);
	}
	connection_schedule(c);
}

void exchange_reply_close(
	struct exchange *x, int status, const char *content_type, struct text *body)
{
	container_of(x, struct flight, x)->must_close = true;
	exchange_reply(x, status, content_type, body);
}

void exchange_abandon(struct exchange *x)
{
	struct connection *c = connection_of(x);

	assert(!c->flight->is_replied);
	c->flight->is_replied = true;
	c->flight->is_cut = true;
	connection_schedule(c);
}

bool exchange_field(const struct exchange *x, const char *name, struct span *ret)
{
	return http1_field(x->head, name, ret);
}

size_t exchange_memory_left(const struct exchange *x)
{
	const struct flight *f = container_of(x, const struct flight, x);

	return server_memory_left(f->connection->server);
}
