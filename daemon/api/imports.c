/* POST /v1/imports: historical cases of a former system, each judged at its own moments; a result a
 * line. */
#include <errno.h>

#include "daemon/api/claims.h"
#include "daemon/api/import_line.h"
#include "daemon/api/resources.h"
#include "daemon/api/parking.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define LINES_MAX       100000             /* of one call */
#define LINE_BYTES      (1024 * 1024)      /* a longer line is refused */
#define FLYING_MAX      256                /* lines on their way to PostgreSQL */
#define FLYING_BYTES    (32 * 1024 * 1024) /* … and their bytes, parsed */
#define SLICE_US        2000               /* of the loop's time before others have their turn */
#define CROWDED_US      5000               /* before the batcher is asked again */
#define EXPLAINED_BYTES (32 * 1024 * 1024) /* results beyond it name no single faults */

struct imports {
	struct call *c;
	struct timer timer;
	struct span left; /* of the body */
	size_t line;      /* the last one read */
	struct text *results;
	size_t result_count, result_bytes;
	struct item *held;            /* composed, and the batcher was crowded */
	STAILQ_HEAD(, item) outdated; /* to be composed again by newer calendars */
	struct book_waiter calendars;
	bool awaits_calendars;
	int flying;
	size_t flying_bytes;
	size_t counts[IMPORT_OUTCOME_COUNT];
	bool stopped; /* nothing more is read: the call as a whole fails by `problem` */
	enum kezek_problem problem;
};

/* A line on its way, and where its result goes. */
struct item {
	struct imports *owner;
	size_t result;
	struct span text;        /* in the body of the call */
	STAILQ_ENTRY(item) link; /* of the outdated */
	struct import_line l;
};

static void item_free(struct item *item)
{
	if (!item)
		return;
	import_line_done(&item->l);
	free(item);
}

static struct item *take_outdated(struct imports *s)
{
	struct item *item = STAILQ_FIRST(&s->outdated);

	STAILQ_REMOVE_HEAD(&s->outdated, link);
	return item;
}

static void imports_free(void *state)
{
	struct imports *s = state;

	timer_done(&s->timer);
	item_free(s->held);
	while (!STAILQ_EMPTY(&s->outdated))
		item_free(take_outdated(s));
	for (size_t i = 0; i < s->result_count; i++)
		text_done(&s->results[i]);
	free(s->results);
	free(s);
}

static void stop(struct imports *s, enum kezek_problem problem)
{
	if (!s->stopped)
		s->problem = problem;
	s->stopped = true;
}

/* Results. */

/* `problem` is KEZEK_PROBLEM_COUNT for what was taken. */
static void settle(struct imports *s, struct item *item, enum import_outcome outcome,
	enum kezek_problem problem)
{
	struct text *t = &s->results[item->result];

	import_line_write_result(
		t, &item->l, s->c, outcome, problem, s->result_bytes < EXPLAINED_BYTES);
	s->result_bytes += t->len;
	s->counts[outcome]++;
	item_free(item);
}

static void wake_others(struct imports *s, const struct import_line *l)
{
	struct api *a = s->c->api;
	const struct changes *changes = &l->m.changes;

	metric_add(METRIC_requests_imported_total, NULL, 1);
	if (l->d.state == KEZEK_STATE_queued)
		parking_wake(a->parking, l->d.row.agency, 1);
	for (int i = 0; i < changes->deadline_count; i++) {
		if (changes->deadlines[i].fire_at != MOMENT_NONE)
			api_tell_due(a, changes->deadlines[i].fire_at);
	}
}

static void settle_stored(struct imports *s, struct item *item)
{
	const struct stored_answer *stored = &item->l.m.stored;

	if (uuid_is_nil(&stored->request) ||
		memcmp(stored->fingerprint, item->l.m.fingerprint, FINGERPRINT_SIZE) != 0)
		item->l.oddities |= 1u << IMPORT_differs;
	settle(s, item, IMPORT_EXISTS, KEZEK_PROBLEM_COUNT);
}

static void on_calendars(struct book_waiter *w, bool is_newer)
{
	struct imports *s = container_of(w, struct imports, calendars);

	s->awaits_calendars = false;
	if (is_newer)
		call_renew_book(s->c);
	else
		stop(s, KEZEK_PROBLEM_overloaded);
	timer_set(&s->timer, 0);
}

/* The line waits until the call knows newer calendars than it was computed by. */
static void set_aside(struct imports *s, struct item *item)
{
	STAILQ_INSERT_TAIL(&s->outdated, item, link);
	if (s->awaits_calendars || s->c->book->generation > item->l.m.generation)
		return;
	s->awaits_calendars = true;
	s->calendars.on_book = on_calendars;
	book_await(s->c->api, &s->calendars, item->l.m.generation);
}

static void on_member(struct member *base, enum member_result result)
{
	struct open_member *m = container_of(base, struct open_member, base);
	struct item *item = container_of(m, struct item, l.m);
	struct imports *s = item->owner;

	s->flying--;
	s->flying_bytes -= item->l.bytes;
	switch (result) {
	case MEMBER_DONE:
		wake_others(s, &item->l);
		settle(s, item, IMPORT_CREATED, KEZEK_PROBLEM_COUNT);
		break;
	case MEMBER_DUPLICATE:
		settle_stored(s, item);
		break;
	case MEMBER_CALENDARS:
		set_aside(s, item);
		break;
	case MEMBER_FAILED:
		settle(s, item, IMPORT_REFUSED, KEZEK_PROBLEM_internal);
		break;
	default:
		stop(s, result == MEMBER_DENIED      ? KEZEK_PROBLEM_principal_disabled
			: result == MEMBER_DISK_FULL ? KEZEK_PROBLEM_disk_full
						     : KEZEK_PROBLEM_database_away);
		item_free(item);
	}
	if (!timer_is_set(&s->timer))
		timer_set(&s->timer, 0);
}

/* False: the batcher is crowded, the item is held; or the call has stopped. */
static bool send_item(struct imports *s, struct item *item)
{
	int r = batcher_submit(s->c->api->writes, &item->l.m.base);

	if (r == 0) {
		s->flying++;
		s->flying_bytes += item->l.bytes;
		return true;
	}
	if (r == -EBUSY) {
		s->held = item;
		return false;
	}
	item_free(item);
	stop(s, KEZEK_PROBLEM_database_away);
	return false;
}

/* Lines. */

static bool is_blank(struct span line)
{
	size_t i = 0;

	while (i < line.len && strchr(" \t\r", line.at[i]))
		i++;
	return i == line.len;
}

static struct span next_line(struct imports *s)
{
	const char *end = memchr(s->left.at, '\n', s->left.len);
	struct span line = {s->left.at, end ? (size_t)(end - s->left.at) : s->left.len};
	size_t used = line.len + (end != NULL);

	s->left.at += used;
	s->left.len -= used;
	s->line++;
	return line;
}

static size_t new_result(struct imports *s)
{
	if ((s->result_count & (s->result_count - 1)) == 0) {
		size_t room = s->result_count ? 2 * s->result_count : 1;

		s->results = realloc(s->results, room * sizeof(*s->results));
		if (!s->results)
			abort();
	}
	s->results[s->result_count] = TEXT_INIT;
	return s->result_count++;
}

/* True: the next one may be read. */
static bool compose_item(struct imports *s, struct item *item)
{
	struct call *c = s->c;

	if (item->text.len > LINE_BYTES) {
		settle(s, item, IMPORT_REFUSED, KEZEK_PROBLEM_too_large);
		return true;
	}
	if (!import_line_read(&item->l, item->text, (unsigned)c->api->settings->json_depth) ||
		!import_line_compose(&item->l, c)) {
		settle(s, item, IMPORT_REFUSED, faults_problem(&item->l.in.faults));
		return true;
	}
	digest_bytes(item->text, item->l.m.fingerprint);
	item->l.m.base.kind = &batch_import;
	item->l.m.base.on_done = on_member;
	return send_item(s, item);
}

static bool take_line(struct imports *s, struct span line)
{
	struct call *c = s->c;
	struct item *item;

	if (s->result_count == LINES_MAX) {
		stop(s, KEZEK_PROBLEM_too_large);
		return false;
	}
	item = calloc(1, sizeof(*item));
	if (!item)
		abort();
	import_line_init(&item->l, c->book, loop_now(c->api->loop));
	item->owner = s;
	item->result = new_result(s);
	item->text = line;
	item->l.number_of_line = s->line;
	return compose_item(s, item);
}

static bool take_line_again(struct imports *s, struct item *item)
{
	size_t number_of_line = item->l.number_of_line;

	import_line_done(&item->l);
	import_line_init(&item->l, s->c->book, loop_now(s->c->api->loop));
	item->l.number_of_line = number_of_line;
	return compose_item(s, item);
}

static bool has_room(const struct imports *s)
{
	return s->flying < FLYING_MAX && s->flying_bytes < FLYING_BYTES;
}

static void read_lines(struct imports *s)
{
	int64_t began = loop_mono();

	if (s->held) {
		struct item *item = s->held;

		s->held = NULL;
		if (!send_item(s, item))
			return;
	}
	while (!s->stopped && !STAILQ_EMPTY(&s->outdated) && has_room(s)) {
		if (!take_line_again(s, take_outdated(s)) || loop_mono() - began > SLICE_US)
			return;
	}
	while (!s->stopped && s->left.len && has_room(s)) {
		struct span line = next_line(s);

		if (!is_blank(line) && !take_line(s, line))
			return;
		if (loop_mono() - began > SLICE_US)
			return;
	}
}

static void finish(struct imports *s)
{
	struct call *c = s->c;
	struct text all = TEXT_INIT;

	log_event(LOG_LEVEL_INFO, "imported", LOG_S("request_id", c->x->request_id),
		LOG_S("principal", c->who.name), LOG_N("lines", s->line),
		LOG_N("created", s->counts[IMPORT_CREATED]),
		LOG_N("exists", s->counts[IMPORT_EXISTS]),
		LOG_N("refused", s->counts[IMPORT_REFUSED]),
		LOG_S("stopped", s->stopped ? problem_code(s->problem) : NULL),
		LOG_N("us", loop_mono() - c->x->began_mono));
	if (s->stopped) {
		answer_problem(c, s->problem, NULL);
		return;
	}
	text_reserve(&all, s->result_bytes);
	for (size_t i = 0; i < s->result_count; i++) {
		text_add_span(&all, text_span(&s->results[i]));
		text_done(&s->results[i]);
	}
	exchange_reply(c->x, 200, "application/x-ndjson", &all);
}

static bool has_more(const struct imports *s)
{
	return s->held || !STAILQ_EMPTY(&s->outdated) || s->left.len;
}

/* A part of the body, then others have their turn. What was sent is waited for, whatever happens.
 */
static void on_slice(struct timer *t)
{
	struct imports *s = container_of(t, struct imports, timer);

	if (s->c->api->draining || s->c->x->gone)
		stop(s, KEZEK_PROBLEM_stopping);
	if (s->awaits_calendars)
		return;
	if (!s->stopped)
		read_lines(s);
	if (!s->flying && (s->stopped || !has_more(s)))
		finish(s);
	else if (s->held)
		timer_set(t, CROWDED_US);
	else if (!s->stopped && has_more(s) && has_room(s))
		timer_set(t, 0);
}

void imports_begin(struct call *c)
{
	struct imports *s = call_state(c, sizeof(*s), imports_free);

	s->c = c;
	STAILQ_INIT(&s->outdated);
	s->left = c->x->body;
	timer_init(&s->timer, c->api->loop, on_slice);
	timer_set(&s->timer, 0);
}
