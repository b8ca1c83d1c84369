/* The courier: carries the feed to webhooks, sharing the work with those of other daemons. */
#pragma once

#include "daemon/api/call.h"
#include "daemon/outgoing.h"

struct courier;

/* Whereto, and by which secrets; columns of both statements that read hooks. Strings are borrowed.
 */
struct hook {
	const char *name, *url;
	struct uuid id;
	int master, former_master;
	struct span wrapped, former_wrapped; /* the latter empty: there is one secret */
};

/* Connects as kezek_jobs by `conninfo`. 0, or -errno. */
_must_check_ int courier_new(struct api *a, const char *conninfo, struct courier **ret);
void courier_free(struct courier *c);
/* Nothing is taken any more; what is under way may end. */
void courier_drain(struct courier *c);
/* Something was committed, or a hook changed. NULL: does nothing. */
void courier_nudge(struct courier *c);

/* Reads: id, url, master, wrapped, former_master, former_wrapped. */
void hook_read(struct row *r, struct hook *ret);
/* Signs and sends one message (Standard Webhooks 1.0.0) with the CloudEvent `body`, which is taken.
 * False: a secret cannot be opened, and nothing was sent. */
bool courier_send(struct courier *c, struct outgoing_call *call, const struct hook *hook,
	const struct uuid *message, struct text *body);
/* For a message outside the feed: false where too many are under way. */
bool courier_begin_test(struct courier *c);
void courier_end_test(struct courier *c);
