/* The event loop on libevent, its timers, the reaper, and the one clock. */
#include <errno.h>
#include <time.h>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/metrics.h"

#define SECOND      INT64_C(1000000)
#define READINGS    8             /* RFC 5905 section 10: the clock filter holds eight */
#define READING_OLD (64 * SECOND) /* an older one no longer speaks for the present */
#define STEP        (SECOND / 2)

/* One reading of the database's clock: its offset to ours, and how unsure the way makes it. */
struct reading {
	int64_t offset, width, mono;
};

struct grave {
	void *object;
	void (*free_it)(void *object);
};

struct loop {
	struct event_base *base;
	bool is_stopped;
	int64_t stepped_mono; /* when a step was last seen: what was asked before it may be older */
	bool knows_now;
	int64_t offset;
	struct reading readings[READINGS];
	size_t nreadings, next_reading;
	struct loop_watch *watches;
	struct grave *graves;
	size_t ngraves, graves_cap;
};

static int64_t clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

int loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->base = event_base_new();
	if (!l->base) {
		free(l);
		return -ENOMEM;
	}
	l->offset = clock_us(CLOCK_REALTIME) - loop_mono();
	*ret = l;
	return 0;
}

/* A free_it may bury more. Order is that of burying. */
static void reap(struct loop *l)
{
	for (size_t i = 0; i < l->ngraves; i++) {
		struct grave g = l->graves[i];

		g.free_it(g.object);
	}
	l->ngraves = 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	reap(l);
	free(l->graves);
	event_base_free(l->base);
	free(l);
}

void loop_run(struct loop *l)
{
	log_set_buffered(true);
	while (!l->is_stopped) {
		if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
			abort();
		reap(l);
		log_flush();
	}
	l->is_stopped = false;
	log_set_buffered(false);
}

void loop_stop(struct loop *l)
{
	l->is_stopped = true;
	event_base_loopbreak(l->base);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

int64_t loop_mono(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t loop_worked(void)
{
	return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t loop_now(const struct loop *l)
{
	return loop_mono() + l->offset;
}

bool loop_knows_now(const struct loop *l)
{
	return l->knows_now;
}

/* The narrowest of the recent readings: its offset is the surest. */
static int64_t best_offset(const struct loop *l, int64_t mono)
{
	const struct reading *best = NULL;

	for (size_t i = 0; i < l->nreadings; i++) {
		const struct reading *r = &l->readings[i];

		if (mono - r->mono <= READING_OLD && (!best || r->width < best->width))
			best = r;
	}
	return best ? best->offset : l->offset;
}

static void step_to(struct loop *l, int64_t offset)
{
	log_event(LOG_LEVEL_INFO, "clock_stepped", LOG_N("by_us", offset - l->offset));
	metric_add(METRIC_database_clock_steps_total, NULL, 1);
	l->offset = offset;
	for (struct loop_watch *w = l->watches; w; w = w->next)
		w->on_step(w);
}

void loop_learn_now(struct loop *l, int64_t db_now, int64_t mono_sent, int64_t mono_received)
{
	struct reading r = {
		.offset = db_now - (mono_sent + mono_received) / 2,
		.width = mono_received - mono_sent,
		.mono = mono_received,
	};
	int64_t moved = r.offset > l->offset ? r.offset - l->offset : l->offset - r.offset;
	/* Half the width is how wrong a reading can be: only what lies beyond it is a step. */
	bool is_step = moved > STEP + r.width / 2;

	/* Asked before the clock was seen to step: perhaps read before it did. */
	if (mono_sent < l->stepped_mono)
		return;
	l->knows_now = true;
	if (is_step) {
		l->nreadings = l->next_reading = 0;
		l->stepped_mono = mono_received;
	}
	l->readings[l->next_reading] = r;
	l->next_reading = (l->next_reading + 1) % READINGS;
	if (l->nreadings < READINGS)
		l->nreadings++;
	if (is_step)
		step_to(l, r.offset);
	else
		l->offset = best_offset(l, mono_received);
}

void loop_watch_clock(struct loop *l, struct loop_watch *w)
{
	w->next = l->watches;
	l->watches = w;
}

static void timer_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd;
	(void)what;
	t->on_fire(t);
}

void timer_init(struct timer *t, struct loop *l, void (*on_fire)(struct timer *t))
{
	t->on_fire = on_fire;
	t->event = evtimer_new(l->base, timer_on_event, t);
	if (!t->event)
		abort();
}

void timer_set(struct timer *t, int64_t us)
{
	struct timeval tv = {0};

	if (us > 0) {
		tv.tv_sec = us / SECOND;
		tv.tv_usec = us % SECOND;
	}
	if (evtimer_add(t->event, &tv) < 0)
		abort();
}

void timer_clear(struct timer *t)
{
	evtimer_del(t->event);
}

bool timer_is_set(const struct timer *t)
{
	return evtimer_pending(t->event, NULL);
}

void timer_done(struct timer *t)
{
	if (t->event)
		event_free(t->event);
	t->event = NULL;
}

void loop_reap(struct loop *l, void *object, void (*free_it)(void *object))
{
	if (l->ngraves == l->graves_cap) {
		l->graves_cap = l->graves_cap ? 2 * l->graves_cap : 64;
		l->graves = realloc(l->graves, l->graves_cap * sizeof(*l->graves));
		if (!l->graves)
			abort();
	}
	l->graves[l->ngraves++] = (struct grave){object, free_it};
}
