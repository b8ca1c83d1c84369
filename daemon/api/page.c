/* Pages of lists: an opaque cursor that holds the last row's sort key. */
#include <stdio.h>

#include "daemon/api/resources.h"

#define LIMIT_DEFAULT 50

bool page_read_limit(struct call *c, struct page *ret)
{
	_text_ value = TEXT_INIT;
	long limit;
	char *end;

	ret->limit = LIMIT_DEFAULT;
	if (!call_query(c, "limit", &value))
		return true;
	limit = strtol(value.data ? value.data : "", &end, 10);
	if (!value.len || *end || limit < 1 || limit > PAGE_LIMIT_MAX) {
		answer_bad_parameter(c, "limit", WORD_reason_bad_format, "1…500");
		return false;
	}
	ret->limit = (int)limit;
	return true;
}

bool page_parse_after(const char *cursor, struct page *ret)
{
	long long at;
	int used = 0;

	if (strlen(cursor) <= UUID_TEXT_SIZE || sscanf(cursor, "%lld.%n", &at, &used) != 1 ||
		!used || !(at == MOMENT_NONE || (at >= MOMENT_MIN && at <= MOMENT_MAX)) ||
		!uuid_parse(span_of(cursor + used), &ret->after_id))
		return false;
	ret->has_after = true;
	ret->after_at = at;
	return true;
}

bool page_read(struct call *c, struct page *ret)
{
	_text_ value = TEXT_INIT;

	memset(ret, 0, sizeof(*ret));
	ret->after_at = MOMENT_NONE;
	if (!page_read_limit(c, ret))
		return false;
	if (!call_query(c, "after", &value))
		return true;
	if (value.len && page_parse_after(value.data, ret))
		return true;
	answer_bad_parameter(c, "after", WORD_reason_bad_format, "end_cursor");
	return false;
}

void page_write(struct text *t, const struct uuid *last, int64_t last_at, bool has_more)
{
	char id[UUID_TEXT_SIZE];

	text_adds(t, "],\"page\":{\"end_cursor\":");
	if (last) {
		uuid_format(last, id);
		text_addf(t, "\"%lld.%s\"", (long long)last_at, id);
	} else {
		text_adds(t, "null");
	}
	text_addf(t, ",\"has_more\":%s}", has_more ? "true" : "false");
}

void page_reply(struct call *c, int statement,
	void (*add)(struct text *t, struct call *c, struct row r, struct uuid *ret_id))
{
	const struct page *page = c->state;
	int n = rows_count(&c->unit, statement);
	struct text t = TEXT_INIT;
	struct uuid last;

	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < n && i < page->limit; i++) {
		if (i)
			text_add_char(&t, ',');
		add(&t, c, row_of(&c->unit, statement, i), &last);
	}
	page_write(&t, n ? &last : NULL, 0, n > page->limit);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}
