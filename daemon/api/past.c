/* The calendars of a few former generations, as they were asked for last. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/past.h"
#include "daemon/zoneinfo.h"

#define PAST_BOOKS 8

struct past {
	struct book *books[PAST_BOOKS];
	int next; /* the oldest: its place is taken next */
};

struct past *past_new(void)
{
	struct past *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	return p;
}

void past_free(struct past *p)
{
	if (!p)
		return;
	for (int i = 0; i < PAST_BOOKS; i++)
		book_unref(p->books[i]);
	free(p);
}

int64_t past_generation(const struct dossier *d, const struct deadline_row *row)
{
	struct calendar_change change;
	struct dossier_term term;

	if (!book_change_find(d->book, row->calendar, row->generation, &change))
		return -1;
	/* One that runs is explained by those in force, unless the change has not come to it yet.
	 */
	if (row->stopped_at == MOMENT_NONE && dossier_term(d, row, &term) == 0 &&
		term.term.due_at == row->due_at)
		return -1;
	return row->generation;
}

struct book *past_find(struct past *p, int64_t generation)
{
	for (int i = 0; i < PAST_BOOKS; i++) {
		if (p->books[i] && p->books[i]->generation == generation)
			return p->books[i];
	}
	return NULL;
}

void past_ask(struct unit *u, int64_t generation)
{
	params_int64(unit_add(u, SQL_CALENDARS_AS_OF), generation);
}

void past_adopt(struct past *p, const struct unit *u, int statement, int64_t generation)
{
	static const struct json_limits limits = {.depth = 64};
	struct book *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	*b = (struct book){
		.refs = 1, .calendars = calendars_new(zoneinfo_loader()), .generation = generation};
	for (int i = 0; i < rows_count(u, statement); i++) {
		struct row r = row_of(u, statement, i);
		const char *code = row_text(&r);
		int version = row_int(&r);
		_faults_ faults = {0};
		_json_ *json = NULL;

		/* They were sound when they were recorded; one that is not leaves its dates
		 * unexplained. */
		if (json_read(row_span(&r), &limits, NULL, &json) == 0 &&
			calendars_put(b->calendars, json, code, version, "", &faults) != 0)
			continue;
	}
	book_unref(p->books[p->next]);
	p->books[p->next] = b;
	p->next = (p->next + 1) % PAST_BOOKS;
}
