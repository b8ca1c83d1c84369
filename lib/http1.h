/*
 * A strict parser of HTTP/1.1 requests (RFC 9112): pure, incremental, without memory of its own.
 * What two readers could understand differently is refused (design: the front door).
 */
#pragma once

#include "lib/text.h"

#define HTTP1_METHODS(X) X(GET) X(HEAD) X(POST) X(PUT) X(DELETE) X(PATCH) X(OPTIONS)

enum http1_method {
#define X(name) HTTP1_##name,
	HTTP1_METHODS(X)
#undef X
		HTTP1_METHOD_COUNT,
};

const char *http1_method_name(enum http1_method method);

struct http1_field {
	struct span name;  /* as sent; compare without case */
	struct span value; /* without the white space around it */
};

#define HTTP1_HEAD_BYTES 16384 /* the defaults */
#define HTTP1_FIELDS     64
#define HTTP1_FIELDS_MAX 128  /* what limits may ask for at most */
#define HTTP1_PATH_MAX   2047 /* bytes of a decoded path; beyond: 414 */
struct http1_limits {
	size_t head_bytes, fields; /* 0: the default */
};

/* Why not: an answer's status (a problem code of that status fits) and a short English reason
 * (static). */
struct http1_fault {
	int status;
	const char *reason;
};

/* What the calls below answer, besides 0 for "done, all there". */
enum http1_outcome {
	HTTP1_MORE = 1, /* well so far: call again with more bytes */
	HTTP1_DATA,     /* a run of body bytes is given; call again */
	HTTP1_BAD,      /* the fault says why; answer it and close */
	HTTP1_END,      /* nothing further to iterate */
};

/* Spans point into the buffer of the call that completed the head: it must stay in place. */
struct http1_head {
	enum http1_method method;
	char path[HTTP1_PATH_MAX + 1]; /* decoded once, UTF-8, begins with '/'; "*" for OPTIONS * */
	struct span target;            /* as sent */
	struct span query;             /* raw, behind the '?' */
	bool has_query;
	struct span host;       /* the authority: Host, or the target's own in absolute-form */
	int minor;              /* HTTP/1.minor: 0 or 1 */
	bool keep_alive;        /* never in 1.0 */
	bool chunked;           /* then content_length is -1 */
	int64_t content_length; /* -1: not given, no body unless chunked */
	bool expect_continue;   /* a body follows once it has been asked for with 100 */
	struct http1_field fields[HTTP1_FIELDS_MAX];
	size_t field_count;
	size_t size;    /* bytes of the head; the body begins there */
	size_t scanned; /* private: how far earlier calls have looked */
};

void http1_head_init(struct http1_head *head);
/*
 * `buffer` holds all bytes from the start of the request: the same ones and more at every call (it
 * may have moved meanwhile). 0, HTTP1_MORE or HTTP1_BAD. Work is linear however the bytes come.
 */
_must_check_ int http1_head_parse(struct http1_head *head, struct span buffer,
	const struct http1_limits *limits, struct http1_fault *ret_fault);
/* The first field of that name (any case). Those that decide something occur at most once: see
 * http1_field.c. */
bool http1_field(const struct http1_head *head, const char *name, struct span *ret);
bool http1_head_has_body(const struct http1_head *head);

/* A body on its way, by Content-Length or chunked; trailers are read and dropped. */
struct http1_body {
	uint64_t left;  /* bytes still to come of the body or of this chunk */
	uint64_t total; /* data given out so far */
	uint64_t limit;
	int state, digits; /* private */
	size_t trailer;    /* bytes of the trailer section so far */
};

#define HTTP1_TRAILER_BYTES 1024
/* Data beyond `limit` is HTTP1_BAD with 413, a known length at once. */
void http1_body_init(struct http1_body *body, const struct http1_head *head, uint64_t limit);
/*
 * Takes bytes from the front of *input. HTTP1_DATA: *ret_data is a run of the body inside the
 * input. HTTP1_MORE: all input is taken. 0: the body is complete, *input begins behind it.
 * HTTP1_BAD.
 */
_must_check_ int http1_body_next(struct http1_body *body, struct span *input, struct span *ret_data,
	struct http1_fault *ret_fault);

/*
 * The next name=value pair of a raw query, which is cut from its front; decoded into two texts
 * (reset first): percent-decoding, and '+' is a space. 0, HTTP1_END, or HTTP1_BAD: invalid UTF-8,
 * %00, or a broken escape. Empty pairs are skipped; a pair without '=' has an empty value.
 */
_must_check_ int http1_query_next(
	struct span *query, struct text *ret_name, struct text *ret_value);
