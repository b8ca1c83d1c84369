/* Replies of unknown length: chunks through a bounded queue, sent at the end of a turn. */
#include <assert.h>
#include <stdio.h>

#include "daemon/net/inside.h"
#include "daemon/net/reply.h"

static struct flight *flight_of(struct exchange *x)
{
	return container_of(x, struct flight, x);
}

static size_t queued(const struct flight *f)
{
	return f->out.len - f->out_at;
}

static void open_stream(struct exchange *x, int status, const char *content_type, int64_t length)
{
	struct flight *f = flight_of(x);
	struct connection *c = f->connection;

	assert(!f->is_replied && !f->status);
	f->status = status;
	if (c->state == CONNECTION_gone)
		return;
	/* HTTP/1.0 knows no chunks: there the connection's end is the end. */
	f->is_chunked = length < 0 && f->head.minor > 0;
	if ((length < 0 && !f->is_chunked) ||
		(c->state == CONNECTION_deciding && http1_head_has_body(&f->head)))
		f->must_close = true;
	reply_head(f, status, content_type, length);
	connection_move(c, CONNECTION_streaming);
	connection_schedule(c);
}

void exchange_stream_open(struct exchange *x, int status, const char *content_type)
{
	open_stream(x, status, content_type, -1);
}

void exchange_stream_open_sized(
	struct exchange *x, int status, const char *content_type, size_t length)
{
	open_stream(x, status, content_type, (int64_t)length);
}

bool exchange_stream_write(struct exchange *x, struct span bytes)
{
	struct flight *f = flight_of(x);
	struct connection *c = f->connection;
	char size[24];
	int n;

	assert(f->status && !f->is_replied);
	if (c->state != CONNECTION_streaming || f->is_bare || !bytes.len)
		return true;
	if (queued(f) && queued(f) + bytes.len > (size_t)c->server->limits.stream_bytes) {
		f->is_full = true;
		return false;
	}
	if (f->out_at > 0 && f->out_at >= queued(f)) { /* the sent half makes room */
		memmove(f->out.data, f->out.data + f->out_at, queued(f));
		f->out.len -= f->out_at;
		f->out_at = 0;
	}
	if (f->is_chunked) {
		n = snprintf(size, sizeof(size), "%zx\r\n", bytes.len);
		text_add(&f->out, size, (size_t)n);
	}
	text_add_span(&f->out, bytes);
	if (f->is_chunked)
		text_adds(&f->out, "\r\n");
	connection_schedule(c);
	return true;
}

void exchange_stream_close(struct exchange *x, bool whole)
{
	struct flight *f = flight_of(x);
	struct connection *c = f->connection;

	assert(f->status && !f->is_replied);
	f->is_replied = true;
	if (c->state == CONNECTION_streaming) {
		if (whole && f->is_chunked && !f->is_bare)
			text_adds(&f->out, "0\r\n\r\n");
		f->is_cut = !whole;
		f->must_close = f->must_close || c->server->is_draining;
		if (whole)
			connection_move(c, CONNECTION_replying);
	}
	connection_schedule(c);
}

/* Room again: the api may write more, and does so at once or later. */
static enum step tell_drained(struct connection *c)
{
	struct flight *f = c->flight;

	if (!f->is_full || f->is_replied || queued(f) > (size_t)c->server->limits.stream_bytes / 2)
		return STEP_WAIT;
	f->is_full = false;
	if (!f->x.on_drained)
		return STEP_WAIT;
	f->x.on_drained(&f->x);
	return STEP_AGAIN;
}

enum step step_streaming(struct connection *c)
{
	struct flight *f = c->flight;
	int r = reply_flush(c);

	if (f->is_replied) { /* cut off: what is out is out */
		connection_move(c, CONNECTION_replying);
		text_reset(&f->out);
		f->out_at = 0;
		return STEP_AGAIN;
	}
	if (r == 0 && f->out.cap > CHANNEL_RECORD)
		text_done(&f->out);
	if (r != CHANNEL_BROKEN)
		r = channel_peek(&c->channel);
	if (r == CHANNEL_BROKEN || r == CHANNEL_ENDED) {
		connection_drop(c);
		return STEP_AGAIN;
	}
	return tell_drained(c);
}
