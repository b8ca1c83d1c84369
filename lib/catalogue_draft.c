/* Reading a catalogue's members: codes, names, days, references and rules, with every fault. */
#include "lib/catalogue_draft.h"
#include "lib/day.h"
#include "lib/term_read.h"

#define CODE_FORMAT "[A-Za-z0-9][A-Za-z0-9._-]*"

void *draft_take(struct draft *d, size_t count, size_t size)
{
	return pool_alloc(d->c->pool, (count ? count : 1) * size);
}

static bool is_code_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_code(const char *s)
{
	bool is = is_code_start(s[0]);

	for (; is && *s; s++)
		is = is_code_start(*s) || *s == '.' || *s == '_' || *s == '-';
	return is;
}

const char *draft_code(struct json_reader *r, const char *name, enum json_need need)
{
	const char *code = json_get_string(r, name, need, CODE_MAX);

	if (!code)
		return "";
	if (is_code(code))
		return code;
	json_reader_fault(r, name, WORD_reason_bad_format, CODE_FORMAT, NULL);
	return "";
}

/* A language tag of two or three letters: ours are three, and files of other countries have more.
 */
static bool is_tag(const char *tag)
{
	size_t len = strspn(tag, "abcdefghijklmnopqrstuvwxyz");

	return !tag[len] && len >= 2 && len <= 3;
}

static void read_text(struct json_reader *r, const char *tag, json_object *text,
	struct names *names, const char **ret_any)
{
	const char *s =
		json_object_is_type(text, json_type_string) ? json_object_get_string(text) : NULL;
	enum lang lang;

	if (!is_tag(tag)) {
		json_reader_fault(r, tag, WORD_reason_unknown_member, NULL, NULL);
	} else if (!s) {
		json_reader_fault(r, tag, WORD_reason_wrong_type, "string", NULL);
	} else if (!*s) {
		json_reader_fault(r, tag, WORD_reason_too_short, "1", NULL);
	} else if (strlen(s) > TEXT_MAX) {
		json_reader_fault(r, tag, WORD_reason_too_long, "4000", NULL);
	} else {
		*ret_any = s;
		if (lang_parse(span_of(tag), &lang))
			names->text[lang] = s;
	}
}

/* Kyrgyz and Russian stand in for each other before English does. */
static void fill(struct names *names, const char *otherwise)
{
	static const enum lang order[] = {LANG_RU, LANG_KY, LANG_EN};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (int lang = 0; lang < LANG_COUNT && names->text[order[i]]; lang++) {
			if (!names->text[lang])
				names->text[lang] = names->text[order[i]];
		}
	}
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		if (!names->text[lang])
			names->text[lang] = otherwise;
	}
}

struct names draft_names(
	struct json_reader *r, const char *name, enum json_need need, const char *otherwise)
{
	json_object *texts = json_get_object(r, name, need);
	struct names names = {{NULL}};
	const char *any = otherwise;
	struct json_reader own;
	_free_ char *pointer = pointer_join(r->pointer, name);

	if (texts) {
		json_reader_init(&own, texts, pointer, r->faults);
		if (json_object_object_length(texts) == 0)
			json_reader_fault(&own, NULL, WORD_reason_too_short, "1", NULL);
		json_object_object_foreach (texts, tag, text)
			read_text(&own, tag, text, &names, &any);
	}
	fill(&names, any);
	return names;
}

int32_t draft_day(struct json_reader *r, const char *name, enum json_need need, int32_t otherwise)
{
	const char *text = json_get_string(r, name, need, DAY_TEXT_SIZE);
	int32_t day = otherwise;

	if (text && !day_parse(span_of(text), &day))
		json_reader_fault(r, name, WORD_reason_bad_format, "YYYY-MM-DD", NULL);
	return day;
}

void draft_validity(struct json_reader *r, int32_t *ret_from, int32_t *ret_to)
{
	*ret_from = draft_day(r, "valid_from", JSON_REQUIRED, DAY_MIN);
	*ret_to = draft_day(r, "valid_to", JSON_OPTIONAL, INT32_MAX);
	if (*ret_to < *ret_from)
		json_reader_fault(r, "valid_to", WORD_reason_conflict, "valid_from", NULL);
}

static void check_calendar(
	struct draft *d, struct json_reader *r, const char *name, const char *code)
{
	if (!d->checks || !d->checks->calendar_exists)
		return;
	if (!d->checks->calendar_exists(d->checks->context, code))
		json_reader_fault(r, name, WORD_reason_not_found, code, NULL);
}

const char *draft_calendar(struct draft *d, struct json_reader *r, const char *name,
	enum json_need need, const char *otherwise)
{
	const char *code = draft_code(r, name, need);

	if (!*code)
		return otherwise;
	check_calendar(d, r, name, code);
	return code;
}

const struct territory *draft_territory(
	struct draft *d, struct json_reader *r, const char *name, enum json_need need)
{
	const char *code = draft_code(r, name, need);
	const struct territory *found = *code ? catalogue_territory_find(d->c, code) : NULL;

	if (*code && !found)
		json_reader_fault(r, name, WORD_reason_not_found, code, NULL);
	return found;
}

const struct agency *draft_agency(
	struct draft *d, struct json_reader *r, const char *name, enum json_need need)
{
	const char *code = draft_code(r, name, need);
	const struct agency *found = *code ? catalogue_agency_find(d->c, code) : NULL;

	if (*code && !found)
		json_reader_fault(r, name, WORD_reason_not_found, code, NULL);
	return found;
}

const struct term_rule *draft_rule(
	struct draft *d, struct json_reader *r, const char *name, enum json_need need, bool is_span)
{
	json_object *json = json_get_any(r, name, need);
	struct term_rule *rule;
	_free_ char *pointer = NULL;
	int faulty;

	if (!json)
		return NULL;
	pointer = pointer_join(r->pointer, name);
	rule = draft_take(d, 1, sizeof(*rule));
	faulty = is_span ? term_span_read(json, pointer, r->faults, rule)
			 : term_rule_read(json, pointer, r->faults, rule);
	if (faulty)
		return NULL;
	if (rule->calendar_of == TERM_CALENDAR_CODE)
		check_calendar(d, r, name, rule->calendar_code);
	return rule;
}

json_object *draft_array(
	struct json_reader *r, const char *name, enum json_need need, size_t *ret_count)
{
	json_object *array = json_get_array(r, name, need, ITEMS_MAX);

	*ret_count = array ? json_object_array_length(array) : 0;
	return array;
}
