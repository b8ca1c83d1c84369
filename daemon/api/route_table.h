/* The route table: every path, who may, what it takes, and who answers. */
#pragma once

#include "lib/access.h"
#include "lib/http1.h"

struct call;

/* Path variables and flags of a route. */
enum route_flags {
	ROUTE_BODY = 1 << 0,         /* takes a JSON body */
	ROUTE_BULK = 1 << 1,         /* takes a large body: catalogue, calendars, imports */
	ROUTE_KEY = 1 << 2,          /* Idempotency-Key required */
	ROUTE_KEY_OPTIONAL = 1 << 3, /* may be given */
	ROUTE_ACTOR = 1 << 4,        /* a system names the person it acts for */
	ROUTE_OPEN = 1 << 5,         /* nobody needs to be known */
	ROUTE_NDJSON = 1 << 6,       /* the body is NDJSON, read by the handler */
	ROUTE_NO_BODY_OK = 1 << 7,   /* an empty body stands for {} */
	ROUTE_FILE = 1 << 8,         /* the body is a file, taken in pieces by the handler */
	ROUTE_WHOLE = 1 << 9,        /* by way of a part, what is its whole's */
};

struct route_entry {
	enum http1_method method;
	const char *path; /* segments in braces match any one segment */
	enum access_action action;
	unsigned flags;
	void (*begin)(struct call *c);
};

#define SEGMENTS_MAX 3

extern const struct route_entry routes[];
extern const size_t route_count;
/* The route of a path and method; *ret_known: the path exists with another method. */
const struct route_entry *route_match(enum http1_method method, const char *path,
	char ret_segments[SEGMENTS_MAX][128], bool *ret_known);
/* The methods that a known path takes, as the Allow field wants them (RFC 9110 section 10.2.1). */
void route_methods(const char *path, struct text *ret);
