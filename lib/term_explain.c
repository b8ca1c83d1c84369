/* Why a term ends when it does, as JSON. */
#include "lib/term_explain.h"

static const char *const whats[TERM_WHAT_COUNT] = {
#define X(name) [TERM_IS_##name] = #name,
	TERM_WHATS(X)
#undef X
};

static void add_day(struct text *t, const char *name, int32_t day)
{
	char s[DAY_TEXT_SIZE];

	text_addf(t, "\"%s\":", name);
	if (day == DAY_MAX) {
		text_adds(t, "null");
		return;
	}
	day_format(day, s);
	text_add_json(t, s);
}

static void add_moment(struct text *t, const char *name, int64_t at, const struct zone *zone)
{
	char s[MOMENT_TEXT_SIZE];

	text_addf(t, "\"%s\":", name);
	if (at == MOMENT_NONE) {
		text_adds(t, "null");
		return;
	}
	moment_format(at, zone, s);
	text_add_json(t, s);
}

static bool runs(const struct term_segment *s)
{
	return s->what == TERM_IS_counted || s->what == TERM_IS_moved_workday ||
	       s->what == TERM_IS_extended;
}

static void add_segment(
	struct text *t, const struct term_segment *s, const struct zone *zone, int64_t *run)
{
	text_add_char(t, '{');
	if (s->in_hours) {
		/* Whole minutes cut from the running sum, so that they add up to the whole. */
		int64_t before = runs(s) ? *run : 0, after = before + s->count;

		add_moment(t, "from", s->from_at, zone);
		text_add_char(t, ',');
		add_moment(t, "to", s->to_at, zone);
		text_addf(t, ",\"what\":\"%s\",\"minutes\":%lld", whats[s->what],
			(long long)(after / USEC_PER_MIN - before / USEC_PER_MIN));
		if (runs(s))
			*run = after;
	} else {
		add_day(t, "from", s->from_on);
		text_add_char(t, ',');
		add_day(t, "to", s->to_on);
		text_addf(t, ",\"what\":\"%s\",\"days\":%lld", whats[s->what], (long long)s->count);
	}
	text_adds(t, ",\"why\":");
	text_add_json(t, s->why);
	if (s->doubtful)
		text_adds(t, ",\"provisional\":true");
	text_add_char(t, '}');
}

void text_add_term_segments(struct text *t, const struct term_trace *trace, const struct zone *zone)
{
	int64_t run = 0;

	text_add_char(t, '[');
	for (size_t i = 0; i < trace->nsegments; i++) {
		if (i)
			text_add_char(t, ',');
		add_segment(t, &trace->segments[i], zone, &run);
	}
	text_add_char(t, ']');
}

void text_add_term_doubts(struct text *t, const struct term_trace *trace)
{
	text_add_char(t, '[');
	for (size_t i = 0; i < trace->ndoubts; i++) {
		const struct term_doubt *d = &trace->doubts[i];

		text_adds(t, i ? ",{" : "{");
		add_day(t, "from", d->from_on);
		text_add_char(t, ',');
		add_day(t, "to", d->to_on);
		text_addf(t, ",\"is\":\"%s\",\"why\":", d->tentative ? "tentative" : "not_covered");
		text_add_json(t, d->source);
		text_add_char(t, '}');
	}
	text_add_char(t, ']');
}

void text_add_term_explanation(struct text *t, bool bare, const struct calendar *calendar,
	const struct term_rule *rule, int rule_version, const struct term_facts *facts,
	const struct term *term)
{
	_term_trace_ trace = {0};

	term_trace(calendar, rule, facts, term, &trace);
	text_adds(t, bare ? "\"explanation\":" : "{\"explanation\":");
	text_add_term_segments(t, &trace, calendar_zone(calendar));
	text_adds(t, ",\"provisional_because\":");
	text_add_term_doubts(t, &trace);
	text_adds(t, ",\"sentence\":{");
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		struct text sentence = TEXT_INIT;

		text_addf(t, "%s\"%s\":", lang ? "," : "", lang_code((enum lang)lang));
		text_add_term_sentence(&sentence, calendar, rule, rule_version, facts, term, &trace,
			(enum lang)lang);
		text_add_json(t, sentence.data);
		text_done(&sentence);
	}
	text_adds(t, bare ? "}" : "}}");
}

void text_add_term_left(struct text *t, const struct term *term)
{
	bool hours = term->left_unit == TERM_hour || term->left_unit == TERM_working_hour;

	text_addf(t, ",\"paused\":true,\"left\":{\"%s\":%lld,\"unit\":\"%s\",\"extensions\":%zu}",
		hours ? "minutes" : "days",
		(long long)(hours ? term->left / USEC_PER_MIN : term->left),
		term_unit_name(term->left_unit), term->left_extensions);
	text_adds(t, ",\"cure_by\":");
	text_add_json(t, *term->open->cure_by ? term->open->cure_by : NULL);
}
