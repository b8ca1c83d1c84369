/* Timers: each job asks the database what is due, does it there, and sleeps until it is wanted
 * again. */
#include <errno.h>

#include "daemon/jobs/jobs.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define LOOK_AT_MOST_US (5 * 1000000LL) /* other daemons make work too */
#define RETRY_US        (500 * 1000LL)
#define BATCH_LIMIT     1000
#define UPLOADS_LIMIT   50 /* each may have many megabytes */
/* Silence for longer is an outage, of which some end without a word on the connection. A little
 * more than the role's lock_timeout, so that a wait for a lock is not taken for one. */
#define SILENCE_US (6 * 1000000LL)

/* A job: `statement` takes a limit and answers (done, …, db_now, next_at, …), or says nothing of
 * when it is wanted next. */
struct job_kind {
	const char *name;
	enum statement statement;
	int limit; /* of what it does at once; 0: it takes none */
	bool has_next;
	int (*argument)(const struct settings *s); /* a further one, of the settings */
	int64_t every_us;                          /* at least this often */
	void (*on_row)(struct jobs *j, struct row *r, int done);
};

struct job {
	struct jobs *jobs;
	const struct job_kind *kind;
	struct timer timer;
	struct unit unit;
	bool running;
	int64_t wanted_at; /* the earliest instant known, by the database's clock */
	int64_t nudged_at; /* what came to be known while it ran: its snapshot may not have seen it
			    */
	int64_t sent_mono;
};

static void on_fired(struct jobs *j, struct row *r, int done);
static void on_expired(struct jobs *j, struct row *r, int done);
static void on_looked(struct jobs *j, struct row *r, int untimed);
static void on_desk(struct jobs *j, struct row *r, int open);
static void on_webhooks(struct jobs *j, struct row *r, int pending);
static void on_hygiene(struct jobs *j, struct row *r, int is_seen);
static int hand_back_limit(const struct settings *s);
static int snapshot_alarm(const struct settings *s);

enum {
	JOB_DEADLINES,
	JOB_LEASES,
	JOB_PARTITIONS,
	JOB_KEYS,
	JOB_UPLOADS,
	JOB_NOTIFICATIONS,
	JOB_ALARMS,
	JOB_DESK,
	JOB_WEBHOOKS,
	JOB_HYGIENE,
	JOB_COUNT
};

static const struct job_kind kinds[JOB_COUNT] = {
	[JOB_DEADLINES] = {"deadlines", SQL_FIRE_DUE, BATCH_LIMIT, true, NULL, LOOK_AT_MOST_US,
		on_fired},
	[JOB_LEASES] = {"leases", SQL_EXPIRE_LEASES, BATCH_LIMIT, true, hand_back_limit,
		LOOK_AT_MOST_US, on_expired},
	[JOB_PARTITIONS] = {"partitions", SQL_PARTITIONS_AHEAD, 0, false, NULL, 3600 * 1000000LL,
		NULL},
	[JOB_KEYS] = {"keys", SQL_FORGET_KEYS, BATCH_LIMIT, false, NULL, 600 * 1000000LL, NULL},
	[JOB_UPLOADS] = {"uploads", SQL_FORGET_UPLOADS, UPLOADS_LIMIT, false, NULL, 600 * 1000000LL,
		NULL},
	[JOB_NOTIFICATIONS] = {"notifications", SQL_SWEEP_NOTIFICATIONS, BATCH_LIMIT, false, NULL,
		10 * 1000000LL, NULL},
	[JOB_ALARMS] = {"alarms", SQL_LOOK_AT_TIMERS, 0, false, NULL, LOOK_AT_MOST_US, on_looked},
	[JOB_DESK] = {"desk", SQL_LOOK_AT_DESK, 0, false, NULL, LOOK_AT_MOST_US, on_desk},
	[JOB_WEBHOOKS] = {"webhooks", SQL_LOOK_AT_WEBHOOKS, 0, false, NULL, LOOK_AT_MOST_US,
		on_webhooks},
	[JOB_HYGIENE] = {"hygiene", SQL_LOOK_AT_HYGIENE, 0, false, snapshot_alarm, LOOK_AT_MOST_US,
		on_hygiene},
};

struct jobs {
	struct loop *loop;
	struct jobs_hooks hooks;
	struct pg *pg;
	struct job job[JOB_COUNT];
	struct loop_watch watch;
	bool was_ready;
	int untimed, late, unrouted; /* as last seen */
	bool is_held, is_blind;      /* a snapshot for too long; those of others are not seen */
	const struct settings *settings;
};

static void on_fired(struct jobs *j, struct row *r, int done)
{
	int64_t lag = row_int64(r);
	int fired, effects;

	(void)done; /* deadlines; what counts is their rungs */
	r->at = 4;
	fired = row_int(r);
	effects = row_int(r);
	if (!fired)
		return;
	metric_add(METRIC_deadlines_fired_total, NULL, fired);
	metric_observe(METRIC_deadline_fire_lag_seconds, lag);
	log_event(LOG_LEVEL_INFO, "deadlines_fired", LOG_N("fired", fired), LOG_N("lag_us", lag));
	if (effects && j->hooks.on_effects)
		j->hooks.on_effects(j->hooks.arg);
}

/* Neither may be: it is said when it begins, grows or ends. */
static void on_looked(struct jobs *j, struct row *r, int untimed)
{
	int late = row_int(r);

	metric_set(METRIC_deadlines_untimed, NULL, untimed);
	metric_set(METRIC_deadlines_late_firing, NULL, late);
	if (untimed != j->untimed || late != j->late)
		log_event(untimed || late ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "timers_looked_at",
			LOG_N("untimed", untimed), LOG_N("late", late));
	j->untimed = untimed;
	j->late = late;
}

/* What no route took waits for a supervisor; it is said when that grows or ends. */
static void on_desk(struct jobs *j, struct row *r, int open)
{
	(void)r;
	metric_set(METRIC_unrouted_requests, NULL, open);
	if (open > j->unrouted || (!open && j->unrouted))
		log_event(open ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "desk_looked_at",
			LOG_N("unrouted", open));
	j->unrouted = open;
}

static void on_webhooks(struct jobs *j, struct row *r, int pending)
{
	(void)j;
	metric_set(METRIC_webhook_deliveries_pending, NULL, pending);
	metric_set(METRIC_webhook_deliveries_dead, NULL, row_int(r));
	metric_set(METRIC_webhooks_failing, NULL, row_int(r));
	metric_set(METRIC_webhooks_disabled, NULL, row_int(r));
}

static int hand_back_limit(const struct settings *s)
{
	return s->hand_back_limit;
}

static int snapshot_alarm(const struct settings *s)
{
	return (int)(s->snapshot_alarm / 1000000);
}

/* A snapshot that is held keeps every row that has died since: it is said when it has been for too
 * long, and when it is let go. */
static void look_at_snapshot(struct jobs *j, struct row *r, bool is_seen)
{
	bool is_old = row_bool(r);
	int seconds = row_int(r);
	int64_t transactions = row_int64(r);
	const char *who = row_text(r);

	metric_set(METRIC_oldest_snapshot_seconds, NULL, is_seen ? seconds : -1);
	metric_set(METRIC_oldest_snapshot_transactions, NULL, transactions);
	if (!is_seen && !j->is_blind)
		log_event(LOG_LEVEL_WARNING, "snapshots_not_seen",
			LOG_S("wants", "pg_read_all_stats"));
	if (is_old != j->is_held)
		log_event(is_old ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
			is_old ? "snapshot_held" : "snapshot_let_go", LOG_N("seconds", seconds),
			LOG_N("transactions", transactions), LOG_S("who", who),
			LOG_N("pid", row_int(r)));
	j->is_held = is_old;
	j->is_blind = !is_seen;
}

static void on_hygiene(struct jobs *j, struct row *r, int is_seen)
{
	static const char *const tables[] = {
		"work", "deadline", "request_state", "idempotency", "notification", "delivery"};

	look_at_snapshot(j, r, is_seen);
	r->at = 6;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		metric_set(METRIC_dead_rows, tables[i], row_int64(r));
}

/* Each agency that got something back may have somebody waiting. */
static void on_expired(struct jobs *j, struct row *r, int done)
{
	struct span agencies = row_span(r);
	int expired;

	if (!done)
		return;
	r->at = 4;
	expired = row_int(r);
	metric_add(METRIC_leases_expired_total, NULL, expired);
	if (expired)
		log_event(LOG_LEVEL_INFO, "leases_expired", LOG_N("expired", expired));
	while (agencies.len) {
		const char *end = memchr(agencies.at, '\n', agencies.len);
		size_t len = end ? (size_t)(end - agencies.at) : agencies.len;
		_text_ agency = TEXT_INIT;

		text_add(&agency, agencies.at, len);
		j->hooks.on_returned(j->hooks.arg, agency.data, done);
		agencies.at += end ? len + 1 : len;
		agencies.len -= end ? len + 1 : len;
	}
}

static void job_sleep(struct job *job)
{
	int64_t us = job->kind->every_us;

	if (job->wanted_at != MOMENT_NONE) {
		int64_t left = job->wanted_at - loop_now(job->jobs->loop);

		if (left < us)
			us = left > 0 ? left + 500 : 0;
	}
	timer_set(&job->timer, us);
}

static void on_done(struct unit *u, enum unit_how how)
{
	struct job *job = container_of(u, struct job, unit);
	struct jobs *j = job->jobs;
	int done = 0;

	job->running = false;
	if (how != UNIT_DONE || !rows_count(u, 0)) {
		unit_done(u);
		timer_set(&job->timer, RETRY_US);
		return;
	}
	if (job->kind->on_row) {
		struct row r = row_of(u, 0, 0);

		done = row_int(&r);
		job->kind->on_row(j, &r, done);
	}
	if (job->kind->has_next) {
		struct row r = row_of(u, 0, 0);
		int64_t now, next;

		r.at = 2;
		now = row_moment(&r);
		loop_learn_now(j->loop, now, job->sent_mono, loop_mono());
		next = row_moment(&r);
		/* Still due although nothing was done: another daemon is at it. */
		if (next != MOMENT_NONE && next <= now && !done)
			next = now + RETRY_US;
		job->wanted_at = next;
	} else if (job->kind->limit) {
		struct row r = row_of(u, 0, 0);

		/* As many as it may at once: there are more. */
		job->wanted_at = row_int(&r) == job->kind->limit ? loop_now(j->loop) : MOMENT_NONE;
	}
	if (job->nudged_at < job->wanted_at)
		job->wanted_at = job->nudged_at;
	job->nudged_at = MOMENT_NONE;
	unit_done(u);
	job_sleep(job);
}

static void on_timer(struct timer *t)
{
	struct job *job = container_of(t, struct job, timer);
	struct params *p;

	if (job->running)
		return;
	unit_init(&job->unit, on_done);
	p = unit_add(&job->unit, job->kind->statement);
	if (job->kind->limit)
		params_int(p, job->kind->limit);
	if (job->kind->argument)
		params_int(p, job->kind->argument(job->jobs->settings));
	job->sent_mono = loop_mono();
	job->running = pg_submit(job->jobs->pg, &job->unit) == 0;
	if (!job->running) {
		unit_done(&job->unit);
		timer_set(t, RETRY_US);
	}
}

static void want(struct job *job, int64_t at)
{
	if (job->running && at < job->nudged_at)
		job->nudged_at = at;
	if (job->running || job->wanted_at <= at)
		return;
	job->wanted_at = at;
	job_sleep(job);
}

void jobs_due(struct jobs *j, int64_t at)
{
	want(&j->job[JOB_DEADLINES], at);
}

void jobs_lease(struct jobs *j, int64_t at)
{
	want(&j->job[JOB_LEASES], at);
}

/* The database's clock stepped: everything is looked at anew. */
static void on_step(struct loop_watch *w)
{
	struct jobs *j = container_of(w, struct jobs, watch);

	for (int i = 0; i < JOB_COUNT; i++) {
		if (!j->job[i].running)
			timer_set(&j->job[i].timer, 0);
	}
}

static void on_change(void *arg)
{
	struct jobs *j = arg;
	bool is_ready = j->pg && pg_is_ready(j->pg);

	for (int i = 0; i < JOB_COUNT; i++) {
		if (!j->job[i].running && !timer_is_set(&j->job[i].timer))
			timer_set(&j->job[i].timer, 0);
	}
	/* What fired before the connection was lost may have been told to nobody. */
	if (is_ready && !j->was_ready && j->hooks.on_effects)
		j->hooks.on_effects(j->hooks.arg);
	j->was_ready = is_ready;
}

int jobs_new(struct loop *l, const char *conninfo, const struct settings *settings,
	const struct jobs_hooks *hooks, struct jobs **ret)
{
	struct jobs *j = calloc(1, sizeof(*j));
	struct pg_options options = {
		.name = "jobs",
		.conninfo = conninfo,
		.connections = 1,
		.depth = JOB_COUNT + 1,
		.queue = 16,
		.timeout_us = SILENCE_US,
		.on_change = on_change,
		.arg = j,
	};
	int r;

	if (!j)
		return -ENOMEM;
	j->loop = l;
	j->hooks = *hooks;
	j->settings = settings;
	for (int i = 0; i < JOB_COUNT; i++) {
		j->job[i].jobs = j;
		j->job[i].kind = &kinds[i];
		j->job[i].wanted_at = j->job[i].nudged_at = MOMENT_NONE;
		timer_init(&j->job[i].timer, l, on_timer);
	}
	j->watch.on_step = on_step;
	loop_watch_clock(l, &j->watch);
	r = pg_new(l, &options, &j->pg);
	if (r < 0) {
		free(j);
		return r;
	}
	*ret = j;
	return 0;
}

void jobs_free(struct jobs *j)
{
	if (!j)
		return;
	for (int i = 0; i < JOB_COUNT; i++)
		timer_done(&j->job[i].timer);
	pg_free(j->pg);
	/* Units that were on the wire are not told that they will never be done. */
	for (int i = 0; i < JOB_COUNT; i++) {
		if (j->job[i].running)
			unit_done(&j->job[i].unit);
	}
	free(j);
}
