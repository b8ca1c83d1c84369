/* The engine of recomputations: take the job whose turn it is, read a page, look at it in turns,
 * write what moved together with the cursor, rest, and so on. */
#include <errno.h>

#include "daemon/api/recompute.h"
#include "daemon/api/recompute_job.h"
#include "daemon/api/recompute_page.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define SCAN_LIMIT 4000 /* deadlines looked over for a page */
#define PAGE_LIMIT 100  /* requests of one */
#define RETRY_US   (500 * 1000LL)
#define QUIET_US   (1000 * 1000LL)

struct recompute {
	struct api *api;
	struct pg *pg;
	struct timer timer; /* `step`, in a turn of its own */
	void (*step)(struct recompute *r);
	struct unit unit;
	struct book_waiter calendars;
	struct uuid worker;
	bool is_busy;             /* the unit is on its way, the timer set, or calendars awaited */
	struct recompute_job job; /* in hand */
	/* The page in hand. */
	struct recompute_page page;
	struct uuid after, until;
	bool is_last;
	int looked, limit;
	int64_t page_mono;
	int64_t longest_turn;
	int64_t busy_mono; /* when others were last seen to write */
};

static void take(struct recompute *r);
static void read_page(struct recompute *r);

/* What the loop could not do meanwhile: at most 5 ms. */
static void note_turn(struct recompute *r, int64_t worked_before)
{
	int64_t us = loop_worked() - worked_before;

	metric_observe(METRIC_recompute_turn_seconds, us);
	if (us <= r->longest_turn)
		return;
	r->longest_turn = us;
	metric_set(METRIC_recompute_longest_turn_microseconds, NULL, us);
}

static void go_on(struct recompute *r, void (*step)(struct recompute *r), int64_t us)
{
	r->is_busy = true;
	r->step = step;
	timer_set(&r->timer, us);
}

static void on_timer(struct timer *t)
{
	struct recompute *r = container_of(t, struct recompute, timer);
	int64_t began = loop_worked();

	r->step(r);
	note_turn(r, began);
}

static void drop_page(struct recompute *r)
{
	recompute_page_done(&r->page);
}

static void drop_job(struct recompute *r)
{
	drop_page(r);
	recompute_job_drop(&r->job);
}

static void idle(struct recompute *r)
{
	drop_job(r);
	r->is_busy = false;
}

/* Whatever went wrong: the rows know how far it has come. */
static void start_over(struct recompute *r)
{
	drop_job(r);
	go_on(r, take, RETRY_US);
}

/* False: it has been seen to. */
static bool is_sound(struct recompute *r, const struct unit *u, enum unit_how how)
{
	if (how == UNIT_DONE)
		return true;
	if (how == UNIT_REFUSED)
		log_event(LOG_LEVEL_WARNING, "recompute_refused", LOG_S("sqlstate", u->sqlstate),
			LOG_S("where", u->detail));
	unit_done(&r->unit);
	start_over(r);
	return false;
}

static void send_unit(struct recompute *r)
{
	if (pg_submit(r->pg, &r->unit) == 0)
		return;
	unit_done(&r->unit);
	start_over(r);
}

static void on_calendars(struct book_waiter *w, bool is_newer)
{
	struct recompute *r = container_of(w, struct recompute, calendars);

	go_on(r, take, is_newer ? 0 : RETRY_US);
}

static void await_calendars(struct recompute *r, int64_t newer_than)
{
	drop_job(r);
	r->calendars.on_book = on_calendars;
	book_await(r->api, &r->calendars, newer_than);
}

static void on_failed(struct unit *u, enum unit_how how)
{
	struct recompute *r = container_of(u, struct recompute, unit);

	(void)how;
	unit_done(u);
	go_on(r, take, 0);
}

/* A calendar that this program refuses. */
static void fail_job(struct recompute *r)
{
	struct params *p;

	log_event(LOG_LEVEL_ERROR, "recompute_failed", LOG_S("calendar", r->job.calendar));
	unit_init(&r->unit, on_failed);
	p = unit_add(&r->unit, SQL_FAIL_JOB);
	params_uuid(p, &r->job.id);
	params_uuid(p, &r->worker);
	send_unit(r);
}

static void begin(struct recompute *r, enum recompute_taken taken)
{
	switch (taken) {
	case RECOMPUTE_READY:
		go_on(r, read_page, 0);
		break;
	case RECOMPUTE_AHEAD:
		await_calendars(r, r->job.generation - 1);
		break;
	case RECOMPUTE_BEHIND:
		start_over(r);
		break;
	case RECOMPUTE_REFUSED:
		go_on(r, fail_job, 0);
		break;
	}
}

static void on_taken(struct unit *u, enum unit_how how)
{
	struct recompute *r = container_of(u, struct recompute, unit);
	int64_t began = loop_worked();

	if (!is_sound(r, u, how))
		return;
	if (rows_count(u, 0))
		begin(r, recompute_job_read(&r->job, r->api, u));
	else
		idle(r);
	unit_done(u);
	note_turn(r, began);
}

static void take(struct recompute *r)
{
	unit_init(&r->unit, on_taken);
	params_uuid(unit_add(&r->unit, SQL_TAKE_JOB), &r->worker);
	send_unit(r);
}

static void finish(struct recompute *r)
{
	const struct figures *f = &r->job.figures;
	char id[UUID_TEXT_SIZE];

	uuid_format(&r->job.id, id);
	log_event(LOG_LEVEL_INFO, "recomputed", LOG_S("job", id),
		LOG_S("calendar", r->job.calendar), LOG_N("dry", r->job.dry),
		LOG_N("looked", f->looked), LOG_N("moved", f->moved),
		LOG_N("us", loop_mono() - r->job.began_mono));
	go_on(r, take, 0);
}

/* Others have the database for as long as the page had it, where there have been any of late. */
static int64_t rest_of(struct recompute *r)
{
	if (!batcher_is_idle(r->api->writes))
		r->busy_mono = loop_mono();
	return r->page.count && loop_mono() - r->busy_mono < QUIET_US ? loop_mono() - r->page_mono
								      : 0;
}

static void on_done(struct recompute *r)
{
	if (!r->job.dry) {
		metric_add(METRIC_deadlines_recomputed_total, NULL,
			r->page.figures.moved - r->job.figures.moved);
		api_tell_due(r->api, r->page.next_fire_at);
	}
	r->job.figures = r->page.figures;
	r->limit = PAGE_LIMIT;
	if (r->is_last) {
		finish(r);
		return;
	}
	/* A dry run gives way to a change that was recorded meanwhile. */
	go_on(r, r->job.dry ? take : read_page, rest_of(r));
}

static void on_applied(struct unit *u, enum unit_how how)
{
	struct recompute *r = container_of(u, struct recompute, unit);
	int64_t began = loop_worked();
	const char *result;
	struct row row;

	if (!is_sound(r, u, how))
		return;
	row = row_of(u, 0, 0);
	result = row_text(&row);
	if (strcmp(result, "done") == 0) {
		on_done(r);
		drop_page(r);
	} else if (strcmp(result, "calendars") == 0) {
		await_calendars(r, recompute_job_generation(&r->job));
	} else if (strcmp(result, "conflict") == 0) {
		drop_page(r);
		r->limit = (r->limit + 1) / 2;
		go_on(r, read_page, 0);
	} else {
		drop_job(r);
		go_on(r, take, 0);
	}
	unit_done(u);
	note_turn(r, began);
}

static void apply(struct recompute *r)
{
	_text_ figures = TEXT_INIT;
	struct params *p;

	figures_write(&figures, &r->page.figures);
	unit_init(&r->unit, on_applied);
	p = unit_add(&r->unit, SQL_RECOMPUTE_APPLY);
	params_uuid(p, &r->job.id);
	params_uuid(p, &r->worker);
	params_int64(p, recompute_job_generation(&r->job));
	params_uuid(p, &r->after);
	params_uuid(p, r->is_last ? NULL : &r->until);
	params_int(p, r->looked);
	params_span(p, text_span(&figures));
	recompute_block_write(&r->page.block, p);
	send_unit(r);
}

static void look(struct recompute *r)
{
	bool is_looked_at =
		recompute_page_look(&r->page, r->api, r->job.book, r->job.calendar, r->job.dry);

	go_on(r, is_looked_at ? apply : look, 0);
}

static void on_page(struct unit *u, enum unit_how how)
{
	struct recompute *r = container_of(u, struct recompute, unit);
	int64_t began = loop_worked();
	struct row row;

	if (!is_sound(r, u, how))
		return;
	if (!rows_count(u, 0)) { /* it is another daemon's now */
		unit_done(u);
		drop_job(r);
		go_on(r, take, 0);
		return;
	}
	row = row_of(u, 0, 0);
	row_uuid(&row, &r->after);
	r->is_last = !row_uuid(&row, &r->until);
	r->looked = row_int(&row);
	recompute_page_init(&r->page, u, 1, &r->job.figures);
	go_on(r, look, 0);
	unit_done(u);
	note_turn(r, began);
}

static void read_page(struct recompute *r)
{
	struct params *p;

	r->page_mono = loop_mono();
	unit_init(&r->unit, on_page);
	p = unit_add(&r->unit, SQL_RECOMPUTE_BOUND);
	params_uuid(p, &r->job.id);
	params_uuid(p, &r->worker);
	recompute_job_calendars(&r->job, p);
	params_int(p, SCAN_LIMIT);
	params_int(p, r->limit);
	p = unit_add(&r->unit, SQL_RECOMPUTE_PAGE);
	params_uuid(p, &r->job.id);
	params_uuid(p, &r->worker);
	recompute_job_calendars(&r->job, p);
	send_unit(r);
}

void recompute_kick(struct recompute *r)
{
	if (r && !r->is_busy)
		go_on(r, take, 0);
}

int recompute_new(struct api *a, const char *conninfo, struct recompute **ret)
{
	struct recompute *r = calloc(1, sizeof(*r));
	const struct pg_options options = {
		.name = "recompute",
		.conninfo = conninfo,
		.connections = 1,
		.depth = 1,
		.queue = 1,
		.timeout_us = 70 * 1000000LL,
	};
	int e;

	if (!r)
		return -ENOMEM;
	r->api = a;
	r->limit = PAGE_LIMIT;
	r->worker = uuid_new(loop_now(a->loop));
	timer_init(&r->timer, a->loop, on_timer);
	e = pg_new(a->loop, &options, &r->pg);
	if (e < 0) {
		timer_done(&r->timer);
		free(r);
		return e;
	}
	*ret = r;
	return 0;
}

void recompute_free(struct recompute *r)
{
	if (!r)
		return;
	timer_done(&r->timer);
	pg_free(r->pg);
	unit_done(&r->unit);
	drop_job(r);
	free(r);
}
