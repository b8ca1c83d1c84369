/* Reading a job's row, and finding the calendars by which it computes. */
#include "daemon/api/recompute_job.h"

void recompute_job_drop(struct recompute_job *j)
{
	book_unref(j->book);
	j->book = NULL;
}

int64_t recompute_job_generation(const struct recompute_job *j)
{
	return j->book->generation - j->dry;
}

/* Those in force, or with the one that a dry run tries. */
static enum recompute_taken find_book(
	struct recompute_job *j, const struct api *a, struct span body, int64_t made_at)
{
	static const struct json_limits limits = {.depth = 64};
	_faults_ faults = {0};
	_json_ *json = NULL;

	if (!a->book || a->book->generation < j->generation)
		return RECOMPUTE_AHEAD;
	if (!j->dry) {
		j->book = book_ref(a->book);
		return RECOMPUTE_READY;
	}
	if (a->book->generation > j->generation)
		return RECOMPUTE_BEHIND;
	if (json_read(body, &limits, NULL, &json) == 0)
		j->book = book_try(a->book, j->calendar, json, made_at, &faults);
	return j->book ? RECOMPUTE_READY : RECOMPUTE_REFUSED;
}

enum recompute_taken recompute_job_read(
	struct recompute_job *j, const struct api *a, const struct unit *u)
{
	struct row row = row_of(u, 0, 0);
	int64_t made_at, generation;
	const char *code;
	struct span body;
	struct uuid id;
	bool dry;

	row_uuid(&row, &id);
	dry = row_bool(&row);
	code = row_text(&row);
	generation = row_int64(&row);
	body = row_span(&row);
	made_at = row_moment(&row);
	figures_read(row_span(&row), &j->figures);
	if (j->book && uuid_compare(&j->id, &id) == 0 && j->generation == generation)
		return RECOMPUTE_READY;
	recompute_job_drop(j);
	j->id = id;
	j->dry = dry;
	j->generation = generation;
	memset(j->calendar, 0, sizeof(j->calendar));
	memcpy(j->calendar, code, strnlen(code, sizeof(j->calendar) - 1));
	j->began_mono = loop_mono();
	return find_book(j, a, body, made_at);
}

void recompute_job_calendars(const struct recompute_job *j, struct params *p)
{
	const struct calendars *set = j->book->calendars;
	struct columns codes;

	columns_init(&codes, "t");
	for (size_t i = 0; i < calendars_count(set); i++) {
		const struct calendar *c = calendars_find(set, calendars_code(set, i));

		if (c && calendar_rests_on(c, j->calendar))
			cell_text(&codes, calendars_code(set, i));
	}
	params_columns(p, &codes);
}
