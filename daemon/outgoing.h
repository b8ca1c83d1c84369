/* Outgoing HTTPS: POSTs from the loop through libcurl, bounded in number, time and what is read. */
#pragma once

#include "daemon/loop.h"
#include "lib/text.h"

struct outgoing;

struct outgoing_options {
	const char *ca;     /* PEM bundle that servers must lead to; "": the system's */
	int64_t timeout_us; /* for all of it; for connecting a half */
	int connections;    /* open at once, and kept */
};

/* One POST. Embedded in its owner, who keeps it until on_done; outgoing_free forgets it. */
struct outgoing_call {
	void (*on_done)(struct outgoing_call *c); /* once, in a later turn */
	int status;                               /* of HTTP; 0: there was no answer */
	const char *why; /* a word where there was none, and NULL where there was */
	int64_t took_us;
};

/* 0, or -errno with the reason logged. */
_must_check_ int outgoing_new(
	struct loop *l, const struct outgoing_options *options, struct outgoing **ret);
void outgoing_free(struct outgoing *o);
/*
 * `fields` are header lines, NULL-terminated, copied; `body` is taken. Redirects are not followed,
 * no proxy and no cookie is used, servers are verified; of an answer the status alone is kept.
 */
void outgoing_post(struct outgoing *o, struct outgoing_call *c, const char *url,
	const char *const fields[], struct text *body);
