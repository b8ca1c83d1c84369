/*
 * What a request and its reply need while they are under way: buffers, the parsed head, the
 * exchange. A connection between two requests has none; a few spent ones wait in a pool.
 */
#pragma once

#include "daemon/net/exchange.h"

struct connection;
struct server;

struct flight {
	struct connection *connection; /* or the next spare one */
	size_t accounted;              /* bytes of it in the memory account */

	struct http1_head head;
	struct text in; /* the head, what came behind it; stays in place once the head is whole */
	size_t in_at;   /* bytes of `in` that this request has used */
	struct text ahead; /* what came behind a chunked body: the next request's */

	struct http1_body chunks;
	struct text body;
	size_t limit; /* of the body */
	size_t piece; /* bytes that the api has asked for */
	enum body_class body_class;

	struct text extra;     /* header lines of the reply to come */
	struct text out, rest; /* bytes on their way: first out, then rest */
	size_t out_at, rest_at;
	int64_t moved; /* bytes of this request read or written so far, for the rate floor */

	struct exchange x;
	int status;
	bool is_told;         /* ops->head has been called: ops->end is owed */
	bool is_taken;        /* the body is wanted; of one in pieces: the last is in */
	bool is_pieced;       /* the body is taken in pieces */
	bool is_begun;        /* and ops->begin has been called for it */
	bool is_replied;      /* reply or abandon has been called; a stream: it is complete */
	bool is_ended;        /* ops->end has been called */
	bool is_bare;         /* HEAD: no body leaves */
	bool is_chunked;      /* the stream's framing */
	bool is_full;         /* the stream's queue was: on_drained is owed */
	bool must_close;      /* after the reply */
	bool is_cut;          /* the stream broke: the connection ends without the last chunk */
	bool has_extra_cache; /* api set Cache-Control itself */
};

struct flight_pool {
	struct flight *spare;
	int count;
	size_t used; /* the memory account, in bytes */
};

struct flight *flight_take(struct flight_pool *p, struct connection *c);
/* Brings the memory account up to date after buffers grew or shrank. */
void flight_account(struct flight_pool *p, struct flight *f);
/* Ready for the next request, with what has been read of it already in `in`. False: nothing has
 * been, and nothing is changed. */
bool flight_renew(struct flight_pool *p, struct flight *f);
void flight_give_back(struct flight_pool *p, struct flight *f);
void flight_pool_done(struct flight_pool *p);
