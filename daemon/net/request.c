/* Reading a request: head, body, and what a request may not be. */
#include <openssl/rand.h>

#include "daemon/net/inside.h"
#include "lib/problem.h"

/* From an HTTP status of the parser to our problem. */
static enum kezek_problem problem_of(int status)
{
	switch (status) {
	case 408:
		return KEZEK_PROBLEM_timed_out;
	case 413:
		return KEZEK_PROBLEM_too_large;
	case 414:
		return KEZEK_PROBLEM_target_too_long;
	case 417:
		return KEZEK_PROBLEM_expectation_failed;
	case 431:
		return KEZEK_PROBLEM_headers_too_large;
	case 501:
		return KEZEK_PROBLEM_not_implemented;
	case 505:
		return KEZEK_PROBLEM_http_version;
	default:
		return KEZEK_PROBLEM_malformed;
	}
}

static enum step refuse(struct connection *c, const struct http1_fault *fault)
{
	reply_problem(c, problem_of(fault->status), fault->reason);
	return STEP_AGAIN;
}

/* The peer went away, or TLS broke, where nothing of the api is at work. */
static enum step close_quietly(struct connection *c, int how)
{
	if (how == CHANNEL_ENDED)
		channel_shutdown(&c->channel);
	connection_drop(c);
	return STEP_WAIT;
}

enum step step_idle(struct connection *c)
{
	struct server *s = c->server;
	size_t n = 0;
	int r;

	if (c->rests_until && loop_mono() < c->rests_until)
		return STEP_WAIT;
	c->rests_until = 0;
	if (c->flight) { /* the next request came with the last one */
		connection_move(c, CONNECTION_head);
		return STEP_AGAIN;
	}
	r = channel_read(&c->channel, s->scratch, sizeof(s->scratch), &n);
	if (r == CHANNEL_WAIT && s->is_draining && c->had_request)
		return close_quietly(c, CHANNEL_ENDED);
	if (r == CHANNEL_WAIT)
		return STEP_WAIT;
	if (r != 0)
		return close_quietly(c, r);
	c->flight = flight_take(&s->pool, c);
	text_add(&c->flight->in, s->scratch, n);
	connection_move(c, CONNECTION_head);
	return STEP_AGAIN;
}

/* Random by the page: one call of the generator serves many ids. */
static void make_request_id(char ret[REQUEST_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	static unsigned char random[512];
	static size_t used = sizeof(random);

	if (used == sizeof(random)) {
		if (RAND_bytes(random, sizeof(random)) != 1)
			abort();
		used = 0;
	}
	for (int i = 0; i < 16; i++) {
		ret[2 * i] = digits[random[used + (size_t)i] >> 4];
		ret[2 * i + 1] = digits[random[used + (size_t)i] & 15];
	}
	ret[32] = '\0';
	used += 16;
}

static bool is_request_id(struct span s)
{
	if (!s.len || s.len >= REQUEST_ID_SIZE)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	}
	return true;
}

static void tell_head(struct connection *c)
{
	struct flight *f = c->flight;
	struct exchange *x = &f->x;
	struct span field;

	f->in_at = f->head.size;
	x->ops = c->server->ops;
	x->loop = c->server->loop;
	x->peer = &c->peer;
	x->head = &f->head;
	x->began_mono = loop_mono();
	x->lang = LANG_EN;
	if (http1_field(&f->head, "Accept-Language", &field))
		x->lang = lang_negotiate(field, LANG_EN);
	if (http1_field(&f->head, "X-Request-Id", &field) && is_request_id(field))
		memcpy(x->request_id, field.at, field.len);
	else
		make_request_id(x->request_id);
	f->is_bare = f->head.method == HTTP1_HEAD;
	f->must_close = !f->head.keep_alive || c->server->is_draining ||
			c->generation != c->server->generation;
	f->is_told = true;
	c->had_request = true;
	connection_move(c, CONNECTION_deciding);
	x->ops->head(x);
}

/* More of the head into `in`. */
static enum step read_head(struct connection *c)
{
	struct server *s = c->server;
	size_t n = 0;
	int r = channel_read(&c->channel, s->scratch, sizeof(s->scratch), &n);

	if (r == CHANNEL_WAIT)
		return STEP_WAIT;
	if (r != 0)
		return close_quietly(c, r);
	text_add(&c->flight->in, s->scratch, n);
	return STEP_AGAIN;
}

/* The language asked for in a head that could not be read; what is wrong with it may stand before
 * or behind that line. */
static enum lang lang_of_bytes(struct span raw)
{
	static const char name[] = "\naccept-language:";

	for (size_t i = 0; i + sizeof(name) - 1 <= raw.len; i++) {
		struct span value = {raw.at + i + sizeof(name) - 1, raw.len - i - sizeof(name) + 1};
		const char *end;

		if (strncasecmp(raw.at + i, name, sizeof(name) - 1) != 0)
			continue;
		end = memchr(value.at, '\r', value.len);
		value.len = end ? (size_t)(end - value.at) : value.len;
		while (value.len && *value.at == ' ') {
			value.at++;
			value.len--;
		}
		return lang_negotiate(value, LANG_EN);
	}
	return LANG_EN;
}

enum step step_head(struct connection *c)
{
	struct flight *f = c->flight;
	struct http1_limits limits = {
		.head_bytes = (size_t)c->server->limits.header_bytes,
		.fields = (size_t)c->server->limits.header_fields,
	};
	struct http1_fault fault = {0};

	switch (http1_head_parse(&f->head, text_span(&f->in), &limits, &fault)) {
	case 0:
		tell_head(c);
		return STEP_AGAIN;
	case HTTP1_MORE:
		return read_head(c);
	default:
		make_request_id(f->x.request_id);
		f->x.lang = lang_of_bytes(text_span(&f->in));
		f->x.began_mono = loop_mono();
		return refuse(c, &fault);
	}
}

static enum step tell_body(struct connection *c, struct span body)
{
	struct flight *f = c->flight;

	f->x.body = body;
	f->x.began_mono = loop_mono();
	connection_move(c, CONNECTION_working);
	f->x.ops->begin(&f->x);
	return STEP_AGAIN;
}

/* Of a known length: a small one stays where it came in, a larger one gets memory of exactly its
 * size. */
static enum step read_known(struct connection *c)
{
	struct flight *f = c->flight;
	size_t length = (size_t)f->head.content_length, here = f->in.len - f->in_at, n = 0;
	int r;

	if (!f->body.data && here >= length) {
		f->in_at += length;
		return tell_body(c, (struct span){f->in.data + f->in_at - length, length});
	}
	if (!f->body.data) {
		f->body = (struct text){malloc(length + 1), 0, length + 1};
		if (!f->body.data)
			abort();
		text_add(&f->body, f->in.data + f->in_at, here);
		f->in_at += here;
	}
	if (f->body.len == length)
		return tell_body(c, text_span(&f->body));
	r = channel_read(&c->channel, f->body.data + f->body.len, length - f->body.len, &n);
	if (r == CHANNEL_WAIT)
		return STEP_WAIT;
	if (r != 0)
		return close_quietly(c, r);
	f->body.len += n;
	f->body.data[f->body.len] = '\0';
	f->moved += (int64_t)n;
	return STEP_AGAIN;
}

/* However the body is framed. 0: it is whole; *input is what came behind it. HTTP1_MORE, HTTP1_BAD.
 */
static int take_chunks(struct flight *f, struct span *input, struct http1_fault *ret_fault)
{
	struct span data;
	int r;

	while ((r = http1_body_next(&f->chunks, input, &data, ret_fault)) == HTTP1_DATA)
		text_add_span(&f->body, data);
	return r;
}

static enum step read_chunked(struct connection *c)
{
	struct server *s = c->server;
	struct flight *f = c->flight;
	struct http1_fault fault = {0};
	struct span input = {f->in.data + f->in_at, f->in.len - f->in_at};
	bool is_first = input.len > 0;
	size_t n = 0;
	int r = 0;

	if (!is_first) {
		r = channel_read(&c->channel, s->scratch, sizeof(s->scratch), &n);
		if (r == CHANNEL_WAIT)
			return STEP_WAIT;
		if (r != 0)
			return close_quietly(c, r);
		input = (struct span){s->scratch, n};
	}
	f->moved += (int64_t)input.len;
	r = take_chunks(f, &input, &fault);
	if (is_first)
		f->in_at = f->in.len - input.len;
	else
		text_add_span(&f->ahead, input);
	if (r == 0)
		return tell_body(c, text_span(&f->body));
	if (r != HTTP1_MORE)
		return refuse(c, &fault);
	flight_account(&s->pool, f);
	if (server_memory_percent(s) >= 100) {
		reply_problem(c, KEZEK_PROBLEM_overloaded, NULL);
		return STEP_AGAIN;
	}
	return STEP_AGAIN;
}

static enum step tell_piece(struct connection *c, bool is_last)
{
	struct flight *f = c->flight;

	f->is_taken = is_last;
	f->x.body = text_span(&f->body);
	f->x.began_mono = loop_mono();
	connection_move(c, CONNECTION_working);
	f->x.on_piece(&f->x, is_last);
	return STEP_AGAIN;
}

/* Never more bytes are looked at than the piece has room for, and so none of the body is left over.
 */
static enum step read_piece(struct connection *c)
{
	struct server *s = c->server;
	struct flight *f = c->flight;
	struct http1_fault fault = {0};
	size_t room = f->piece - f->body.len, here = f->in.len - f->in_at, n = 0;
	struct span input = {f->in.data + f->in_at, here < room ? here : room};
	int r = take_chunks(f, &input, &fault); /* of none at first: it may be whole already */

	f->in_at = (size_t)(input.at - f->in.data);
	if (r == HTTP1_MORE && f->body.len == f->piece)
		return tell_piece(c, false);
	if (r == HTTP1_MORE && here == 0) {
		room = room < sizeof(s->scratch) ? room : sizeof(s->scratch);
		r = channel_read(&c->channel, s->scratch, room, &n);
		if (r == CHANNEL_WAIT)
			return STEP_WAIT;
		if (r != 0)
			return close_quietly(c, r);
		f->moved += (int64_t)n;
		input = (struct span){s->scratch, n};
		r = take_chunks(f, &input, &fault);
		text_add_span(&f->ahead, input);
	}
	if (r == 0)
		return tell_piece(c, true);
	return r == HTTP1_MORE ? STEP_AGAIN : refuse(c, &fault);
}

enum step step_body(struct connection *c)
{
	struct flight *f = c->flight;

	if (f->is_pieced && !f->is_begun) {
		f->is_begun = true;
		return tell_body(c, SPAN(""));
	}
	/* "100 Continue" may have to leave first; a connection that broke shows when it is read. */
	if (reply_flush(c) == CHANNEL_BROKEN)
		return close_quietly(c, CHANNEL_BROKEN);
	if (f->is_pieced)
		return read_piece(c);
	if (f->head.chunked)
		return read_chunked(c);
	if (f->head.content_length > 0)
		return read_known(c);
	return tell_body(c, SPAN(""));
}
