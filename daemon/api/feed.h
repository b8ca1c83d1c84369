/* The feed: every event once, by a dense position, as CloudEvents that hold identifiers only. */
#pragma once

#include "daemon/api/call.h"

#define FEED_SPAN 10000 /* positions looked at in one go, however few are in scope */

struct feed;

/* One event of SQL_FEED; strings are borrowed from the unit. */
struct feed_row {
	int64_t position;
	struct uuid id, request;
	int seq;
	const char *kind;
	int64_t occurred_at, recorded_at;
	const char *number, *agency, *office, *service;
	const char *former; /* agencies that had it before, a line each; or NULL */
};

struct feed *feed_new(struct api *a);
void feed_free(struct feed *f);
/* Stopping: streams end, whole. */
void feed_drain(struct feed *f);
/* Something was committed: streams are told soon. */
void feed_nudge(struct feed *f);
/* The same, and the courier. */
void feed_tell(struct api *a);

/* The parameters of SQL_FEED, in a unit that has entered. */
void feed_ask(struct params *p, int64_t after, int limit);
/* A position as readers send it: digits alone; one that nothing can have is the greatest. */
bool feed_position_parse(struct span s, int64_t *ret);
/* The columns of feed(), up to `former`. */
void feed_row_read(struct row *r, struct feed_row *ret);
/* The next event of the statement's rows at or behind *at; false: there is none. */
bool feed_next(const struct unit *u, int statement, int *at, struct feed_row *ret);
int64_t feed_head(const struct unit *u, int statement);
/* Is its request the caller's, or was it? */
bool feed_sees(const struct call *c, const struct feed_row *row);
/* The position is not behind the newest; else the call is answered, naming the member. */
bool feed_knows(struct call *c, const char *name, int64_t position, int64_t head);
/* CloudEvents 1.0, in the JSON format. */
void feed_write(struct text *t, const struct feed_row *row, const struct zone *zone);

/* stream.c */
void stream_begin(struct call *c);
