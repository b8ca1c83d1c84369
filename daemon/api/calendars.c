/* Calendars: reading them, trying one out, and recording a version from which every open deadline
 * is computed anew. */
#include <stdio.h>

#include "daemon/api/dossier.h"
#include "daemon/api/jobs.h"
#include "daemon/api/recompute.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"
#include "lib/calendar_diff.h"

#define PATIENCE_US (1000 * 1000LL) /* for a dry run; then its job is told */
#define LOOK_US     (20 * 1000LL)
#define TRIES_MAX   3

struct recording {
	struct call *c;
	json_object *diff;
	int version;
	bool dry;
	int tries;
	struct uuid job; /* nil: none */
	struct timer timer;
	int64_t until_mono;
};

static void recording_free(void *state)
{
	struct recording *rec = state;

	timer_done(&rec->timer);
	json_object_put(rec->diff);
	free(rec);
}

static const char *plain(json_object *o)
{
	return json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* `result`: of a dry run that is done; else without bytes. */
static void reply(struct recording *rec, int status, struct span result)
{
	struct text t = TEXT_INIT;
	char id[UUID_TEXT_SIZE];

	uuid_format(&rec->job, id);
	text_addf(&t, "{\"dry_run\":%s,", rec->dry ? "true" : "false");
	text_add_member(&t, "code", rec->c->segment[0]);
	text_addf(&t, ",\"version\":%d,\"changes\":%s,", rec->version, plain(rec->diff));
	text_add_member(&t, "job", uuid_is_nil(&rec->job) ? NULL : id);
	if (result.at) {
		text_adds(&t, ",\"result\":");
		text_add_span(&t, result);
	}
	text_add_char(&t, '}');
	answer_json(rec->c, status, &t);
}

/* The dry run: its job is looked at until it is done, or for as long as a client likes to wait. */

static void look(struct timer *timer);

static void on_looked(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct recording *rec = c->state;
	struct job_row job;

	if (!call_entered(c, how))
		return;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
		return;
	}
	job_row_read(row_of(u, 1, 0), &job);
	if (strcmp(job.state, "done") == 0) {
		reply(rec, 200, job.result);
	} else if (loop_mono() < rec->until_mono && strcmp(job.state, "running") == 0) {
		timer_set(&rec->timer, LOOK_US);
	} else {
		char id[UUID_TEXT_SIZE], location[64];

		uuid_format(&rec->job, id);
		snprintf(location, sizeof(location), "/v1/jobs/%s", id);
		exchange_header(c->x, "Location", location);
		reply(rec, 202, (struct span){0});
	}
}

static void look(struct timer *timer)
{
	struct recording *rec = container_of(timer, struct recording, timer);
	struct call *c = rec->c;

	unit_done(&c->unit);
	params_uuid(call_read(c, SQL_JOB), &rec->job);
	call_send(c, on_looked);
}

static void on_tried(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct recording *rec = c->state;
	struct row r;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	if (!row_uuid(&r, &rec->job)) {
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
		return;
	}
	rec->until_mono = loop_mono() + PATIENCE_US;
	recompute_kick(c->api->recompute);
	timer_set(&rec->timer, LOOK_US);
}

/* Recording. */

/* What was recorded is in force here before the answer leaves; other daemons follow with their
 * heartbeat. */
static void on_reloaded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (how == UNIT_DONE)
		register_adopt(c->api, u);
	recompute_kick(c->api->recompute);
	reply(c->state, 200, (struct span){0});
}

static void check(struct recording *rec);

/* This daemon was behind another: what is recorded is checked against what stands there now. */
static void on_caught_up(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (how != UNIT_DONE) {
		answer_unit(c, how);
		return;
	}
	register_adopt(c->api, u);
	call_renew_book(c);
	unit_done(u);
	check(c->state);
}

/* Null: denied. 0: another administrator was faster, and what was checked is not what would be
 * recorded. */
static void on_recorded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct recording *rec = c->state;
	bool is_denied;
	struct row r;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	is_denied = row_is_null(&r);
	rec->version = (int)row_int64(&r);
	row_uuid(&r, &rec->job);
	if (!is_denied && !rec->version && ++rec->tries < TRIES_MAX &&
		register_reload(c, on_caught_up))
		return;
	if (is_denied || !rec->version) {
		answer_problem(c,
			is_denied ? KEZEK_PROBLEM_role_not_allowed : KEZEK_PROBLEM_stale_version,
			NULL);
		return;
	}
	log_event(LOG_LEVEL_INFO, "calendar_recorded", LOG_S("by", c->who.name),
		LOG_S("calendar", c->segment[0]), LOG_N("version", rec->version));
	if (!register_reload(c, on_reloaded))
		reply(rec, 200, (struct span){0});
}

static void submit(struct recording *rec)
{
	struct call *c = rec->c;
	struct params *p = call_read(c, rec->dry ? SQL_TRY_CALENDAR : SQL_PUT_CALENDAR);

	params_text(p, c->who.name);
	params_text(p, c->segment[0]);
	params_int(p, rec->dry ? rec->version + 1 : rec->version);
	params_text(p, plain(c->body));
	call_send(c, rec->dry ? on_tried : on_recorded);
}

/* Whether it is sound, and what would change, by the book of the call. */
static void check(struct recording *rec)
{
	struct call *c = rec->c;
	_faults_ faults = {0};
	struct book *tried;
	json_object *known;

	rec->version = book_calendar_version(c->book, c->segment[0]);
	tried = book_try(c->book, c->segment[0], c->body, loop_now(c->api->loop), &faults);
	if (!tried) {
		answer_faults(c, &faults);
		return;
	}
	book_unref(tried);
	known = json_object_object_get(
		json_object_object_get(c->book->calendar_docs, c->segment[0]), "calendar");
	json_object_put(rec->diff);
	rec->diff = calendar_diff(known, c->body);
	if (!rec->dry && known && json_object_equal(known, c->body))
		reply(rec, 200, (struct span){0}); /* nothing new needs no version */
	else
		submit(rec);
}

void calendar_put_begin(struct call *c)
{
	static const char *const names[] = {"dry_run", NULL};
	struct recording *rec;

	if (!call_query_check(c, names))
		return;
	rec = call_state(c, sizeof(*rec), recording_free);
	rec->c = c;
	timer_init(&rec->timer, c->api->loop, look);
	if (call_query_flag(c, "dry_run", &rec->dry))
		check(rec);
}

/* Reading. */

static void on_calendars(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	bool one = c->segment[0][0] != '\0';
	int written = 0;

	if (!call_entered(c, how))
		return;
	if (!one)
		text_adds(&t, "{\"items\":[");
	for (int i = 0; i < rows_count(u, 1); i++) {
		struct row r = row_of(u, 1, i);
		const char *code = row_text(&r);
		int version = row_int(&r);
		struct span body = row_span(&r);

		if (one && strcmp(code, c->segment[0]) != 0)
			continue;
		text_adds(&t, written++ ? ",{" : "{");
		text_add_member(&t, "code", code);
		text_addf(&t, ",\"version\":%d,", version);
		text_add_moment(&t, "recorded_at", row_moment(&r), NULL);
		text_adds(&t, ",\"calendar\":");
		text_add_span(&t, body);
		text_add_char(&t, '}');
	}
	if (one && !written) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	if (!one) {
		page_write(&t, NULL, 0, false);
		text_add_char(&t, '}');
	}
	answer_json(c, 200, &t);
}

void calendars_list_begin(struct call *c)
{
	call_read(c, SQL_CALENDARS_NEWEST);
	call_send(c, on_calendars);
}

void calendar_get_begin(struct call *c)
{
	calendars_list_begin(c);
}
