/* The words of a `kezek term` line: its options, and the case of JSON that they ask about. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "daemon/cli/term_line.h"

static const struct option options[] = {
	{"calendars", required_argument, NULL, 'C'},
	{"calendar", required_argument, NULL, 'c'},
	{"from", required_argument, NULL, 'f'},
	{"offset", required_argument, NULL, 'r'},
	{"after-hours", required_argument, NULL, 'r'},
	{"end", required_argument, NULL, 'r'},
	{"roll", required_argument, NULL, 'r'},
	{"min-working-days", required_argument, NULL, 'm'},
	{"pause", required_argument, NULL, 'p'},
	{"restart", required_argument, NULL, 'P'},
	{"extend", required_argument, NULL, 'x'},
	{"cap", required_argument, NULL, 'k'},
	{"cap-from", required_argument, NULL, 'K'},
	{"rung", required_argument, NULL, 'l'},
	{"lang", required_argument, NULL, 'L'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

void term_line_done(struct term_line *l)
{
	json_object_put(l->rule);
	json_object_put(l->pauses);
	json_object_put(l->extensions);
	json_object_put(l->ladder);
	json_object_put(l->cap);
}

static json_object *number_or_text(const char *s)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s, &end, 10);
	if (errno || end == s || *end)
		return json_object_new_string(s);
	return json_object_new_int64(n);
}

/* "6 week" as {"amount":6,"unit":"week"}. */
static json_object *length_of(const char *s)
{
	json_object *o = json_object_new_object();
	const char *blank = strchr(s, ' ');
	_free_ char *amount = strndup(s, blank ? (size_t)(blank - s) : strlen(s));

	if (!amount)
		abort();
	json_object_object_add(o, "amount", number_or_text(amount));
	if (blank)
		json_object_object_add(o, "unit", json_object_new_string(blank + 1));
	return o;
}

/* "FROM..UNTIL" as {"from","until","effect"}; the days in it become moments later. */
static json_object *pause_of(const char *s, const char *effect)
{
	json_object *o = json_object_new_object();
	const char *dots = strstr(s, "..");
	size_t len = dots ? (size_t)(dots - s) : strlen(s);

	json_object_object_add(o, "from", json_object_new_string_len(s, (int)len));
	if (dots && dots[2])
		json_object_object_add(o, "until", json_object_new_string(dots + 2));
	json_object_object_add(o, "effect", json_object_new_string(effect));
	return o;
}

/* A member of the rule by its option: after-hours → after_hours. */
static void add_to_rule(struct term_line *l, const char *option, json_object *value)
{
	_free_ char *name = strdup(option);

	if (!name)
		abort();
	for (char *s = name; *s; s++)
		*s = *s == '-' ? '_' : *s;
	json_object_object_add(l->rule, name, value);
}

static json_object *rung_of(const char *at)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "at", json_object_new_string(at));
	return o;
}

/* Where an option that is kept as it was given goes; NULL: it is another. */
static const char **place_of(struct term_line *l, int key)
{
	if (key == 'C')
		return &l->calendars;
	if (key == 'c')
		return &l->calendar;
	if (key == 'f')
		return &l->from;
	return key == 'K' ? &l->cap_from : NULL;
}

/* False: no such language. */
static bool take_option(struct term_line *l, int key, const char *name)
{
	const char **place = place_of(l, key);

	if (place) {
		*place = optarg;
		return true;
	}
	switch (key) {
	case 'r':
		add_to_rule(l, name, json_object_new_string(optarg));
		break;
	case 'm':
		add_to_rule(l, name, number_or_text(optarg));
		break;
	case 'p':
		json_object_array_add(l->pauses, pause_of(optarg, "pause"));
		break;
	case 'P':
		json_object_array_add(l->pauses, pause_of(optarg, "restart"));
		break;
	case 'x':
		json_object_array_add(l->extensions, length_of(optarg));
		break;
	case 'k':
		json_object_put(l->cap);
		l->cap = length_of(optarg);
		break;
	case 'l':
		json_object_array_add(l->ladder, rung_of(optarg));
		break;
	case 'j':
		l->json = true;
		break;
	case 'h':
		l->help = true;
		break;
	default:
		return lang_parse(span_of(optarg), &l->lang);
	}
	return true;
}

static enum lang environment_lang(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	enum lang lang = LANG_EN;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *s = getenv(names[i]);

		if (!s || !*s)
			continue;
		if (strlen(s) >= 2)
			lang_parse((struct span){s, 2}, &lang);
		break;
	}
	return lang;
}

void term_line_init(struct term_line *l)
{
	*l = (struct term_line){
		.rule = json_object_new_object(),
		.pauses = json_object_new_array(),
		.extensions = json_object_new_array(),
		.ladder = json_object_new_array(),
		.lang = environment_lang(),
	};
}

int term_line_take(struct term_line *l, int argc, char **argv)
{
	int index, key;

	optind = 0;
	while ((key = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (key == '?')
			return -1;
		if (!take_option(l, key, options[index].name)) {
			fprintf(stderr, "kezek term: --lang: ky, ru, en\n");
			return -1;
		}
	}
	return argc - optind;
}

/* A bare day is its first instant in the calendar's zone. */
static json_object *moment_of(const struct calendar *c, const char *s)
{
	char at[MOMENT_TEXT_SIZE];
	int32_t day;

	if (!c || !day_parse(span_of(s), &day))
		return json_object_new_string(s);
	moment_format(calendar_day_starts(c, day), calendar_zone(c), at);
	return json_object_new_string(at);
}

json_object *term_line_case(const struct term_line *l, const struct calendars *set, char **operands)
{
	const char *code = l->calendar ? l->calendar : "kg-state";
	const struct calendar *calendar = calendars_find(set, code);
	json_object *o = json_object_new_object();

	json_object_object_add(l->rule, "amount", number_or_text(operands[0]));
	json_object_object_add(l->rule, "unit", json_object_new_string(operands[1]));
	for (size_t i = 0; i < json_object_array_length(l->pauses); i++) {
		static const char *const ends[] = {"from", "until"};
		json_object *pause = json_object_array_get_idx(l->pauses, i), *end;

		for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
			if (json_object_object_get_ex(pause, ends[j], &end))
				json_object_object_add(pause, ends[j],
					moment_of(calendar, json_object_get_string(end)));
		}
	}
	json_object_object_add(o, "calendar", json_object_new_string(code));
	json_object_object_add(o, "rule", json_object_get(l->rule));
	json_object_object_add(o, "start", moment_of(calendar, l->from));
	json_object_object_add(o, "pauses", json_object_get(l->pauses));
	json_object_object_add(o, "extensions", json_object_get(l->extensions));
	json_object_object_add(o, "cap", json_object_get(l->cap));
	if (l->cap_from)
		json_object_object_add(o, "cap_start", moment_of(calendar, l->cap_from));
	if (json_object_array_length(l->ladder))
		json_object_object_add(o, "ladder", json_object_get(l->ladder));
	return o;
}
