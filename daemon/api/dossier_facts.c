/* A request in the hand: the facts of a deadline, its pauses and extensions, as its row keeps them.
 */
#include "daemon/api/dossier_deadline.h"
#include "lib/term_read.h"

/* The items of an array that this daemon wrote; NULL: none. The caller puts it. */
static json_object *read_array(const char *json, size_t *ret_count)
{
	json_object *all = NULL;

	if (!json || json_read(span_of(json), NULL, NULL, &all) != 0)
		all = NULL;
	*ret_count = all ? json_object_array_length(all) : 0;
	return all;
}

size_t dossier_pauses(const struct deadline_row *row, struct term_pause ret[DOSSIER_PAUSES_MAX])
{
	_faults_ faults = {0};
	size_t count, n = 0;
	_json_ *all = read_array(row->pauses, &count);

	for (size_t i = 0; i < count && n < DOSSIER_PAUSES_MAX; i++)
		n += term_pause_read(json_object_array_get_idx(all, i), "", &faults, &ret[n]) == 0;
	return n;
}

static void keep_pauses(
	struct dossier *d, struct deadline_row *row, const struct term_pause *pauses, size_t n)
{
	_text_ t = TEXT_INIT;

	text_add_char(&t, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add_char(&t, ',');
		text_add_term_pause(&t, &pauses[i], NULL);
	}
	text_add_char(&t, ']');
	row->pauses = pool_take(d->pool, &t);
}

void dossier_set_pauses(
	struct dossier *d, struct deadline_row *row, const struct term_pause *pauses, size_t n)
{
	dossier_catch_up(d, row, d->now);
	keep_pauses(d, row, pauses, n);
	dossier_compute(d, row);
	dossier_mirror(d);
}

static size_t read_extensions(const struct deadline_row *row, bool with_noted,
	struct term_extension ret[DOSSIER_EXTENSIONS_MAX])
{
	_faults_ faults = {0};
	size_t count, n = 0;
	_json_ *all = read_array(row->extensions, &count);

	for (size_t i = 0; i < count && n < DOSSIER_EXTENSIONS_MAX; i++) {
		json_object *one = json_object_array_get_idx(all, i);

		if (json_object_object_get(one, "noted") && !with_noted)
			continue;
		json_object_object_del(one, "noted");
		n += term_extension_read(one, "", &faults, &ret[n]) == 0;
	}
	return n;
}

size_t dossier_extensions(
	const struct deadline_row *row, struct term_extension ret[DOSSIER_EXTENSIONS_MAX])
{
	return read_extensions(row, true, ret);
}

size_t dossier_counted_extensions(
	const struct deadline_row *row, struct term_extension ret[DOSSIER_EXTENSIONS_MAX])
{
	return read_extensions(row, false, ret);
}

static void keep_extensions(struct dossier *d, struct deadline_row *row, json_object *all)
{
	row->extensions =
		pool_copy(d->pool, json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN));
}

static void add_extension(struct dossier *d, struct deadline_row *row,
	const struct term_extension *more, bool is_noted)
{
	size_t n;
	_json_ *all = read_array(row->extensions, &n);
	json_object *one = json_made(json_object_new_object());

	if (!all)
		all = json_made(json_object_new_array());
	json_put(one, "amount", json_object_new_int(more->amount));
	json_put(one, "unit", json_object_new_string(term_unit_name(more->unit)));
	if (is_noted)
		json_put(one, "noted", json_object_new_boolean(true));
	json_append(all, one);
	keep_extensions(d, row, all);
}

void dossier_extend(struct dossier *d, struct deadline_row *row, const struct term_extension *more)
{
	dossier_catch_up(d, row, d->now);
	add_extension(d, row, more, false);
	dossier_compute(d, row);
	dossier_mirror(d);
}

void dossier_note_extension(
	struct dossier *d, struct deadline_row *row, const struct term_extension *granted)
{
	add_extension(d, row, granted, true);
	d->changed[row - d->deadlines] = true;
}

/* What has an end is held by the date; what stands open is not. */
static void note_pauses(struct dossier *d, struct deadline_row *row)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = dossier_pauses(row, pauses);

	for (size_t i = 0; i < n; i++) {
		if (pauses[i].until_at != MOMENT_NONE)
			pauses[i].effect = TERM_IS_NOTED;
	}
	if (n)
		keep_pauses(d, row, pauses, n);
}

static void note_extensions(struct dossier *d, struct deadline_row *row)
{
	size_t n;
	_json_ *all = read_array(row->extensions, &n);

	for (size_t i = 0; i < n; i++)
		json_put(json_object_array_get_idx(all, i), "noted", json_object_new_boolean(true));
	if (n)
		keep_extensions(d, row, all);
}

void dossier_restate(struct dossier *d, struct deadline_row *row, int64_t due_at)
{
	const struct calendar *calendar = calendars_find(d->book->calendars, row->calendar);

	row->source = "imported";
	row->due_at = due_at;
	if (calendar)
		d->row.promised_due_on = calendar_day_of(calendar, due_at - 1);
	note_pauses(d, row);
	note_extensions(d, row);
	dossier_compute(d, row);
	dossier_mirror(d);
}
