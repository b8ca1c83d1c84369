/* POST /v1/imports: historical cases of a former system, each judged at its own moments; a result a
 * line. */
#include <errno.h>

#include "daemon/api/claims.h"
#include "daemon/api/import_line.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define LINES_MAX       100000             /* of one call */
#define LINE_BYTES      (1024 * 1024)      /* a longer line is refused */
#define FLYING_MAX      256                /* lines on their way to PostgreSQL */
#define FLYING_BYTES    (4 * 1024 * 1024)  /* … and their bytes */
#define SLICE_US        2000               /* of the loop's time before others have their turn */
#define CROWDED_US      5000               /* before the batcher is asked again */
#define EXPLAINED_BYTES (32 * 1024 * 1024) /* results beyond it name no single faults */

enum outcome { CREATED, EXISTS, REFUSED, OUTCOME_COUNT };

static const char *const outcome_names[] = {"created", "exists", "refused"};

struct imports {
	struct call *c;
	struct timer timer;
	struct span left; /* of the body */
	size_t line;      /* the last one read */
	struct text *results;
	size_t result_count, result_bytes;
	struct item *held; /* composed, and the batcher was crowded */
	int flying;
	size_t flying_bytes;
	size_t counts[OUTCOME_COUNT];
	bool stopped; /* nothing more is read: the call as a whole fails by `problem` */
	enum kezek_problem problem;
};

/* A line on its way, and where its result goes. */
struct item {
	struct imports *owner;
	size_t result;
	struct import_line l;
};

static void item_free(struct item *item)
{
	if (!item)
		return;
	import_line_done(&item->l);
	free(item);
}

static void imports_free(void *state)
{
	struct imports *s = state;

	timer_done(&s->timer);
	item_free(s->held);
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

static void add_oddities(struct text *t, const struct import_line *l)
{
	const char *comma = "";

	text_adds(t, ",\"flags\":[");
	for (enum import_oddity i = 0; i < IMPORT_ODDITY_COUNT; i++) {
		if (!(l->oddities & 1u << i))
			continue;
		text_addf(t, "%s\"%s\"", comma, import_oddity_name(i));
		comma = ",";
	}
	text_adds(t, "],");
	if (l->events_after_closing)
		text_addf(t, "\"events_after_closing\":%d,", l->events_after_closing);
}

/* `problem` is KEZEK_PROBLEM_COUNT for what was taken. */
static void settle(
	struct imports *s, struct item *item, enum outcome outcome, enum kezek_problem problem)
{
	struct call *c = s->c;
	struct import_line *l = &item->l;
	struct text *t = &s->results[item->result];

	text_addf(t, "{\"line\":%zu,", l->number_of_line);
	text_add_member(t, "number", l->number);
	text_addf(t, ",\"result\":\"%s\"", outcome_names[outcome]);
	if (outcome == REFUSED)
		l->oddities = 0;
	add_oddities(t, l);
	if (outcome != REFUSED && !uuid_is_nil(&l->m.id)) {
		char id[UUID_TEXT_SIZE];

		uuid_format(outcome == CREATED ? &l->m.id : &l->m.stored.request, id);
		if (outcome == CREATED || !uuid_is_nil(&l->m.stored.request))
			text_addf(t, "\"id\":\"%s\",", id);
	}
	text_adds(t, "\"problem\":");
	if (problem == KEZEK_PROBLEM_COUNT)
		text_adds(t, "null");
	else
		problem_write(t, problem, c->lang, NULL, c->x->request_id,
			s->result_bytes < EXPLAINED_BYTES ? &l->in.faults : NULL);
	text_adds(t, "}\n");
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
		parking_wake(a->parking, l->d.row.agency);
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
	settle(s, item, EXISTS, KEZEK_PROBLEM_COUNT);
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
		settle(s, item, CREATED, KEZEK_PROBLEM_COUNT);
		break;
	case MEMBER_DUPLICATE:
		settle_stored(s, item);
		break;
	case MEMBER_FAILED:
		settle(s, item, REFUSED, KEZEK_PROBLEM_internal);
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
	item->l.number_of_line = s->line;
	if (line.len > LINE_BYTES) {
		settle(s, item, REFUSED, KEZEK_PROBLEM_too_large);
		return true;
	}
	if (!import_line_read(&item->l, line, (unsigned)c->api->settings->json_depth)) {
		settle(s, item, REFUSED, faults_problem(&item->l.in.faults));
		return true;
	}
	import_line_compose(&item->l, c);
	digest_bytes(line, item->l.m.fingerprint);
	item->l.m.base.kind = &batch_import;
	item->l.m.base.on_done = on_member;
	return send_item(s, item);
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
		LOG_N("created", s->counts[CREATED]), LOG_N("exists", s->counts[EXISTS]),
		LOG_N("refused", s->counts[REFUSED]),
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

/* A part of the body, then others have their turn. What was sent is waited for, whatever happens.
 */
static void on_slice(struct timer *t)
{
	struct imports *s = container_of(t, struct imports, timer);

	if (s->c->api->draining || s->c->x->gone)
		stop(s, KEZEK_PROBLEM_stopping);
	if (!s->stopped)
		read_lines(s);
	if (!s->flying && (s->stopped || (!s->left.len && !s->held)))
		finish(s);
	else if (s->held)
		timer_set(t, CROWDED_US);
	else if (!s->stopped && s->left.len && has_room(s))
		timer_set(t, 0);
}

void imports_begin(struct call *c)
{
	struct imports *s = call_state(c, sizeof(*s), imports_free);

	s->c = c;
	s->left = c->x->body;
	timer_init(&s->timer, c->api->loop, on_slice);
	timer_set(&s->timer, 0);
}
