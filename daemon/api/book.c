/* The snapshot of catalogue and calendars: reading it from rows, trying out a new one. */
#include "daemon/api/book.h"
#include "daemon/log.h"
#include "daemon/zoneinfo.h"
#include "lib/json.h"

static bool calendar_is_there(void *context, const char *code)
{
	return calendars_find(context, code) != NULL;
}

struct book *book_make(
	json_object *doc, int64_t version, struct calendars *calendars_taken, struct faults *faults)
{
	struct catalogue_checks checks = {
		.calendar_exists = calendar_is_there, .context = calendars_taken};
	struct catalogue *catalogue;
	struct book *b;

	if (!calendars_taken)
		return NULL;
	if (catalogue_read(doc, &checks, faults, &catalogue) != 0) {
		calendars_free(calendars_taken);
		return NULL;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	*b = (struct book){
		.refs = 1,
		.catalogue = catalogue,
		.catalogue_version = version,
		.calendars = calendars_taken,
		.generation = -1,
	};
	return b;
}

static void log_faults(const char *what, const struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		log_event(LOG_LEVEL_ERROR, "register_refused", LOG_S("what", what),
			LOG_S("where", faults->items[i].pointer),
			LOG_S("why", reason_code(faults->items[i].reason)));
}

/* Documents in the database were checked when they were recorded; depth is theirs. */
static json_object *document(struct span text)
{
	static const struct json_limits limits = {.depth = 64};
	json_object *doc = NULL;

	if (json_read(text, &limits, NULL, &doc) != 0)
		return NULL;
	return doc;
}

struct calendars *book_calendars_with(const struct book *book, const char *code, json_object *json,
	int version, struct faults *faults)
{
	struct calendars *set = calendars_new(zoneinfo_loader());
	int r = 0;

	if (book->calendar_docs) {
		json_object_object_foreach (book->calendar_docs, known, entry) {
			int v = json_object_get_int(json_object_object_get(entry, "version"));

			if (code && strcmp(known, code) == 0)
				continue;
			r |= calendars_put(set, json_object_object_get(entry, "calendar"), known, v,
				"", faults);
		}
	}
	if (code)
		r |= calendars_put(set, json, code, version, "", faults);
	if (r) {
		calendars_free(set);
		return NULL;
	}
	return set;
}

static struct calendars *calendars_from_rows(const struct unit *u, int statement, json_object *docs,
	int64_t *ret_generation, struct faults *faults)
{
	struct calendars *set = calendars_new(zoneinfo_loader());

	for (int i = 0; i < rows_count(u, statement); i++) {
		struct row r = row_of(u, statement, i);
		const char *code = row_text(&r);
		int version = row_int(&r);
		json_object *doc = document(row_span(&r)), *entry = json_object_new_object();

		json_object_object_add(entry, "recorded_at", json_object_new_int64(row_moment(&r)));
		json_object_object_add(entry, "generation", json_object_new_int64(row_int64(&r)));
		*ret_generation = row_int64(&r);

		json_object_object_add(entry, "version", json_object_new_int(version));
		json_object_object_add(entry, "calendar", doc);
		json_object_object_add(docs, code, entry);
		if (calendars_put(set, doc, code, version, "", faults) != 0)
			break;
	}
	return set;
}

struct book *book_read(const struct unit *u, int first)
{
	_faults_ faults = {0};
	_json_ *doc = NULL;
	json_object *docs = json_object_new_object();
	int64_t version = 0, generation = -1;
	struct calendars *set = calendars_from_rows(u, first + 1, docs, &generation, &faults);
	struct book *b;

	if (rows_count(u, first)) {
		struct row r = row_of(u, first, 0);

		version = row_int64(&r);
		doc = document(row_span(&r));
	} else {
		doc = json_object_new_object();
	}
	if (faults.count) {
		log_faults("calendar", &faults);
		calendars_free(set);
		json_object_put(docs);
		return NULL;
	}
	b = book_make(doc, version, set, &faults);
	if (b) {
		b->calendar_docs = docs;
		b->generation = generation;
	} else {
		log_faults("catalogue", &faults);
		json_object_put(docs);
	}
	return b;
}

int book_calendar_version(const struct book *b, const char *code)
{
	json_object *entry = json_object_object_get(b->calendar_docs, code);

	return json_object_get_int(json_object_object_get(entry, "version"));
}

struct book *book_try(const struct book *b, const char *code, json_object *json, int64_t at,
	struct faults *faults)
{
	int version = book_calendar_version(b, code) + 1;
	struct calendars *set = book_calendars_with(b, code, json, version, faults);
	struct book *tried;
	json_object *own;

	if (!set)
		return NULL;
	if (faults->count || calendars_check(set, faults) != 0) {
		calendars_free(set);
		return NULL;
	}
	tried = calloc(1, sizeof(*tried));
	if (!tried)
		abort();
	*tried = (struct book){
		.refs = 1,
		.catalogue = catalogue_ref(b->catalogue),
		.catalogue_version = b->catalogue_version,
		.calendars = set,
		.generation = b->generation + 1,
		.calendar_docs = json_object_new_object(),
	};
	json_object_object_foreach (b->calendar_docs, known, entry)
		json_object_object_add(tried->calendar_docs, known, json_object_get(entry));
	own = json_object_new_object();
	json_object_object_add(own, "version", json_object_new_int(version));
	json_object_object_add(own, "calendar", json_object_get(json));
	json_object_object_add(own, "recorded_at", json_object_new_int64(at));
	json_object_object_add(own, "generation", json_object_new_int64(tried->generation));
	json_object_object_add(tried->calendar_docs, code, own);
	return tried;
}

struct book *book_ref(struct book *b)
{
	if (b)
		b->refs++;
	return b;
}

void book_unref(struct book *b)
{
	if (!b || --b->refs)
		return;
	catalogue_unref(b->catalogue);
	calendars_free(b->calendars);
	json_object_put(b->calendar_docs);
	free(b);
}

const struct calendar *book_agency_calendar(const struct book *b, const char *agency)
{
	const struct agency *a = agency ? catalogue_agency_find(b->catalogue, agency) : NULL;

	return a ? calendars_find(b->calendars, a->calendar) : NULL;
}

const struct calendar *book_office_calendar(const struct book *b, const char *office)
{
	const struct office *o = office ? catalogue_office_find(b->catalogue, office) : NULL;

	return o ? calendars_find(b->calendars, o->calendar) : NULL;
}

const struct zone *book_zone(const struct book *b, const char *agency)
{
	const struct calendar *c = book_agency_calendar(b, agency);

	return c ? calendar_zone(c) : NULL;
}

const char *book_head(const struct book *b, const char *agency)
{
	const struct agency *a = agency ? catalogue_agency_find(b->catalogue, agency) : NULL;

	return a ? a->head : NULL;
}

bool book_change_find(
	const struct book *b, const char *code, int64_t generation, struct calendar_change *ret)
{
	const struct calendar *c = calendars_find(b->calendars, code);
	int64_t newest = generation;

	if (!c || generation >= b->generation)
		return false;
	json_object_object_foreach (b->calendar_docs, known, entry) {
		int64_t since = json_object_get_int64(json_object_object_get(entry, "generation"));

		if (since <= newest || !calendar_rests_on(c, known))
			continue;
		newest = since;
		ret->code = known;
		ret->version = json_object_get_int(json_object_object_get(entry, "version"));
		ret->recorded_at =
			json_object_get_int64(json_object_object_get(entry, "recorded_at"));
	}
	return newest > generation;
}
