/* Timers: due moments, leases, housekeeping. Each job is one statement that says when it is wanted
 * next. */
#pragma once

#include "daemon/db/pg.h"
#include "daemon/settings.h"

struct jobs;

/* What jobs tell the rest of the daemon. */
struct jobs_hooks {
	/* `count` requests went back to this agency's queue. */
	void (*on_returned)(void *arg, const char *agency, int count);
	/*
	 * Due moments have passed whose effect is the daemon's to carry out (kezek.deadline.effect,
	 * breached_at not null), or may have: it is also called after each (re)connection of the
	 * timers. Which these are is for the callee to read; another daemon's are told to it alone
	 * and may be met too. May be NULL.
	 */
	void (*on_effects)(void *arg);
	void *arg;
};

/* Connects as kezek_jobs by `conninfo`; the settings are borrowed. 0, or -errno. */
_must_check_ int jobs_new(struct loop *l, const char *conninfo, const struct settings *settings,
	const struct jobs_hooks *hooks, struct jobs **ret);
void jobs_free(struct jobs *j);
/* A deadline fires at `at`: look then, if not before. */
void jobs_due(struct jobs *j, int64_t at);
/* A lease runs out at `at`, or what is kept for somebody waits for anybody from then on. */
void jobs_lease(struct jobs *j, int64_t at);
