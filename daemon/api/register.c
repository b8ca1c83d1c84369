/* The catalogue as it is in force, and the test clock. */
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"

void catalogue_get_begin(struct call *c)
{
	struct text t = TEXT_INIT;

	text_adds(&t, json_object_to_json_string_ext(c->book->catalogue->doc,
			      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
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
