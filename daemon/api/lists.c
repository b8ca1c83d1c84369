/* Lists of requests: filters, pages, counts; and searches, which never stand in a URL. */
#include "daemon/api/access_log.h"
#include "daemon/api/dossier.h"
#include "daemon/api/export.h"
#include "daemon/api/resources.h"
#include "daemon/api/lookups.h"
#include "lib/lookup_code.h"

#define SEARCH_LIMIT 100 /* where the body has none */

/* Rows of request_view from statement 1; one more than the page holds tells has_more. */
static void reply_list(struct call *c, struct unit *u, int limit, bool by_due)
{
	struct viewer viewer = call_viewer(c);
	struct text t = TEXT_INIT;
	int n = rows_count(u, 1), written = 0;
	struct uuid last;
	int64_t last_at = 0;

	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < n && i < limit; i++) {
		struct request_row row;
		struct dossier d;

		/* One that cannot be read holds nothing up. */
		request_row_read(row_of(u, 1, i), &row);
		last = row.id;
		last_at = by_due ? row.due_at : 0;
		if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop), row_of(u, 1, i)) < 0)
			continue;
		if (written++)
			text_add_char(&t, ',');
		dossier_write(&t, &d, &viewer, c->who.name, c->lang, false);
		access_tells(c, &d.row.id);
		dossier_done(&d);
	}
	page_write(&t, n ? &last : NULL, last_at, n > limit);
	if (rows_count(u, 2)) {
		struct row r = row_of(u, 2, 0);

		t.len--;
		text_addf(&t, ",\"count\":%lld}", (long long)row_int64(&r));
	}
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

struct listing {
	struct page page;
	struct text agency, office, service, state, deadline, number, responsible, sort, count;
	int overdue, on_desk; /* -1: not asked */
	int64_t due_before, updated_since;
	bool by_due;
};

static void listing_free(void *state)
{
	struct listing *l = state;
	struct text *texts[] = {&l->agency, &l->office, &l->service, &l->state, &l->deadline,
		&l->number, &l->responsible, &l->sort, &l->count};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		text_done(texts[i]);
	free(l);
}

static void on_list(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct listing *l = c->state;

	if (call_entered(c, how))
		reply_list(c, u, l->page.limit, l->by_due);
}

static bool read_moment(struct call *c, const char *name, int64_t *ret)
{
	_text_ value = TEXT_INIT;
	int32_t day;

	*ret = MOMENT_NONE;
	if (!call_query(c, name, &value))
		return true;
	if (moment_parse(text_span(&value), ret, NULL))
		return true;
	if (day_parse(text_span(&value), &day)) {
		const struct calendar *zone =
			calendars_count(c->book->calendars)
				? calendars_find(
					  c->book->calendars, calendars_code(c->book->calendars, 0))
				: NULL;

		*ret = zone_instant(zone ? calendar_zone(zone) : NULL, day, 0);
		/* What is due on a day is late from the next midnight: due before the 13th is due
		 * on the 12th. */
		if (strcmp(name, "due_before") == 0)
			(*ret)++;
		return true;
	}
	answer_bad_parameter(c, name, WORD_reason_bad_format, "RFC 3339");
	return false;
}

/* A comma-separated list of known states. */
static bool states_are_known(const struct text *states)
{
	struct span left = text_span(states);

	while (left.len) {
		const char *comma = memchr(left.at, ',', left.len);
		struct span one = {left.at, comma ? (size_t)(comma - left.at) : left.len};
		enum kezek_state state;

		if (!state_parse(one, &state))
			return false;
		if (!comma)
			return true;
		left.at += one.len + 1;
		left.len -= one.len + 1;
	}
	return false;
}

/* -1 where it is not asked. */
static bool read_flag(struct call *c, const char *name, int *ret)
{
	static const char *const words[] = {"false", "true", "0", "1"};
	_text_ value = TEXT_INIT;

	*ret = -1;
	if (!call_query(c, name, &value))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (span_is(text_span(&value), words[i]))
			*ret = (int)(i & 1);
	}
	if (*ret >= 0)
		return true;
	answer_bad_parameter(c, name, WORD_reason_not_allowed, "true, false");
	return false;
}

static bool read_filters(struct call *c, struct listing *l)
{
	enum kezek_deadline_state deadline;

	call_query(c, "agency", &l->agency);
	call_query(c, "office", &l->office);
	call_query(c, "service", &l->service);
	call_query(c, "number", &l->number);
	call_query(c, "responsible", &l->responsible);
	if (call_query(c, "count", &l->count) && !span_is(text_span(&l->count), "exact") &&
		!span_is(text_span(&l->count), "estimate")) {
		answer_bad_parameter(c, "count", WORD_reason_not_allowed, "exact, estimate");
		return false;
	}
	if (call_query(c, "state", &l->state) && !states_are_known(&l->state)) {
		answer_bad_parameter(c, "state", WORD_reason_not_allowed,
			"incomplete, awaiting_payment, queued, claimed, in_work, paused, decided, "
			"closed, refused, withdrawn, lapsed");
		return false;
	}
	if (call_query(c, "deadline", &l->deadline) &&
		!deadline_state_parse(text_span(&l->deadline), &deadline)) {
		answer_bad_parameter(c, "deadline", WORD_reason_not_allowed,
			"running, paused, met, missed, void");
		return false;
	}
	if (call_query(c, "sort", &l->sort) && !span_is(text_span(&l->sort), "due_at") &&
		!span_is(text_span(&l->sort), "id")) {
		answer_bad_parameter(c, "sort", WORD_reason_not_allowed, "id, due_at");
		return false;
	}
	l->by_due = l->sort.len && l->sort.data[0] == 'd';
	return read_flag(c, "overdue", &l->overdue) && read_flag(c, "on_desk", &l->on_desk) &&
	       read_moment(c, "due_before", &l->due_before) &&
	       read_moment(c, "updated_since", &l->updated_since);
}

static void add_flag(struct params *p, int flag)
{
	if (flag < 0)
		params_text(p, NULL);
	else
		params_bool(p, flag);
}

static void add_filters(struct params *p, const struct listing *l)
{
	params_text(p, l->agency.data);
	params_text(p, l->office.data);
	params_text(p, l->service.data);
	params_text(p, l->state.data);
	params_text(p, l->deadline.data);
	add_flag(p, l->overdue);
	params_moment(p, l->due_before);
	params_moment(p, l->updated_since);
	params_text(p, l->number.data);
	params_text(p, l->responsible.data);
	add_flag(p, l->on_desk);
}

static void ask(struct call *c, const struct listing *l, const struct page *page)
{
	struct params *p = call_read(c, SQL_REQUEST_LIST);

	add_filters(p, l);
	params_text(p, l->sort.data);
	/* Those without a date come last, at infinity, in the cursor MOMENT_NONE. */
	if (page->has_after && l->by_due)
		params_moment_last(p, page->after_at);
	else
		params_moment(p, MOMENT_NONE);
	params_uuid(p, page->has_after ? &page->after_id : NULL);
	params_int(p, page->limit + 1);
}

static void ask_export(struct call *c, const struct page *page)
{
	ask(c, export_filters(c), page);
}

static const struct export_list by_id = {.ask = ask_export,
	.add = export_add_request,
	.head = EXPORT_REQUEST_HEAD,
	.statement = 1,
	.is_personal = true};
static const struct export_list by_due = {.ask = ask_export,
	.add = export_add_request,
	.head = EXPORT_REQUEST_HEAD,
	.statement = 1,
	.is_personal = true,
	.by_due = true};

void requests_list_begin(struct call *c)
{
	static const char *const names[] = {"agency", "office", "service", "state", "deadline",
		"overdue", "on_desk", "due_before", "updated_since", "number", "responsible",
		"sort", "limit", "after", "count", NULL};
	struct listing *l;

	if (!call_query_check(c, names))
		return;
	l = call_state(c, sizeof(*l), listing_free);
	if (!page_read(c, &l->page) || !read_filters(c, l))
		return;
	if (export_wanted(c)) {
		export_begin(c, l->by_due ? &by_due : &by_id, export_wanted(c));
		return;
	}
	ask(c, l, &l->page);
	if (l->count.len)
		add_filters(call_read(c, SQL_REQUEST_COUNT), l);
	call_send(c, on_list);
}

static void ask_number(struct call *c, struct listing *l, const char *number)
{
	l->overdue = l->on_desk = -1;
	l->due_before = l->updated_since = MOMENT_NONE;
	text_adds(&l->number, number);
	ask(c, l, &l->page);
}

static void ask_sought(struct call *c, const struct listing *l, struct sought *sought)
{
	struct params *p = call_read(c, SQL_SEARCH);

	params_text(p, sought->kind);
	params_columns(p, &sought->columns);
	params_uuid(p, l->page.has_after ? &l->page.after_id : NULL);
	params_int(p, l->page.limit + 1);
}

static void ask_value(struct call *c, const struct listing *l, const char *kind, const char *value)
{
	struct sought sought;

	sought_value(&sought, c->api->seal, kind, value);
	ask_sought(c, l, &sought);
}

/* False: answered. */
static bool ask_name(struct call *c, const struct listing *l, const char *name)
{
	struct sought sought;
	_faults_ faults = {0};

	if (sought_name(&sought, c->api->seal, name)) {
		ask_sought(c, l, &sought);
		return true;
	}
	faults_add(&faults, "/name", WORD_reason_too_short, "1", NULL);
	answer_faults(c, &faults);
	return false;
}

/* A look-up code as a person typed it. */
static bool read_code(struct json_reader *r, char ret_code[LOOKUP_CODE_SIZE])
{
	const char *typed = json_get_string(r, "code", JSON_OPTIONAL, 64);

	if (!typed || lookup_code_parse(span_of(typed), ret_code))
		return typed;
	json_reader_fault(r, "code", WORD_reason_bad_format, "7K2MX-9QD4T", NULL);
	return false;
}

static void read_search_page(struct json_reader *r, struct page *ret)
{
	const char *after = json_get_string(r, "after", JSON_OPTIONAL, 100);
	int64_t limit = SEARCH_LIMIT;

	(void)json_get_int64(r, "limit", JSON_OPTIONAL, 1, PAGE_LIMIT_MAX, &limit);
	*ret = (struct page){.limit = (int)limit, .after_at = MOMENT_NONE};
	if (after && !page_parse_after(after, ret))
		json_reader_fault(r, "after", WORD_reason_bad_format, "end_cursor", NULL);
}

/* POST /v1/searches: personal data never stands in a URL. */
void search_begin(struct call *c)
{
	struct listing *l = call_state(c, sizeof(*l), listing_free);
	struct json_reader r;
	_faults_ faults = {0};
	const char *pin, *reference, *number, *name;
	char code[LOOKUP_CODE_SIZE];
	bool has_code;

	json_reader_init(&r, c->body, "", &faults);
	pin = json_get_string(&r, "pin", JSON_OPTIONAL, 32);
	reference = json_get_string(&r, "external_ref", JSON_OPTIONAL, 200);
	number = json_get_string(&r, "number", JSON_OPTIONAL, 100);
	name = json_get_string(&r, "name", JSON_OPTIONAL, 200);
	has_code = read_code(&r, code);
	read_search_page(&r, &l->page);
	if (!faults.count && !!pin + !!reference + !!number + !!name + has_code != 1)
		json_reader_fault(&r, NULL, WORD_reason_not_allowed,
			"pin | external_ref | number | name | code", NULL);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	c->told.always = true; /* that there is nothing tells something too */
	if (name && !ask_name(c, l, name))
		return;
	if (number)
		ask_number(c, l, number);
	else if (pin)
		ask_value(c, l, "pin", pin);
	else if (reference)
		ask_value(c, l, "reference", reference);
	else if (has_code)
		ask_value(c, l, "code", code);
	call_send(c, on_list);
}
