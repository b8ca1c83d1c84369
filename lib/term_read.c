/* Rules, pauses and extensions from JSON, and rules and pauses back to it. */
#include "lib/term_read.h"

static const char *const units[] = {
#define X(name) #name,
	TERM_UNITS(X)
#undef X
};
static const char *const starts[] = {
#define X(name) #name,
	TERM_STARTS(X)
#undef X
};
static const char *const rolls[] = {"forward", "none", "backward"};
static const char *const offsets[] = {"next_day", "same_day"};
static const char *const ends[] = {"end_of_day", "close"};
static const char *const after_hours[] = {"as_is", "next_working_day"};
static const char *const effects[] = {"pause", "restart", "none"};

/* The index of an optional enum member; 0, the page's default, where it is absent or faulty. */
static unsigned get_choice(
	struct json_reader *r, const char *name, const char *const names[], size_t count)
{
	int i = json_get_enum(r, name, JSON_OPTIONAL, names, count);

	return i < 0 ? 0 : (unsigned)i;
}

static void read_length(struct json_reader *r, int32_t *ret_amount, enum term_unit *ret_unit)
{
	int64_t amount = 1;
	int unit;

	json_get_int64(r, "amount", JSON_REQUIRED, 1, TERM_AMOUNT_MAX, &amount);
	unit = json_get_enum(r, "unit", JSON_REQUIRED, units, ARRAY_SIZE(units));
	*ret_amount = (int32_t)amount;
	*ret_unit = unit < 0 ? TERM_day : (enum term_unit)unit;
}

static void read_start(struct json_reader *r, struct term_rule *rule)
{
	static const char stage[] = "stage:";
	const char *s = json_get_string(r, "start", JSON_OPTIONAL, 64);

	if (!s)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (strcmp(s, starts[i]) == 0) {
			rule->start = (enum term_start)(TERM_START_UNSTATED + 1 + i);
			return;
		}
	}
	if (strncmp(s, stage, strlen(stage)) == 0 &&
		deadline_kind_parse(span_of(s + strlen(stage)), &rule->start_stage)) {
		rule->start = TERM_START_STAGE;
		return;
	}
	json_reader_fault(r, "start", WORD_reason_not_allowed,
		"received, registered, complete, paid, forwarded, decided, stage:<kind>", NULL);
}

static void read_calendar_of(struct json_reader *r, struct term_rule *rule)
{
	const char *s = json_get_string(r, "calendar_of", JSON_OPTIONAL, CALENDAR_CODE_SIZE - 1);

	if (!s || strcmp(s, "agency") == 0)
		return;
	if (strcmp(s, "office") == 0) {
		rule->calendar_of = TERM_CALENDAR_OFFICE;
		return;
	}
	if (strlen(s) >= CALENDAR_CODE_SIZE) {
		json_reader_fault(r, "calendar_of", WORD_reason_too_long, "64", NULL);
		return;
	}
	rule->calendar_of = TERM_CALENDAR_CODE;
	strcpy(rule->calendar_code, s);
}

int term_rule_read(
	json_object *json, const char *pointer, struct faults *faults, struct term_rule *ret_rule)
{
	size_t before = faults->count;
	struct term_rule rule = {0};
	int64_t minimum = 0;
	struct json_reader r;

	json_reader_init(&r, json, pointer, faults);
	read_length(&r, &rule.amount, &rule.unit);
	read_start(&r, &rule);
	rule.same_day = get_choice(&r, "offset", offsets, ARRAY_SIZE(offsets)) == 1;
	rule.next_working_day =
		get_choice(&r, "after_hours", after_hours, ARRAY_SIZE(after_hours)) == 1;
	rule.at_close = get_choice(&r, "end", ends, ARRAY_SIZE(ends)) == 1;
	rule.roll = (enum term_roll)get_choice(&r, "roll", rolls, ARRAY_SIZE(rolls));
	json_get_int64(&r, "min_working_days", JSON_OPTIONAL, 0, TERM_AMOUNT_MAX, &minimum);
	rule.min_working_days = (int32_t)minimum;
	read_calendar_of(&r, &rule);
	json_reader_end(&r);
	if (faults->count > before)
		return 1;
	*ret_rule = rule;
	return 0;
}

int term_span_read(
	json_object *json, const char *pointer, struct faults *faults, struct term_rule *ret_span)
{
	size_t before = faults->count;
	struct term_rule rule = {0};
	struct json_reader r;

	json_reader_init(&r, json, pointer, faults);
	read_length(&r, &rule.amount, &rule.unit);
	json_reader_end(&r);
	if (faults->count > before)
		return 1;
	*ret_span = rule;
	return 0;
}

int term_extension_read(json_object *json, const char *pointer, struct faults *faults,
	struct term_extension *ret_extension)
{
	struct term_rule rule;
	int r = term_span_read(json, pointer, faults, &rule);

	if (r == 0)
		*ret_extension = (struct term_extension){rule.amount, rule.unit};
	return r;
}

/* False: absent or at fault. */
static bool read_moment(
	struct json_reader *r, const char *name, enum json_need need, int64_t *ret_at)
{
	const char *s = json_get_string(r, name, need, 64);

	if (!s)
		return false;
	if (moment_parse(span_of(s), ret_at, NULL))
		return true;
	json_reader_fault(r, name, WORD_reason_bad_format, "2026-06-05T11:00:00+06:00", NULL);
	return false;
}

static void read_cure_by(struct json_reader *r, struct term_pause *pause)
{
	const char *s = json_get_string(r, "cure_by", JSON_OPTIONAL, MOMENT_TEXT_SIZE - 1);
	int64_t at;
	int32_t day;

	if (!s)
		return;
	if (strlen(s) >= MOMENT_TEXT_SIZE ||
		(!day_parse(span_of(s), &day) && !moment_parse(span_of(s), &at, NULL)))
		json_reader_fault(r, "cure_by", WORD_reason_bad_format, "YYYY-MM-DD", NULL);
	else
		strcpy(pause->cure_by, s);
}

int term_pause_read(
	json_object *json, const char *pointer, struct faults *faults, struct term_pause *ret_pause)
{
	size_t before = faults->count;
	struct term_pause p = {.until_at = MOMENT_NONE};
	struct json_reader r;
	const char *ground;

	json_reader_init(&r, json, pointer, faults);
	if (read_moment(&r, "from", JSON_REQUIRED, &p.from_at) &&
		read_moment(&r, "until", JSON_OPTIONAL, &p.until_at) && p.until_at < p.from_at)
		json_reader_fault(&r, "until", WORD_reason_conflict, "from", NULL);
	ground = json_get_string(&r, "ground", JSON_OPTIONAL, sizeof(p.ground) - 1);
	if (ground && strlen(ground) >= sizeof(p.ground))
		json_reader_fault(&r, "ground", WORD_reason_too_long, "64", NULL);
	else if (ground)
		strcpy(p.ground, ground);
	p.effect = (enum term_effect)get_choice(&r, "effect", effects, ARRAY_SIZE(effects));
	p.first_same_day = get_choice(&r, "first_paused", offsets, ARRAY_SIZE(offsets)) == 1;
	json_get_bool(&r, "resume_counts", JSON_OPTIONAL, &p.resume_counts);
	read_cure_by(&r, &p);
	json_reader_end(&r);
	if (faults->count > before)
		return 1;
	*ret_pause = p;
	return 0;
}

static int by_from(const void *a, const void *b)
{
	const struct term_pause *x = a, *y = b;

	if (x->from_at != y->from_at)
		return x->from_at < y->from_at ? -1 : 1;
	return x->until_at < y->until_at ? -1 : x->until_at > y->until_at;
}

int term_pauses_check(
	struct term_pause *pauses, size_t npauses, const char *pointer, struct faults *faults)
{
	if (npauses > TERM_PAUSES_MAX) {
		faults_add(faults, pointer, WORD_reason_too_long, "256", NULL);
		return 1;
	}
	qsort(pauses, npauses, sizeof(*pauses), by_from);
	for (size_t i = 1; i < npauses; i++) {
		char from[MOMENT_TEXT_SIZE];

		if (pauses[i - 1].until_at <= pauses[i].from_at)
			continue;
		moment_format(pauses[i - 1].from_at, NULL, from);
		faults_add(faults, pointer, WORD_reason_conflict, from, NULL);
		return 1;
	}
	return 0;
}

static void add_member(struct text *t, const char *name, const char *value)
{
	text_addf(t, ",\"%s\":", name);
	text_add_json(t, value);
}

void text_add_term_rule(struct text *t, const struct term_rule *rule)
{
	text_addf(t, "{\"amount\":%d,\"unit\":\"%s\"", rule->amount, term_unit_name(rule->unit));
	if (rule->start == TERM_START_STAGE)
		text_addf(t, ",\"start\":\"stage:%s\"", deadline_kind_name(rule->start_stage));
	else if (rule->start != TERM_START_UNSTATED)
		add_member(t, "start", starts[rule->start - TERM_START_UNSTATED - 1]);
	if (rule->same_day)
		add_member(t, "offset", offsets[1]);
	if (rule->next_working_day)
		add_member(t, "after_hours", after_hours[1]);
	if (rule->at_close)
		add_member(t, "end", ends[1]);
	if (rule->roll != TERM_ROLL_FORWARD)
		add_member(t, "roll", rolls[rule->roll]);
	if (rule->min_working_days)
		text_addf(t, ",\"min_working_days\":%d", rule->min_working_days);
	if (rule->calendar_of == TERM_CALENDAR_OFFICE)
		add_member(t, "calendar_of", "office");
	else if (rule->calendar_of == TERM_CALENDAR_CODE)
		add_member(t, "calendar_of", rule->calendar_code);
	text_add_char(t, '}');
}

void text_add_term_pause(struct text *t, const struct term_pause *pause, const struct zone *zone)
{
	char at[MOMENT_TEXT_SIZE];

	moment_format(pause->from_at, zone, at);
	text_addf(t, "{\"from\":\"%s\",\"until\":", at);
	if (pause->until_at == MOMENT_NONE) {
		text_adds(t, "null");
	} else {
		moment_format(pause->until_at, zone, at);
		text_add_json(t, at);
	}
	if (*pause->ground)
		add_member(t, "ground", pause->ground);
	add_member(t, "effect", effects[pause->effect]);
	add_member(t, "first_paused", offsets[pause->first_same_day]);
	text_addf(t, ",\"resume_counts\":%s", pause->resume_counts ? "true" : "false");
	if (*pause->cure_by)
		add_member(t, "cure_by", pause->cure_by);
	text_add_char(t, '}');
}
