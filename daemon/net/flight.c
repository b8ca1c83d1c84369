/* The pool of flights and their memory account. */
#include "daemon/net/flight.h"

#define SPARE_FLIGHTS 256
#define SPARE_BUFFER  4096 /* a spare flight keeps no larger ones */

struct flight *flight_take(struct flight_pool *p, struct connection *c)
{
	struct flight *f = p->spare;

	if (f) {
		p->spare = (struct flight *)(void *)f->connection;
		p->count--;
	} else {
		f = calloc(1, sizeof(*f));
		if (!f)
			abort();
	}
	f->connection = c;
	http1_head_init(&f->head);
	flight_account(p, f);
	return f;
}

void flight_account(struct flight_pool *p, struct flight *f)
{
	size_t now = sizeof(*f) + f->in.cap + f->ahead.cap + f->body.cap + f->extra.cap +
		     f->out.cap + f->rest.cap;

	p->used += now - f->accounted;
	f->accounted = now;
}

static void slim(struct text *t)
{
	if (t->cap > SPARE_BUFFER)
		text_done(t);
	text_reset(t);
}

/* All but buffers, head and owner. */
static void forget(struct flight *f)
{
	text_done(&f->body);
	text_done(&f->rest);
	text_reset(&f->extra);
	slim(&f->out);
	f->out_at = f->rest_at = f->in_at = 0;
	f->limit = f->piece = 0;
	f->moved = 0;
	f->status = 0;
	f->x = (struct exchange){0};
	f->is_told = f->is_taken = f->is_replied = f->is_ended = false;
	f->is_pieced = f->is_begun = false;
	f->is_bare = f->is_chunked = f->is_full = f->must_close = f->is_cut = false;
	f->has_extra_cache = false;
}

bool flight_renew(struct flight_pool *p, struct flight *f)
{
	size_t left = f->in.len - f->in_at;

	if (!left && !f->ahead.len)
		return false;
	memmove(f->in.data, f->in.data + f->in_at, left);
	f->in.len = left;
	text_add_span(&f->in, text_span(&f->ahead));
	text_done(&f->ahead);
	forget(f);
	http1_head_init(&f->head);
	flight_account(p, f);
	return true;
}

void flight_give_back(struct flight_pool *p, struct flight *f)
{
	forget(f);
	text_done(&f->ahead);
	slim(&f->in);
	p->used -= f->accounted;
	f->accounted = 0;
	if (p->count >= SPARE_FLIGHTS) {
		text_done(&f->in);
		text_done(&f->out);
		text_done(&f->extra);
		free(f);
		return;
	}
	f->connection = (struct connection *)(void *)p->spare;
	p->spare = f;
	p->count++;
}

void flight_pool_done(struct flight_pool *p)
{
	while (p->spare) {
		struct flight *f = p->spare;

		p->spare = (struct flight *)(void *)f->connection;
		text_done(&f->in);
		text_done(&f->out);
		text_done(&f->extra);
		free(f);
	}
}
