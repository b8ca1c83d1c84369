/* GET /v1/events: the feed, pulled. Positions are dense, so that a reader who keeps the last one
 * misses nothing. */
#include <stdio.h>

#include "daemon/api/courier.h"
#include "daemon/api/dossier.h"
#include "daemon/api/feed.h"
#include "daemon/api/resources.h"

void feed_tell(struct api *a)
{
	feed_nudge(a->feed);
	courier_nudge(a->courier);
}

void feed_ask(struct params *p, int64_t after, int limit)
{
	params_int64(p, after < INT64_MAX - FEED_SPAN ? after : INT64_MAX - FEED_SPAN);
	params_int(p, FEED_SPAN);
	params_int(p, limit);
}

bool feed_position_parse(struct span s, int64_t *ret)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		n = n < INT64_MAX / 10 ? 10 * n + (s.at[i] - '0') : INT64_MAX;
	}
	*ret = n;
	return s.len > 0;
}

void feed_row_read(struct row *r, struct feed_row *ret)
{
	ret->position = row_int64(r);
	row_uuid(r, &ret->id);
	row_uuid(r, &ret->request);
	ret->seq = row_int(r);
	ret->kind = row_text(r);
	ret->occurred_at = row_moment(r);
	ret->recorded_at = row_moment(r);
	ret->number = row_text(r);
	ret->agency = row_text(r);
	ret->office = row_text(r);
	ret->service = row_text(r);
	ret->former = row_text(r);
}

bool feed_next(const struct unit *u, int statement, int *at, struct feed_row *ret)
{
	while (*at < rows_count(u, statement)) {
		struct row r = row_of(u, statement, (*at)++);

		if (row_is_null(&r))
			continue;
		feed_row_read(&r, ret);
		return true;
	}
	return false;
}

int64_t feed_head(const struct unit *u, int statement)
{
	for (int i = rows_count(u, statement) - 1; i >= 0; i--) {
		struct row r = row_of(u, statement, i);

		if (row_is_null(&r)) {
			r.at = 12;
			return row_int64(&r);
		}
	}
	return 0;
}

void feed_write(struct text *t, const struct feed_row *row, const struct zone *zone)
{
	const char *const where[][2] = {{"number", row->number}, {"kind", row->kind},
		{"agency", row->agency}, {"office", row->office}, {"service", row->service}};
	char id[UUID_TEXT_SIZE], request[UUID_TEXT_SIZE];

	uuid_format(&row->id, id);
	uuid_format(&row->request, request);
	text_addf(t,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/v1/requests\","
		"\"type\":\"kezek.request.%s\",\"subject\":\"%s\",",
		id, row->kind, request);
	text_add_moment(t, "time", row->recorded_at, zone);
	text_addf(t,
		",\"position\":%lld,\"datacontenttype\":\"application/json\",\"data\":{"
		"\"request\":\"%s\",\"seq\":%d",
		(long long)row->position, request, row->seq);
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		text_add_char(t, ',');
		text_add_member(t, where[i][0], where[i][1]);
	}
	text_add_char(t, ',');
	text_add_moment(t, "occurred_at", row->occurred_at, zone);
	text_adds(t, "}}");
}

/* Whether an agency is one of those that had it before. */
static bool had_it(const char *former, const char *agency)
{
	size_t len = strlen(agency);

	for (const char *at = former; at && len; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, agency, len) == 0 && (at[len] == '\n' || !at[len]))
			return true;
	}
	return false;
}

bool feed_sees(const struct call *c, const struct feed_row *row)
{
	struct viewer viewer = call_viewer(c);

	return access_sees(&viewer, row->agency, row->office) ||
	       (c->who.role != KEZEK_ROLE_clerk && had_it(row->former, c->who.agency));
}

/* Else it is of another feed, or of one that a restored dump has taken back. */
bool feed_knows(struct call *c, const char *name, int64_t position, int64_t head)
{
	char newest[24];

	if (position <= head)
		return true;
	snprintf(newest, sizeof(newest), "%lld", (long long)head);
	answer_bad_parameter(c, name, WORD_reason_too_big, newest);
	return false;
}

struct pull {
	int64_t after;
	struct page page; /* its limit alone */
};

static void on_pulled(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct pull *pull = c->state;
	struct feed_row row = {0};
	struct text t = TEXT_INIT;
	int64_t head, end;
	int at = 0, n = 0;

	if (!call_entered(c, how))
		return;
	head = feed_head(u, 1);
	if (!feed_knows(c, "after", pull->after, head))
		return;
	text_adds(&t, "{\"items\":[");
	while (feed_next(u, 1, &at, &row)) {
		if (n++)
			text_add_char(&t, ',');
		feed_write(&t, &row, book_zone(c->book, row.agency));
	}
	end = pull->after + FEED_SPAN < head ? pull->after + FEED_SPAN : head;
	if (n == pull->page.limit)
		end = row.position;
	text_addf(&t, "],\"page\":{\"end_cursor\":\"%lld\",\"has_more\":%s}}", (long long)end,
		end < head ? "true" : "false");
	answer_json(c, 200, &t);
}

void events_begin(struct call *c)
{
	static const char *const names[] = {"limit", "after", NULL};
	_text_ after = TEXT_INIT;
	struct pull *pull;

	if (!call_query_check(c, names))
		return;
	pull = call_state(c, sizeof(*pull), NULL);
	if (!page_read_limit(c, &pull->page))
		return;
	if (call_query(c, "after", &after) &&
		!feed_position_parse(text_span(&after), &pull->after)) {
		answer_bad_parameter(c, "after", WORD_reason_bad_format, "end_cursor");
		return;
	}
	feed_ask(call_read(c, SQL_FEED), pull->after, pull->page.limit);
	call_send(c, on_pulled);
}
