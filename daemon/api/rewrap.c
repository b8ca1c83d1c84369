/* `kezekd rewrap`: page after page, the keys that retired masters wrap are wrapped anew, and the
 * hashes of retired index keys are made anew from the content. It keeps nothing between two pages:
 * cut off anywhere, or run beside another, it takes up what is left. */
#include <stdio.h>

#include "daemon/api/keys.h"
#include "daemon/api/rewrap.h"

#define PAGE_KEYS     500
#define PAGE_REQUESTS 50 /* their contents are in memory together */
#define TRIES         10
#define PAUSE_US      (100 * 1000LL) /* others hold all of a page */
#define PATIENCE_US   (30 * 1000000LL)
#define SAY_EVERY_US  1000000LL
#define SILENCE_US    (65 * 1000000LL) /* a little more than the role's statement_timeout */

struct rewrap {
	struct loop *loop;
	const struct settings *settings;
	struct seal *seal;
	struct pg *pg;
	struct unit unit;
	struct timer timer; /* to go on, or, while there is no connection, to give up */
	bool running, dry, counting;
	struct key_use uses[KEY_USES_MAX];
	int64_t done[KEY_USES_MAX], left[KEY_USES_MAX];
	int count, at, tries, status;
	struct rewrap_skipped skipped;
	int64_t said_mono;
};

static void step(struct rewrap *r);

static void end(struct rewrap *r, int status)
{
	r->status = status;
	loop_stop(r->loop);
}

static void name_key(const struct key_use *k, char ret[32])
{
	char id[KEY_ID_TEXT_SIZE];

	key_id_format(k->id, id);
	snprintf(ret, 32, "%s %s", key_use_kind(k), id);
}

static void say_progress(struct rewrap *r, bool always)
{
	char name[32];

	if (!r->done[r->at] || (!always && loop_mono() - r->said_mono < SAY_EVERY_US))
		return;
	r->said_mono = loop_mono();
	name_key(&r->uses[r->at], name);
	printf("%s: %lld requests %s\n", name, (long long)r->done[r->at],
		r->uses[r->at].is_master ? "rewrapped" : "indexed anew");
	fflush(stdout);
}

static void add_skipped(struct rewrap *r, struct params *p)
{
	struct columns c;

	columns_init(&c, "u");
	for (int i = 0; i < r->skipped.count; i++)
		cell_uuid(&c, &r->skipped.requests[i]);
	params_columns(p, &c);
}

static void begin(struct rewrap *r, void (*on_done)(struct unit *u, enum unit_how how))
{
	unit_done(&r->unit);
	unit_init(&r->unit, on_done);
}

static void submit(struct rewrap *r)
{
	r->running = pg_submit(r->pg, &r->unit) == 0;
	if (!r->running)
		timer_set(&r->timer, PATIENCE_US);
}

/* False: it was not done, and what is to be done about it has been. */
static bool is_done(struct rewrap *r, enum unit_how how)
{
	r->running = false;
	if (how == UNIT_DONE) {
		r->tries = 0;
		return true;
	}
	if (how == UNIT_REFUSED)
		fprintf(stderr, "kezekd rewrap: PostgreSQL refused: %s %s\n", r->unit.sqlstate,
			r->unit.detail);
	if (++r->tries == TRIES)
		end(r, 1);
	else
		timer_set(&r->timer, pg_is_ready(r->pg) ? PAUSE_US : PATIENCE_US);
	return false;
}

static void on_applied(struct unit *u, enum unit_how how)
{
	struct rewrap *r = container_of(u, struct rewrap, unit);
	struct row row;
	int done;

	if (!is_done(r, how))
		return;
	row = row_of(u, 0, 0);
	done = row_int(&row);
	r->done[r->at] += done;
	say_progress(r, false);
	timer_set(&r->timer, done ? 0 : PAUSE_US);
}

static void on_keys_page(struct unit *u, enum unit_how how)
{
	struct rewrap *r = container_of(u, struct rewrap, unit);
	struct columns c;
	struct params *p;

	if (!is_done(r, how))
		return;
	if (!rows_count(u, 0)) {
		say_progress(r, true);
		r->at++;
		step(r);
		return;
	}
	if (!rewrap_keys(r->seal, u, r->uses[r->at].id, &r->skipped, &c)) {
		end(r, 1);
		return;
	}
	begin(r, on_applied);
	p = unit_add(&r->unit, SQL_REWRAP_APPLY);
	params_int(p, seal_masters(r->seal)->id[0]);
	params_columns(p, &c);
	submit(r);
}

static void on_requests_page(struct unit *u, enum unit_how how)
{
	struct rewrap *r = container_of(u, struct rewrap, unit);
	struct columns requests, lookups;
	struct params *p;

	if (!is_done(r, how))
		return;
	if (!rows_count(u, 0)) {
		say_progress(r, true);
		r->at++;
		step(r);
		return;
	}
	if (!rewrap_lookups(r->seal, u, &r->skipped, &requests, &lookups)) {
		end(r, 1);
		return;
	}
	begin(r, on_applied);
	p = unit_add(&r->unit, SQL_RELOOK_APPLY);
	params_columns(p, &requests);
	params_columns(p, &lookups);
	submit(r);
}

/* The figures at the end, and what they mean. */
static void say_counts(struct rewrap *r)
{
	static const char *const standings[] = {"present", "retired", "lost", "missing"};
	bool is_whole = true;
	char name[32];

	for (int i = 0; i < r->count; i++) {
		const struct key_use *k = &r->uses[i];

		name_key(k, name);
		printf("%s %s: %lld %s", name, standings[k->standing], (long long)r->left[i],
			k->is_master ? "requests" : "hashes");
		if (k->standing != KEY_PRESENT && !r->left[i])
			fputs(", not needed any more", stdout);
		putchar('\n');
		is_whole = is_whole && (k->standing == KEY_PRESENT || !r->left[i]);
	}
	if (!is_whole && !r->dry)
		fputs("kezekd rewrap: not everything stands under the present keys: a daemon "
		      "may still have an older first key, or a key is missing\n",
			stderr);
	end(r, is_whole || r->dry ? 0 : 1);
}

static void on_counted(struct unit *u, enum unit_how how)
{
	struct rewrap *r = container_of(u, struct rewrap, unit);
	struct row row;

	if (!is_done(r, how))
		return;
	row = row_of(u, 0, 0);
	r->left[r->at++] = row_int64(&row);
	step(r);
}

static void on_keys(struct unit *u, enum unit_how how)
{
	struct rewrap *r = container_of(u, struct rewrap, unit);

	if (!is_done(r, how))
		return;
	r->count = key_uses_read(u, r->seal, r->settings, r->uses);
	r->counting = r->dry;
	step(r);
}

/* A lost index key keeps nothing from being indexed anew; under a master all rests on it. */
static bool wants_work(const struct key_use *k)
{
	return k->standing == KEY_RETIRED || (k->standing != KEY_PRESENT && !k->is_master);
}

/* Whatever is next. */
static void step(struct rewrap *r)
{
	const struct key_use *k;
	struct params *p;

	while (!r->counting && r->at < r->count && !wants_work(&r->uses[r->at]))
		r->at++;
	if (!r->counting && r->count && r->at == r->count) {
		r->counting = true;
		r->at = 0;
	}
	k = &r->uses[r->at];
	if (!r->count) {
		begin(r, on_keys);
		unit_add(&r->unit, SQL_KEYS_IN_USE);
	} else if (r->at == r->count) {
		say_counts(r);
		return;
	} else if (r->counting) {
		begin(r, on_counted);
		p = unit_add(&r->unit, SQL_COUNT_KEY);
		params_text(p, key_use_kind(k));
		params_int(p, k->id);
	} else {
		begin(r, k->is_master ? on_keys_page : on_requests_page);
		p = unit_add(&r->unit, k->is_master ? SQL_REWRAP_PAGE : SQL_RELOOK_PAGE);
		params_int(p, k->id);
		add_skipped(r, p);
		params_int(p, k->is_master ? PAGE_KEYS : PAGE_REQUESTS);
	}
	submit(r);
}

static void on_timer(struct timer *t)
{
	struct rewrap *r = container_of(t, struct rewrap, timer);

	if (pg_is_ready(r->pg)) {
		step(r);
		return;
	}
	fputs("kezekd rewrap: the database is away; run again, it takes up what is left\n", stderr);
	end(r, 1);
}

static void on_change(void *arg)
{
	struct rewrap *r = arg;

	if (r->pg && pg_is_ready(r->pg) && !r->running)
		timer_set(&r->timer, 0);
}

static int run(struct rewrap *r, const char *conninfo)
{
	struct pg_options options = {
		.name = "rewrap",
		.conninfo = conninfo,
		.connections = 1,
		.depth = 1,
		.queue = 1,
		.timeout_us = SILENCE_US,
		.on_change = on_change,
		.arg = r,
	};

	if (pg_new(r->loop, &options, &r->pg) < 0)
		return 1;
	timer_set(&r->timer, PATIENCE_US);
	r->status = 1;
	loop_run(r->loop);
	pg_free(r->pg);
	unit_done(&r->unit);
	return r->status;
}

int rewrap_run(const struct settings *settings, const struct rewrap_options *options)
{
	struct rewrap r = {.settings = settings, .dry = options->dry};
	int status = 1;

	if (seal_new(settings, &r.seal) < 0)
		return 1;
	if (loop_new(&r.loop) == 0) {
		timer_init(&r.timer, r.loop, on_timer);
		status = run(&r, options->conninfo);
		timer_done(&r.timer);
		loop_free(r.loop);
	}
	seal_free(r.seal);
	return status;
}
