/* Recording the catalogue: tried out in memory first, then compare-and-set; and the test clock. */
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"
#include "lib/catalogue_merge.h"

struct recording {
	json_object *merged, *diff;
	int64_t version;
	bool dry;
};

static void recording_free(void *state)
{
	struct recording *r = state;

	json_object_put(r->merged);
	json_object_put(r->diff);
	free(r);
}

static const char *plain(json_object *o)
{
	return json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void reply_recorded(struct call *c)
{
	const struct recording *r = c->state;
	struct text t = TEXT_INIT;

	text_add_char(&t, '{');
	text_addf(&t, "\"dry_run\":%s,", r->dry ? "true" : "false");
	text_addf(&t, "\"version\":%lld,\"changes\":%s}", (long long)r->version,
		r->diff ? plain(r->diff) : "null");
	answer_json(c, 200, &t);
}

/* What was recorded is in force here before the answer leaves; other daemons follow with their
 * heartbeat. */
static void on_reloaded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (how == UNIT_DONE)
		register_adopt(c->api, u);
	reply_recorded(c);
}

/* Null: denied. 0: another administrator was faster, and what was checked is not what would be
 * recorded. */
static void on_recorded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct recording *rec = c->state;
	struct row r;
	bool is_denied;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	is_denied = row_is_null(&r);
	rec->version = row_int64(&r);
	if (is_denied) {
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
		return;
	}
	if (!rec->version) {
		answer_problem(c, KEZEK_PROBLEM_stale_version, NULL);
		return;
	}
	log_event(LOG_LEVEL_INFO, "catalogue_recorded", LOG_S("by", c->who.name),
		LOG_N("version", rec->version));
	if (!register_reload(c, on_reloaded))
		reply_recorded(c);
}

static bool diff_is_empty(json_object *diff)
{
	static const char *const lists[] = {"added", "changed", "removed"};

	json_object_object_foreach (diff, kind, of_kind) {
		(void)kind;
		for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
			json_object *list = json_object_object_get(of_kind, lists[i]);

			if (list && json_object_array_length(list))
				return false;
		}
	}
	return true;
}

void catalogue_put_begin(struct call *c)
{
	static const char *const names[] = {"dry_run", NULL};
	struct recording *rec;
	_faults_ faults = {0};
	struct book *tried;
	json_object *old = c->book->catalogue_version ? c->book->catalogue->doc : NULL;
	struct params *p;

	if (!call_query_check(c, names))
		return;
	rec = call_state(c, sizeof(*rec), recording_free);
	if (!call_query_flag(c, "dry_run", &rec->dry))
		return;
	if (catalogue_merge(old, c->body, NULL, &faults, &rec->merged) != 0) {
		answer_faults(c, &faults);
		return;
	}
	tried = book_make(
		rec->merged, 0, book_calendars_with(c->book, NULL, NULL, 0, &faults), &faults);
	if (!tried) {
		answer_faults(c, &faults);
		return;
	}
	book_unref(tried);
	rec->diff = catalogue_diff(old, rec->merged);
	rec->version = c->book->catalogue_version;
	if (rec->dry || diff_is_empty(rec->diff)) { /* nothing new needs no version */
		reply_recorded(c);
		return;
	}
	p = call_read(c, SQL_PUT_CATALOGUE);
	params_text(p, c->who.name);
	params_int64(p, c->book->catalogue_version);
	params_text(p, plain(rec->merged));
	call_send(c, on_recorded);
}

void catalogue_get_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	text_adds(&t, plain(c->book->catalogue->doc));
	answer_json(c, 200, &t);
}

/* PUT /v1/test/clock */

static void on_clock(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	struct row r;
	int64_t now;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	now = row_moment(&r);
	if (now == MOMENT_NONE) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	loop_learn_now(c->api->loop, now, loop_mono(), loop_mono());
	api_refresh(c->api);
	text_add_char(&t, '{');
	text_add_moment(&t, "now", now, NULL);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void test_clock_begin(struct call *c)
{
	struct json_reader r;
	_faults_ faults = {0};
	const char *now;
	int64_t at = 0;
	struct params *p;

	if (!c->api->has_test_clock) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	json_reader_init(&r, c->body, "", &faults);
	now = json_get_string(&r, "now", JSON_REQUIRED, 40);
	if (now && !moment_parse(span_of(now), &at, NULL))
		json_reader_fault(&r, "now", WORD_reason_bad_format, "RFC 3339", NULL);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	p = call_read(c, SQL_SET_TEST_CLOCK);
	params_text(p, c->who.name);
	params_moment(p, at);
	call_send(c, on_clock);
}
