/* A request in the hand: opening it, its journal, its moves. */
#include <errno.h>

#include "daemon/api/dossier.h"
#include "daemon/log.h"

void dossier_init(struct dossier *d, struct api *a, struct book *b, int64_t now)
{
	memset(d, 0, sizeof(*d));
	d->api = a;
	d->book = book_ref(b);
	d->pool = pool_new();
	d->now = now;
	d->row.due_at = d->row.closed_at = d->row.lease_until = MOMENT_NONE;
	d->row.due_on = d->row.promised_due_on = DAY_NONE;
}

void dossier_done(struct dossier *d)
{
	for (int i = 0; i < d->event_count; i++) {
		text_done(&d->events[i].reason);
		text_done(&d->events[i].text);
	}
	free(d->events);
	json_object_put(d->content);
	pool_free(d->pool);
	book_unref(d->book);
	secret_forget(d->key, sizeof(d->key));
	memset(d, 0, sizeof(*d));
}

/* A member of a row that PostgreSQL wrote as JSON. */
static const char *member_text(struct dossier *d, json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);

	return v ? pool_copy(d->pool, json_object_get_string(v)) : NULL;
}

static const char *member_json(struct dossier *d, json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);

	return v ? pool_copy(d->pool, json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN))
		 : NULL;
}

static int64_t member_moment(json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);
	int64_t at = MOMENT_NONE;

	if (v && !moment_parse(span_of(json_object_get_string(v)), &at, NULL))
		at = MOMENT_NONE;
	return at;
}

static int32_t member_day(json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);
	int32_t day = DAY_NONE;

	if (v && !day_parse(span_of(json_object_get_string(v)), &day))
		day = DAY_NONE;
	return day;
}

static int member_int(json_object *o, const char *name)
{
	return json_object_get_int(json_object_object_get(o, name));
}

static void read_deadline(struct dossier *d, json_object *o, struct deadline_row *ret)
{
	json_object *rungs;

	*ret = (struct deadline_row){
		.no = member_int(o, "no"),
		.kind = member_text(d, o, "kind"),
		.state = member_text(d, o, "state"),
		.rule_version = member_int(o, "rule_version"),
		.calendar = member_text(d, o, "calendar"),
		.calendar_version = member_int(o, "calendar_version"),
		.source = member_text(d, o, "source"),
		.started_at = member_moment(o, "started_at"),
		.due_at = member_moment(o, "due_at"),
		.due_on = member_day(o, "due_on"),
		.provisional = json_object_get_boolean(json_object_object_get(o, "provisional")),
		.pauses = member_json(d, o, "pauses"),
		.extensions = member_json(d, o, "extensions"),
		.breached_at = member_moment(o, "breached_at"),
		.stopped_at = member_moment(o, "stopped_at"),
		.fired = member_int(o, "fired"),
		.effect = member_text(d, o, "effect"),
		.floor_at = member_moment(o, "floor_at"),
		.generation = json_object_get_int64(json_object_object_get(o, "generation")),
	};
	rungs = json_object_object_get(o, "rung_at");
	ret->rung_count = rungs ? (int)json_object_array_length(rungs) : 0;
	for (int i = 0; i < ret->rung_count && i < RUNGS_MAX; i++) {
		json_object *at = json_object_array_get_idx(rungs, (size_t)i);

		ret->rung_at[i] = MOMENT_NONE;
		if (at &&
			!moment_parse(span_of(json_object_get_string(at)), &ret->rung_at[i], NULL))
			ret->rung_at[i] = MOMENT_NONE;
	}
	ret->fire_at = member_moment(o, "fire_at");
}

static void read_deadlines(struct dossier *d, struct span text)
{
	_json_ *all = NULL;

	if (!text.at || json_read(text, NULL, NULL, &all) != 0)
		return;
	for (size_t i = 0; i < json_object_array_length(all) && d->deadline_count < DEADLINES_MAX;
		i++)
		read_deadline(
			d, json_object_array_get_idx(all, i), &d->deadlines[d->deadline_count++]);
}

/* Strings of the row are borrowed from the unit: ours from here on. */
static void own_strings(struct dossier *d)
{
	const char **strings[] = {
		&d->row.number,
		&d->row.state,
		&d->row.agency,
		&d->row.office,
		&d->row.service,
		&d->row.variant,
		&d->row.channel,
		&d->row.territory,
		&d->row.language,
		&d->row.backdate_reason,
		&d->row.decide,
		&d->row.outcome,
		&d->row.responsible,
		&d->row.body_number,
		&d->row.submitted_by,
		&d->row.submitted_actor,
		&d->row.holder,
		&d->row.holder_actor,
		&d->row.worker,
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		*strings[i] = pool_copy(d->pool, *strings[i]);
}

static int open_content(struct dossier *d)
{
	_text_ plain = TEXT_INIT;
	int r = seal_open_key(d->api->seal, &d->row.id, d->row.master, d->row.wrapped, d->key);

	if (r == -ENODATA) {
		d->is_erased = true;
		return 0;
	}
	if (r == 0)
		r = seal_open(d->api->seal, d->key, &d->row.id, "content", d->row.content, &plain);
	if (r == 0 && json_read(text_span(&plain), NULL, NULL, &d->content) != 0)
		r = -EBADMSG;
	if (plain.data)
		secret_forget(plain.data, plain.len);
	return r;
}

int dossier_read(struct dossier *d, struct api *a, struct book *b, int64_t now,
	const struct unit *u, int statement, int row)
{
	char id[UUID_TEXT_SIZE];
	int r;

	dossier_init(d, a, b, now);
	request_row_read(u, statement, row, &d->row);
	own_strings(d);
	read_deadlines(d, d->row.deadlines);
	r = open_content(d);
	d->row.wrapped = d->row.content = d->row.deadlines = (struct span){0};
	if (r == 0 && !state_parse(span_of(d->row.state), &d->state))
		r = -EBADMSG;
	if (r < 0) {
		uuid_format(&d->row.id, id);
		log_event(LOG_LEVEL_ERROR, "request_unreadable", LOG_S("request", id));
		dossier_done(d);
		return r;
	}
	d->service = catalogue_service_find(b->catalogue, d->row.service, d->row.service_version);
	d->variant = d->service ? service_variant_find(d->service, d->row.variant) : NULL;
	return 0;
}

void dossier_of_dates(struct dossier *d, struct api *a, struct book *b, int64_t now,
	const struct request_row *row)
{
	dossier_init(d, a, b, now);
	d->row = *row;
	read_deadlines(d, row->deadlines);
	d->service = catalogue_service_find(b->catalogue, row->service, row->service_version);
	d->variant = d->service ? service_variant_find(d->service, row->variant) : NULL;
}

struct event_row *dossier_event(
	struct dossier *d, const char *kind, int64_t occurred_at, const struct call *c)
{
	struct event_row *e;

	if (d->event_count == d->event_room) {
		d->event_room = d->event_room ? 2 * d->event_room : DOSSIER_EVENTS_MAX;
		d->events = realloc(d->events, (size_t)d->event_room * sizeof(*d->events));
		if (!d->events)
			abort();
	}
	e = &d->events[d->event_count++];
	*e = (struct event_row){
		.seq = ++d->row.seq,
		.id = uuid_new(d->now),
		.kind = kind,
		.occurred_at = occurred_at,
		.principal = c ? pool_copy(d->pool, c->who.name) : "kezekd",
		.actor = c ? pool_copy(d->pool, call_actor(c)) : NULL,
	};
	return e;
}

void dossier_move(struct dossier *d, enum kezek_state state)
{
	d->state = state;
	d->row.state = state_name(state);
	d->row.closed_at = state_is_final(state) ? d->now : MOMENT_NONE;
}

void dossier_mirror(struct dossier *d)
{
	const struct deadline_row *decide = NULL;

	for (int i = 0; i < d->deadline_count; i++) {
		if (strcmp(d->deadlines[i].kind, "decide") == 0)
			decide = &d->deadlines[i];
	}
	d->row.due_at = decide ? decide->due_at : MOMENT_NONE;
	d->row.due_on = decide ? decide->due_on : DAY_NONE;
	d->row.provisional = decide && decide->provisional;
	d->row.decide = decide ? decide->state : NULL;
}

void dossier_state(const struct dossier *d, struct state_row *ret)
{
	*ret = (struct state_row){
		.version = d->row.version,
		.seq = d->row.seq,
		.state = d->row.state,
		.agency = d->row.agency,
		.responsible = d->row.responsible,
		.due_at = d->row.due_at,
		.due_on = d->row.due_on,
		.provisional = d->row.provisional,
		.decide = d->row.decide,
		.outcome = d->row.outcome,
		.body_number = d->row.body_number,
		.closed_at = d->row.closed_at,
		.hops = d->row.hops,
	};
}

void dossier_changes(struct dossier *d, struct changes *ret)
{
	ret->deadline_count = 0;
	for (int i = 0; i < d->deadline_count; i++) {
		if (d->changed[i])
			ret->deadlines[ret->deadline_count++] = d->deadlines[i];
	}
	ret->events = d->events;
	ret->event_count = d->event_count;
	d->events = NULL;
	d->event_count = d->event_room = 0;
}

bool dossier_is_overdue(const struct dossier *d)
{
	return !state_is_final(d->state) && d->row.decide &&
	       strcmp(d->row.decide, "running") == 0 && d->row.due_at <= d->now;
}

const struct zone *dossier_zone(const struct dossier *d)
{
	return book_zone(d->book, d->row.agency);
}

static bool has_document(const struct dossier *d, const char *kind)
{
	json_object *documents = json_object_object_get(d->content, "documents");

	for (size_t i = 0; documents && i < json_object_array_length(documents); i++) {
		json_object *k =
			json_object_object_get(json_object_array_get_idx(documents, i), "kind");

		if (k && strcmp(json_object_get_string(k), kind) == 0)
			return true;
	}
	return false;
}

size_t dossier_missing(const struct dossier *d, const struct document_standard *ret[], size_t room)
{
	size_t n = 0;

	for (size_t i = 0; d->service && i < d->service->ndocuments && n < room; i++) {
		const struct document_standard *s = &d->service->documents[i];

		if (s->required && !has_document(d, s->kind))
			ret[n++] = s;
	}
	return n;
}
