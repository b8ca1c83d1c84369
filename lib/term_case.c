/* The calculator: one case in, one answer out; also ladders, so that they can be tried. */
#include "lib/term_case.h"

void term_case_done(struct term_case *c)
{
	calendar_free(c->own_calendar);
	free(c->pauses);
	free(c->extensions);
	*c = (struct term_case){0};
}

static void *array_new(size_t count, size_t size)
{
	void *p = calloc(count + 1, size);

	if (!p)
		abort();
	return p;
}

static void read_calendar(
	struct json_reader *r, const struct calendars *calendars, struct term_case *c)
{
	json_object *json = json_get_any(r, "calendar", JSON_REQUIRED);
	_free_ char *pointer = pointer_join(r->pointer, "calendar");

	if (json_object_is_type(json, json_type_object)) {
		if (calendars_resolve(calendars, json, pointer, r->faults, &c->own_calendar) == 0)
			c->calendar = c->own_calendar;
	} else if (json_object_is_type(json, json_type_string)) {
		c->calendar = calendars_find(calendars, json_object_get_string(json));
		if (!c->calendar)
			json_reader_fault(r, "calendar", WORD_reason_not_found,
				json_object_get_string(json), NULL);
	} else if (json) {
		json_reader_fault(r, "calendar", WORD_reason_wrong_type, "string, object", NULL);
	}
}

static void read_pauses(struct json_reader *r, struct term_case *c)
{
	json_object *array =
		json_get_array(r, "pauses", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, TERM_PAUSES_MAX);
	size_t n = array ? json_object_array_length(array) : 0, before = r->faults->count;
	_free_ char *pointer = pointer_join(r->pointer, "pauses");

	c->pauses = array_new(n, sizeof(*c->pauses));
	for (size_t i = 0; i < n; i++) {
		_free_ char *item = pointer_index(pointer, i);

		if (term_pause_read(
			    json_object_array_get_idx(array, i), item, r->faults, &c->pauses[i]))
			continue;
	}
	/* Half-read ones would only seem to overlap. */
	if (r->faults->count > before || term_pauses_check(c->pauses, n, pointer, r->faults))
		return;
	c->facts.pauses = c->pauses;
	c->facts.npauses = n;
}

static void read_extensions(struct json_reader *r, struct term_case *c)
{
	json_object *array = json_get_array(
		r, "extensions", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, TERM_EXTENSIONS_MAX);
	size_t n = array ? json_object_array_length(array) : 0;
	_free_ char *pointer = pointer_join(r->pointer, "extensions");

	c->extensions = array_new(n, sizeof(*c->extensions));
	for (size_t i = 0; i < n; i++) {
		_free_ char *item = pointer_index(pointer, i);

		if (term_extension_read(json_object_array_get_idx(array, i), item, r->faults,
			    &c->extensions[i]) == 0)
			c->facts.nextensions = i + 1;
	}
	c->facts.extensions = c->extensions;
}

static void read_moment(struct json_reader *r, const char *name, unsigned flags, int64_t *ret_at)
{
	const char *s = json_get_string(r, name, flags, 64);

	if (s && !moment_parse(span_of(s), ret_at, NULL))
		json_reader_fault(
			r, name, WORD_reason_bad_format, "2026-06-05T11:00:00+06:00", NULL);
}

/* The cap counts from the same start, unless it has one of its own. */
static void read_starts(struct json_reader *r, struct term_case *c)
{
	read_moment(r, "start", JSON_REQUIRED, &c->facts.start_at);
	c->facts.cap_start_at = c->facts.start_at;
	if (c->facts.cap)
		read_moment(r, "cap_start", JSON_OPTIONAL, &c->facts.cap_start_at);
}

static void read_floor(struct json_reader *r, struct term_case *c)
{
	struct term_facts *f = &c->facts;
	const char *s = json_get_string(r, "floor", JSON_OPTIONAL, 64);

	if (!s)
		return;
	f->has_floor = moment_parse(span_of(s), &f->floor_at, NULL);
	if (!f->has_floor)
		json_reader_fault(
			r, "floor", WORD_reason_bad_format, "2026-06-05T11:00:00+06:00", NULL);
	/* The day after must exist too, in any zone. */
	else if (f->floor_at > MOMENT_MAX - 2 * USEC_PER_DAY)
		json_reader_fault(r, "floor", WORD_reason_out_of_range, "0001-01-01", "9999-12-29");
}

static void read_rule(struct json_reader *r, struct term_case *c)
{
	json_object *json = json_get_any(r, "rule", JSON_REQUIRED);
	_free_ char *pointer = pointer_join(r->pointer, "rule");
	_free_ char *cap_pointer = pointer_join(r->pointer, "cap");
	_free_ char *ladder_pointer = pointer_join(r->pointer, "ladder");

	if (json && term_rule_read(json, pointer, r->faults, &c->rule))
		c->rule.amount = 0;
	json_get_int64(r, "rule_version", JSON_OPTIONAL, 1, INT32_MAX, &c->rule_version);
	json = json_get_any(r, "cap", JSON_OPTIONAL);
	if (json && term_rule_read(json, cap_pointer, r->faults, &c->cap) == 0)
		c->facts.cap = &c->cap;
	json = json_get_any(r, "ladder", JSON_OPTIONAL);
	if (json && ladder_read(json, ladder_pointer, r->faults, &c->ladder))
		c->ladder.count = 0;
}

int term_case_read(json_object *json, const struct calendars *calendars, struct faults *faults,
	struct term_case *ret_case)
{
	size_t before = faults->count;
	struct json_reader r;

	json_reader_init(&r, json, "", faults);
	json_get_any(&r, "id", JSON_OPTIONAL);
	read_calendar(&r, calendars, ret_case);
	read_rule(&r, ret_case);
	read_starts(&r, ret_case);
	read_pauses(&r, ret_case);
	read_extensions(&r, ret_case);
	read_floor(&r, ret_case);
	json_reader_end(&r);
	return faults->count > before;
}

static void add_id(struct text *t, json_object *object)
{
	json_object *id = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, "id", &id);
	text_adds(t, "{\"id\":");
	text_adds(t, id ? json_object_to_json_string_ext(
				  id, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
			: "null");
}

static void add_fault(struct text *t, const struct fault *f)
{
	_text_ message = TEXT_INIT;

	text_add_fault(&message, f, LANG_EN);
	text_adds(t, "{\"pointer\":");
	text_add_json(t, f->pointer);
	text_adds(t, ",\"message\":");
	text_add_json(t, message.data);
	text_add_char(t, '}');
}

static void add_faults(struct text *t, const struct faults *faults)
{
	text_adds(t, ",\"error\":");
	add_fault(t, &faults->items[0]);
	if (faults->count > 1) {
		text_adds(t, ",\"faults\":[");
		for (size_t i = 0; i < faults->count; i++) {
			if (i)
				text_add_char(t, ',');
			add_fault(t, &faults->items[i]);
		}
		text_add_char(t, ']');
	}
	text_add_char(t, '}');
}

static void add_ladder(struct text *t, const struct term_case *c, const struct term *term)
{
	text_adds(t, ",\"ladder\":[");
	for (size_t i = 0; i < c->ladder.count; i++) {
		const struct rung *rung = &c->ladder.rungs[i];
		char name[RUNG_TEXT_SIZE], at[MOMENT_TEXT_SIZE];
		int64_t instant;
		int r = ladder_instant(c->calendar, &c->rule, &c->facts, term, rung, &instant);

		rung_format(rung, name);
		text_addf(t, "%s{\"at\":\"%s\",\"to\":\"%s\",\"instant\":", i ? "," : "", name,
			rung_to_name(rung->to));
		if (r == 0)
			moment_format(instant, calendar_zone(c->calendar), at);
		text_add_json(t, r == 0 ? at : NULL);
		text_addf(t, "%s}", r == RUNG_VOID ? ",\"void\":true" : "");
	}
	text_add_char(t, ']');
}

static void add_answer(struct text *t, const struct term_case *c, const struct term *term)
{
	char on[DAY_TEXT_SIZE], at[MOMENT_TEXT_SIZE];
	bool dated = term->due_on != DAY_NONE;

	if (dated) {
		day_format(term->due_on, on);
		moment_format(term->due_at, calendar_zone(c->calendar), at);
	}
	text_adds(t, ",\"due_on\":");
	text_add_json(t, dated ? on : NULL);
	text_adds(t, ",\"due_at\":");
	text_add_json(t, dated ? at : NULL);
	text_addf(t, ",\"provisional\":%s", term->provisional ? "true" : "false");
	if (term->paused)
		text_add_term_left(t, term);
	if (term->capped)
		text_adds(t, ",\"capped\":true");
	if (term->floored)
		text_adds(t, ",\"floored\":true");
	if (c->ladder.count)
		add_ladder(t, c, term);
	text_add_char(t, ',');
	text_add_term_explanation(
		t, true, c->calendar, &c->rule, (int)c->rule_version, &c->facts, term);
	text_add_char(t, '}');
}

/* Whether `answer` says all that `expect` does. */
static bool agrees(json_object *expect, json_object *answer)
{
	if (!json_object_is_type(expect, json_type_object) ||
		!json_object_is_type(answer, json_type_object))
		return json_object_equal(expect, answer);
	json_object_object_foreach (expect, name, value) {
		json_object *said;

		if (!json_object_object_get_ex(answer, name, &said) || !agrees(value, said))
			return false;
	}
	return true;
}

static void add_agrees(struct text *t, size_t start, json_object *expect)
{
	_json_ *answer = NULL;
	struct json_fault bad;
	bool good = json_read((struct span){t->data + start, t->len - start}, NULL, &bad,
			    &answer) == 0 &&
		    agrees(expect, answer);

	t->len--; /* the closing brace */
	text_addf(t, ",\"agrees\":%s}", good ? "true" : "false");
}

static bool answer_object(
	const struct calendars *calendars, json_object *object, struct text *ret_answer)
{
	_term_case_ c = {0};
	_faults_ faults = {0};
	struct term term;

	if (term_case_read(object, calendars, &faults, &c) == 0 &&
		term_compute(c.calendar, &c.rule, &c.facts, &term))
		faults_add(&faults, "/rule/amount", WORD_reason_out_of_range, "0001-01-01",
			"9999-12-30");
	add_id(ret_answer, object);
	if (faults.count)
		add_faults(ret_answer, &faults);
	else
		add_answer(ret_answer, &c, &term);
	return faults.count == 0;
}

bool term_case_answer(const struct calendars *calendars, struct span line, struct text *ret_answer)
{
	_json_ *object = NULL;
	_faults_ faults = {0};
	json_object *known = NULL, *expect = NULL;
	struct json_fault bad;
	size_t start = ret_answer->len;
	bool good;

	if (json_read(line, NULL, &bad, &object)) {
		json_fault_report(&bad, &faults);
		add_id(ret_answer, NULL);
		add_faults(ret_answer, &faults);
		return false;
	}
	if (json_object_is_type(object, json_type_object) &&
		json_object_object_get_ex(object, "case", &known))
		json_object_object_get_ex(object, "expect", &expect);
	good = answer_object(calendars, known ? known : object, ret_answer);
	if (expect)
		add_agrees(ret_answer, start, expect);
	return good;
}
