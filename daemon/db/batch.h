/*
 * Group commit: members of many requests in one durable transaction, each answered only after it.
 *
 * A lane flushes while a write connection is idle and gathers while all are busy; there is no
 * timer. A batch that PostgreSQL refuses is run again member by member, so that a bad one never
 * fails its neighbours. A batch whose outcome is unknown is run again too where its members' keys
 * make that safe: what was stored after all comes back as its own duplicate.
 */
#pragma once

#include "daemon/db/pg.h"

enum member_result {
	MEMBER_DONE,
	MEMBER_DUPLICATE, /* an answer is stored under the key: see the member's `stored` */
	MEMBER_KNOWN,  /* the applicant has the same open already: see `known`, and submit again */
	MEMBER_DENIED, /* principal unknown, disabled, or out of scope */
	MEMBER_ABSENT, /* the principal is on leave, and takes nothing new */
	MEMBER_CONFLICT, /* what was read has moved: read and decide again */
	MEMBER_CLOCK,    /* the moment is more than a second off: the clock has been learnt, compute
			    again */
	MEMBER_CALENDARS, /* its dates rest on calendars that have changed: load them and compute
			     again */
	MEMBER_AWAY,      /* PostgreSQL is away; nothing happened */
	MEMBER_UNKNOWN,   /* PostgreSQL went away in between; the key makes a retry safe */
	MEMBER_DISK_FULL, /* nothing happened */
	MEMBER_FAILED,    /* refused by PostgreSQL: a bug of ours; nothing happened */
};

struct batch_kind;

/* Embedded in its owner. `lock`: two members with the same one are never in flight together. */
struct member {
	const struct batch_kind *kind;
	void (*on_done)(struct member *m, enum member_result result);
	struct uuid lock;
	int64_t queued_mono;
	bool alone;    /* to be run by itself: its batch was refused */
	bool is_held;  /* for more than its turn: its lock is in flight, or it was tried before */
	bool in_doubt; /* an earlier try has an unknown outcome */
	int64_t doubted_mono; /* since when */
	int tries;
	enum member_result result;
	TAILQ_ENTRY(member) link;
};

/* What a kind of write knows: how members become parameters, and rows become results. */
struct batch_kind {
	const char *name;
	enum statement statement;
	bool is_repeatable; /* every member has a key, so a lost batch may be run again */
	void (*write)(struct member *const members[], int n, struct params *p);
	/* Sets each member's result (MEMBER_FAILED beforehand) and outputs; returns the row's
	 * kezek.now(). */
	int64_t (*read)(struct member *const members[], int n, const struct unit *u);
};

struct batcher;

struct batcher_options {
	const char *conninfo;
	int connections, members; /* members of one batch */
	int queue;                /* members that may wait */
	int64_t timeout_us;       /* a member in doubt is given up after it */
	void (*on_change)(void *arg);
	void *arg;
};

_must_check_ int batcher_new(
	struct loop *l, const struct batcher_options *options, struct batcher **ret);
void batcher_free(struct batcher *b);
/* 0; -ENOTCONN: PostgreSQL is away; -EBUSY: too many wait. on_done comes in a later turn, once. */
_must_check_ int batcher_submit(struct batcher *b, struct member *m);
/* µs until it is the turn of who comes now: as long as the oldest has waited already, or longer by
 * the pace of late. */
int64_t batcher_wait(const struct batcher *b);
bool batcher_is_ready(const struct batcher *b);
bool batcher_is_idle(const struct batcher *b);
