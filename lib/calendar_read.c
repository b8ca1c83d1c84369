/* Calendar files: from JSON to what they say, every fault at once. */
#include <stdio.h>

#include "lib/calendar_parts.h"
#include "lib/json.h"

static const char *const weekday_names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

#define CLOCK_FORMAT "\"HH:MM-HH:MM\""

static void hours_done(struct hours *h)
{
	free(h->items);
	*h = (struct hours){0};
}

void calendar_source_free(struct calendar_source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < 7; i++)
		hours_done(&source->week[i]);
	for (size_t i = 0; i < source->nexceptions; i++) {
		hours_done(&source->exceptions[i].hours);
		free(source->exceptions[i].source);
	}
	free(source->exceptions);
	free(source);
}

/* "HH:MM" up to 24:00, in minutes; -1: no such time. */
static int minute_of(const char *s)
{
	int h, m;

	for (int i = 0; i < 5; i++) {
		if (i == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9')
			return -1;
	}
	h = (s[0] - '0') * 10 + (s[1] - '0');
	m = (s[3] - '0') * 10 + (s[4] - '0');
	return m > 59 || h * 60 + m > 1440 ? -1 : h * 60 + m;
}

static bool read_interval(const char *s, struct interval *ret)
{
	int from, until;

	if (strlen(s) != 11 || s[5] != '-')
		return false;
	from = minute_of(s);
	until = minute_of(s + 6);
	if (from < 0 || until <= from)
		return false;
	*ret = (struct interval){(int16_t)from, (int16_t)until};
	return true;
}

static void item_fault(
	struct json_reader *r, const char *name, size_t i, enum word reason, const char *detail)
{
	_free_ char *array = pointer_join(r->pointer, name);
	_free_ char *item = pointer_index(array, i);

	faults_add(r->faults, item, reason, detail, NULL);
}

/* Member `name` of intervals: sorted, apart. Gives what is well; faults of the rest are reported.
 */
static struct hours read_hours(struct json_reader *r, const char *name, enum json_need need)
{
	json_object *array = json_get_array(r, name, need, INTERVALS_MAX);
	size_t n = array ? json_object_array_length(array) : 0;
	struct hours h = {0};

	if (n == 0)
		return h;
	h.items = calloc(n, sizeof(*h.items));
	if (!h.items)
		abort();
	for (size_t i = 0; i < n; i++) {
		const char *s = json_item_string(r, name, array, i, 11);
		struct interval next;

		if (!s)
			continue;
		if (!read_interval(s, &next))
			item_fault(r, name, i, WORD_reason_bad_format, CLOCK_FORMAT);
		else if (h.count && next.from < h.items[h.count - 1].until)
			item_fault(r, name, i, WORD_reason_conflict,
				json_object_get_string(json_object_array_get_idx(array, i - 1)));
		else
			h.items[h.count++] = next;
	}
	return h;
}

static bool read_day(struct json_reader *r, const char *name, int32_t *ret)
{
	const char *s = json_get_string(r, name, JSON_REQUIRED, 10);

	if (!s)
		return false;
	if (day_parse(span_of(s), ret))
		return true;
	json_reader_fault(r, name, WORD_reason_bad_format, "YYYY-MM-DD", NULL);
	return false;
}

/* Reads one entry; false: at fault, or revoked and so as if absent. */
static bool read_exception(struct json_reader *r, struct exception *ret)
{
	static const char *const kinds[] = {"holiday", "day_off", "working", "short"};
	static const char *const statuses[] = {"confirmed", "tentative", "revoked"};
	struct exception e = {0};
	bool good = read_day(r, "date", &e.day);
	int kind = json_get_enum(r, "kind", JSON_REQUIRED, kinds, ARRAY_SIZE(kinds));
	int status = json_get_enum(r, "status", JSON_OPTIONAL, statuses, ARRAY_SIZE(statuses));
	const char *source = json_get_string(r, "source", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, 1000);

	e.kind = (enum day_kind)(DAY_HOLIDAY + (kind < 0 ? 0 : kind));
	e.tentative = status == 1;
	e.hours = read_hours(r, "hours", e.kind == DAY_SHORT ? JSON_REQUIRED : JSON_OPTIONAL);
	if (kind >= 0 && e.kind < DAY_WORKING && e.hours.count)
		json_reader_fault(r, "hours", WORD_reason_conflict, kinds[kind], NULL);
	if (!good || kind < 0 || status == 2) {
		hours_done(&e.hours);
		return false;
	}
	if (source && *source && !(e.source = strdup(source)))
		abort();
	*ret = e;
	return true;
}

static int by_day(const void *a, const void *b)
{
	const struct exception *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static void read_exceptions(struct json_reader *r, struct calendar_source *source)
{
	json_object *array =
		json_get_array(r, "exceptions", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, EXCEPTIONS_MAX);
	size_t n = array ? json_object_array_length(array) : 0;

	source->exceptions = calloc(n + 1, sizeof(*source->exceptions));
	if (!source->exceptions)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct json_reader item;

		if (!json_reader_item(&item, r, "exceptions", array, i))
			continue;
		if (read_exception(&item, &source->exceptions[source->nexceptions]))
			source->exceptions[source->nexceptions++].index = i;
		json_reader_end(&item);
	}
	qsort(source->exceptions, source->nexceptions, sizeof(*source->exceptions), by_day);
	for (size_t i = 1; i < source->nexceptions; i++) {
		const struct exception *e = &source->exceptions[i];
		char day[DAY_TEXT_SIZE];

		if (e->day != e[-1].day)
			continue;
		day_format(e->day, day);
		item_fault(r, "exceptions", e->index, WORD_reason_conflict, day);
	}
}

static void read_week(struct json_reader *r, struct calendar_source *source)
{
	struct json_reader week;

	if (!json_reader_open(&week, r, "week", JSON_OPTIONAL))
		return;
	source->has_week = true;
	for (size_t i = 0; i < 7; i++)
		source->week[i] =
			read_hours(&week, weekday_names[i], JSON_OPTIONAL | JSON_MAY_BE_EMPTY);
	json_reader_end(&week);
}

static void read_covers(struct json_reader *r, struct calendar_source *source)
{
	json_object *array = json_get_array(r, "covers", JSON_OPTIONAL, 2);
	const char *first, *last;

	if (!array)
		return;
	if (json_object_array_length(array) != 2) {
		json_reader_fault(r, "covers", WORD_reason_bad_format,
			"[\"YYYY-MM-DD\",\"YYYY-MM-DD\"]", NULL);
		return;
	}
	first = json_item_string(r, "covers", array, 0, 10);
	last = json_item_string(r, "covers", array, 1, 10);
	source->has_covers = true;
	if (first && !day_parse(span_of(first), &source->covers_first))
		item_fault(r, "covers", 0, WORD_reason_bad_format, "YYYY-MM-DD");
	else if (last && !day_parse(span_of(last), &source->covers_last))
		item_fault(r, "covers", 1, WORD_reason_bad_format, "YYYY-MM-DD");
	else if (first && last && source->covers_last < source->covers_first)
		item_fault(r, "covers", 1, WORD_reason_conflict, first);
}

/* Copies an optional string into an array of `size`. */
static void read_code(
	struct json_reader *r, const char *name, enum json_need need, char *to, size_t size)
{
	const char *s = json_get_string(r, name, need, size - 1);

	if (!s)
		return;
	if (strlen(s) >= size) {
		char limit[16];

		snprintf(limit, sizeof(limit), "%zu", size - 1);
		json_reader_fault(r, name, WORD_reason_too_long, limit, NULL);
		return;
	}
	strcpy(to, s);
}

static void read_names(struct json_reader *r)
{
	struct json_reader names;

	if (!json_reader_open(&names, r, "name", JSON_OPTIONAL))
		return;
	if (names.object) {
		json_object_object_foreach (names.object, lang, value) {
			(void)value;
			json_get_string(&names, lang, JSON_OPTIONAL | JSON_MAY_BE_EMPTY, 200);
			if (names.asked_count + 1 >= JSON_READER_MEMBERS)
				break;
		}
	}
	json_reader_end(&names);
}

int calendar_source_read(json_object *json, const char *code, bool needs_code, int version,
	const char *pointer, struct faults *faults, struct calendar_source **ret)
{
	_cleanup_(calendar_source_freep)
	struct calendar_source *source = calloc(1, sizeof(*source));
	size_t before = faults->count;
	struct json_reader r;

	if (!source)
		abort();
	json_reader_init(&r, json, pointer, faults);
	read_code(&r, "code", needs_code && !code ? JSON_REQUIRED : JSON_OPTIONAL, source->code,
		sizeof(source->code));
	if (code && *source->code && strcmp(code, source->code) != 0)
		json_reader_fault(&r, "code", WORD_reason_conflict, code, NULL);
	if (code && strlen(code) < sizeof(source->code))
		strcpy(source->code, code);
	read_code(&r, "parent", JSON_OPTIONAL, source->parent, sizeof(source->parent));
	read_code(&r, "time_zone", JSON_OPTIONAL, source->zone_name, sizeof(source->zone_name));
	if (*source->zone_name && !zone_name_is_valid(span_of(source->zone_name)))
		json_reader_fault(&r, "time_zone", WORD_reason_not_found, source->zone_name, NULL);
	source->version = version;
	read_names(&r);
	read_covers(&r, source);
	read_week(&r, source);
	read_exceptions(&r, source);
	json_reader_end(&r);
	if (faults->count > before)
		return 1;
	*ret = source;
	source = NULL;
	return 0;
}
