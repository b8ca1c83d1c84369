/*
 * One request and its reply: the seam between net (bytes) and api (meaning).
 *
 * Order of calls, all on the loop's thread:
 *   1. ops->head(x): the head is in and well-formed. api finds the route, authorises, and either
 *      replies at once (the body is then not read: Connection: close) or calls exchange_take_body.
 *   2. ops->begin(x): the whole body is in `x->body`. api starts its work. The reply may come in
 * this call or in any later turn. Of a body that is taken in pieces nothing is there yet: api asks
 * for each with exchange_receive and gets it by x->on_piece; while it works on one, nothing is
 * read.
 *   3. exchange_reply (once), or exchange_stream_open … exchange_stream_close.
 *   4. ops->end(x): reply written or client gone, exactly once; api frees `x->context`. Nothing may
 *      touch x after it. It also comes without 2 and 3 when net ends the exchange while the body
 * comes in: too large, too slow, malformed, no memory, or the client left. Never from within a call
 * of the api's to a function below. If the client leaves between 2 and 3, x->gone becomes true and
 * ops->gone(x) is called; api still replies (or calls exchange_abandon) when its work is done: a
 * handler is not cancelled. The same holds between 1 and its answer, when api decides about the
 * head in a later turn.
 */
#pragma once

#include "daemon/loop.h"
#include "lib/http1.h"
#include "lib/text.h"
#include "lib/words.h"

#define REQUEST_ID_SIZE 65 /* up to 64 visible ASCII characters and the NUL */

/* Who stands at the other end, as TLS and the socket tell it. */
struct peer {
	bool has_certificate;
	uint8_t certificate_sha256[32];
	char name[128];   /* from the one SAN URI urn:kezek:principal:<name>, else "" */
	char address[64]; /* numeric, without the port */
	bool is_local;    /* loopback */
};

enum body_class {
	BODY_JSON, /* absolute time limit */
	BODY_BULK, /* only a rate floor */
};

struct exchange_ops;

struct exchange {
	const struct exchange_ops *ops;
	struct loop *loop;
	const struct peer *peer;
	const struct http1_head *head; /* valid until end */
	struct span body;              /* valid from begin until end */
	char request_id[REQUEST_ID_SIZE];
	enum lang lang;     /* negotiated from Accept-Language; en when silent */
	int64_t began_mono; /* when the last byte of the request was in */
	bool gone;          /* the client left */
	/* Set by api at begin: µs until net answers 503 in its stead; 0: it may take for ever. The
	 * client is then gone for the api. Not while a reply is written or streamed. */
	int64_t patience;
	void *context;                          /* api's own */
	void (*on_drained)(struct exchange *x); /* a stream has room again; set by api */
	/* A piece is in `body`, until the next is asked for; set by api before it asks. */
	void (*on_piece)(struct exchange *x, bool is_last);
	const char *route; /* a name for metrics and logs; set by api; NULL: none found */
};

struct exchange_ops {
	void (*head)(struct exchange *x);
	void (*begin)(struct exchange *x);
	void (*gone)(struct exchange *x);
	void (*end)(struct exchange *x);
};

/* Read the body, at most `limit` bytes (413 by net itself above it). `Expect: 100-continue` is
 * answered. */
void exchange_take_body(struct exchange *x, size_t limit, enum body_class body_class);

/*
 * As exchange_take_body, but of `limit` bytes no more than a piece is ever held. begin comes at
 * once; what api has not asked for by the time it replies is not read, and the connection then
 * closes.
 */
void exchange_take_pieces(struct exchange *x, size_t limit);
/* The next piece: `size` bytes, or fewer where it is the last one, perhaps none. Not after the
 * last. */
void exchange_receive(struct exchange *x, size_t size);

/* An extra header of the reply to come; name and value are copied. No CR, LF or NUL: asserted. */
void exchange_header(struct exchange *x, const char *name, const char *value);
/*
 * The reply. Takes the text's memory (it is empty afterwards); NULL body: no content. Header and
 * body leave in one write and one TLS record where they fit. HEAD gets the header only. After
 * `gone` it only counts and cleans up.
 */
void exchange_reply(struct exchange *x, int status, const char *content_type, struct text *body);
/* As a reply, then the connection closes. */
void exchange_reply_close(
	struct exchange *x, int status, const char *content_type, struct text *body);
/* No reply can or need be given (the client has gone): ends the exchange. */
void exchange_abandon(struct exchange *x);

/*
 * A chunked reply of unknown length. What is written leaves at the end of the turn. write takes all
 * of `bytes` or, returning false, nothing, since the queue (stream_bytes) is full: wait for
 * on_drained, or close the stream not whole, so that its client is dropped and resumes. After
 * `gone` bytes vanish.
 */
void exchange_stream_open(struct exchange *x, int status, const char *content_type);
/* The same where it is known how long it will be: Content-Length, and exactly so many bytes. */
void exchange_stream_open_sized(
	struct exchange *x, int status, const char *content_type, size_t length);
bool exchange_stream_write(struct exchange *x, struct span bytes);
/* `whole` false: something broke after the header was out; the chunked body is cut off so that it
 * shows. */
void exchange_stream_close(struct exchange *x, bool whole);

/* Bytes that may still be held. 0: new work is to be refused with 503 (net itself refuses bodies).
 */
size_t exchange_memory_left(const struct exchange *x);

/* The value of a header field of the request (the first; net refuses doubled ones that matter). */
bool exchange_field(const struct exchange *x, const char *name, struct span *ret);
