/* What one daemon keeps of the database: the heartbeat tells which part is old, one load brings all
 * of it, and whoever computed by calendars that have changed waits here for the newer ones. */
#include "daemon/api/call.h"
#include "daemon/api/deputies.h"
#include "daemon/api/recompute.h"
#include "daemon/db/migrate.h"
#include "daemon/log.h"
#include "daemon/systemd.h"

#define BEAT_US       (500 * 1000LL)  /* how old caches and clock may get */
#define LOAD_AGAIN_US (100 * 1000LL)  /* while somebody waits */
#define WAIT_US       (3 * 1000000LL) /* then the call is told to come again */

void register_ask(struct unit *u)
{
	unit_add(u, SQL_PRINCIPALS);
	unit_add(u, SQL_CATALOGUE_NEWEST);
	unit_add(u, SQL_CALENDARS_NEWEST);
	unit_add(u, SQL_DELEGATIONS);
}

void register_adopt(struct api *a, const struct unit *u)
{
	struct book *b;

	principals_read(a, u, 0, false);
	deputies_read(a, u, 3, false);
	if (u->submitted_mono < a->book_asked)
		return;
	a->book_asked = u->submitted_mono;
	b = book_read(u, 1);
	if (b) {
		book_unref(a->book);
		a->book = b;
		if (!TAILQ_EMPTY(&a->waiters))
			timer_set(&a->waiters_timer, 0);
	}
	log_event(LOG_LEVEL_INFO, "register_loaded", LOG_N("principals", a->principal_count),
		LOG_N("catalogue", b ? b->catalogue_version : -1),
		LOG_N("calendars", b ? (int64_t)calendars_count(b->calendars) : -1));
}

bool register_reload(struct call *c, void (*on_done)(struct unit *u, enum unit_how how))
{
	unit_done(&c->unit);
	unit_init(&c->unit, on_done);
	register_ask(&c->unit);
	return pg_submit(c->api->reads, &c->unit) == 0;
}

/* Once: whoever waits for it opens the doors when writes would be taken too. */
static void tell_ready(struct api *a)
{
	void (*on_ready)(void *) = a->on_ready;

	if (!on_ready || !api_is_live(a))
		return;
	a->on_ready = NULL;
	on_ready(a->on_ready_arg);
}

static void load(struct api *a);

static bool is_served(const struct api *a, const struct book_waiter *w)
{
	return a->book && a->book->generation > w->generation;
}

/* Those who wait are told; for the others the register is loaded once more. */
static void on_waiters(struct timer *t)
{
	struct api *a = container_of(t, struct api, waiters_timer);
	struct book_waiter_list list = TAILQ_HEAD_INITIALIZER(list);
	struct book_waiter *w;

	TAILQ_CONCAT(&list, &a->waiters, link);
	while ((w = TAILQ_FIRST(&list))) {
		TAILQ_REMOVE(&list, w, link);
		if (is_served(a, w) || loop_mono() >= w->until_mono)
			w->on_book(w, is_served(a, w));
		else
			TAILQ_INSERT_TAIL(&a->waiters, w, link);
	}
	if (TAILQ_EMPTY(&a->waiters))
		return;
	load(a);
	timer_set(t, LOAD_AGAIN_US);
}

void book_await(struct api *a, struct book_waiter *w, int64_t generation)
{
	w->generation = generation;
	w->until_mono = loop_mono() + WAIT_US;
	TAILQ_INSERT_TAIL(&a->waiters, w, link);
	timer_set(&a->waiters_timer, 0);
}

static void on_load_done(struct unit *u, enum unit_how how)
{
	struct api *a = container_of(u, struct api, load);

	a->loading = false;
	if (how == UNIT_DONE) {
		register_adopt(a, u);
		memcpy(a->generation, a->sought, sizeof(a->generation));
	}
	unit_done(u);
	tell_ready(a);
}

static void load(struct api *a)
{
	if (a->loading)
		return;
	unit_init(&a->load, on_load_done);
	register_ask(&a->load);
	memcpy(a->sought, a->wanted, sizeof(a->sought));
	a->loading = pg_submit(a->reads, &a->load) == 0;
}

void api_refresh(struct api *a)
{
	timer_set(&a->beat_timer, 0);
}

void api_beat_again(struct api *a, bool at_once)
{
	a->beat_sent_mono = 0;
	timer_set(&a->beat_timer, at_once ? 0 : BEAT_US);
}

static void on_beat_done(struct unit *u, enum unit_how how)
{
	struct api *a = container_of(u, struct api, beat);

	if (how == UNIT_DONE && rows_count(u, 0)) {
		struct row r = row_of(u, 0, 0);
		int64_t now = row_moment(&r);
		int version;

		for (int i = 0; i < 3; i++)
			a->wanted[i] = row_int64(&r);
		version = row_int(&r);
		a->has_test_clock = row_bool(&r);
		if (row_bool(&r))
			recompute_kick(a->recompute);
		if (version != migrate_version() && a->schema_is_right)
			log_event(LOG_LEVEL_ERROR, "schema_differs", LOG_N("database", version),
				LOG_N("program", migrate_version()));
		a->schema_is_right = version == migrate_version();
		loop_learn_now(a->loop, now, a->beat_sent_mono, loop_mono());
		sd_feed_watchdog();
		if (memcmp(a->wanted, a->generation, sizeof(a->wanted)) != 0 || !a->has_principals)
			load(a);
		tell_ready(a);
	}
	unit_done(u);
	api_beat_again(a, false);
}

static void on_beat(struct timer *t)
{
	struct api *a = container_of(t, struct api, beat_timer);

	if (a->beat_sent_mono)
		return;
	a->beat_sent_mono = loop_mono();
	if (!a->keys_fit) {
		keys_check(a);
		return;
	}
	unit_init(&a->beat, on_beat_done);
	unit_add(&a->beat, SQL_HEARTBEAT);
	if (pg_submit(a->reads, &a->beat) < 0) {
		unit_done(&a->beat);
		api_beat_again(a, false);
	}
}

void caches_init(struct api *a)
{
	TAILQ_INIT(&a->waiters);
	timer_init(&a->beat_timer, a->loop, on_beat);
	timer_init(&a->waiters_timer, a->loop, on_waiters);
}

void caches_done(struct api *a)
{
	timer_done(&a->beat_timer);
	timer_done(&a->waiters_timer);
	/* What was on its way is not told that it will never come. */
	unit_done(&a->beat);
	unit_done(&a->load);
}
