/* The event loop and the only clock: everything else is told what time it is. */
#pragma once

#include <event2/event.h>

#include "lib/base.h"

struct loop;

/* 0, or -errno. */
_must_check_ int loop_new(struct loop **ret);
void loop_free(struct loop *l);
/* Runs until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
struct event_base *loop_base(struct loop *l);

/* µs of a clock that never steps (CLOCK_MONOTONIC). */
int64_t loop_mono(void);
/* µs that this thread has worked: what a turn costs, however busy the machine is. */
int64_t loop_worked(void);
/*
 * The database's moment in µs since 1970: monotonic clock plus the offset learnt from its replies.
 * Before the first reply the host's own clock stands in, and loop_knows_now is false.
 */
int64_t loop_now(const struct loop *l);
bool loop_knows_now(const struct loop *l);
/*
 * One reading of kezek.now() between two readings of loop_mono. The narrowest recent reading wins,
 * as in NTP (RFC 5905 section 10); a jump of more than half a second is taken at once and makes the
 * watchers run.
 */
void loop_learn_now(struct loop *l, int64_t db_now, int64_t mono_sent, int64_t mono_received);
/* Called after the database's clock stepped (tests move it; an operator may): timers follow. */
struct loop_watch {
	void (*on_step)(struct loop_watch *w);
	struct loop_watch *next;
};
void loop_watch_clock(struct loop *l, struct loop_watch *w);

/* One timer. Embedded; init once, done before the memory goes. */
struct timer {
	struct event *event;
	void (*on_fire)(struct timer *t);
};
void timer_init(struct timer *t, struct loop *l, void (*on_fire)(struct timer *t));
/* Fires once after `us` µs (0: in the next turn); replaces what was set. */
void timer_set(struct timer *t, int64_t us);
void timer_clear(struct timer *t);
bool timer_is_set(const struct timer *t);
void timer_done(struct timer *t);

/*
 * Destroying marks, the reaper frees: `free_it(object)` runs at the end of this turn, when no
 * callback of the object can still be on the stack.
 */
void loop_reap(struct loop *l, void *object, void (*free_it)(void *object));
