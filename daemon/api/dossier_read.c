/* A request in the hand: from the rows that the database has of it. */
#include <errno.h>

#include "daemon/api/dossier_deadline.h"
#include "daemon/log.h"

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
		.cap_started_at = member_moment(o, "cap_started_at"),
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
static void read_links(struct dossier *d, struct span text)
{
	_json_ *all = NULL;

	if (!text.at || json_read(text, NULL, NULL, &all) != 0)
		return;
	for (size_t i = 0; i < json_object_array_length(all) && d->link_count < LINKS_MAX; i++) {
		json_object *o = json_object_array_get_idx(all, i);
		struct link_row *k = &d->links[d->link_count++];

		*k = (struct link_row){
			.no = member_int(o, "no"),
			.kind = member_text(d, o, "kind"),
			.agency = member_text(d, o, "agency"),
			.number = member_text(d, o, "number"),
			.asked = member_int(o, "asked"),
			.join = member_text(d, o, "join"),
			.answer_by = MOMENT_NONE,
			.is_told = json_object_get_boolean(json_object_object_get(o, "told")),
			.state = member_text(d, o, "state"),
			.outcome = member_text(d, o, "outcome"),
			.due_at = member_moment(o, "due_at"),
		};
		uuid_parse(span_of(json_object_get_string(json_object_object_get(o, "child"))),
			&k->child);
	}
}

static void read_parent(struct dossier *d, struct span text)
{
	_json_ *o = NULL;

	if (!text.at || json_read(text, NULL, NULL, &o) != 0)
		return;
	uuid_parse(span_of(json_object_get_string(json_object_object_get(o, "request"))),
		&d->parent.id);
	d->parent.number = member_text(d, o, "number");
	d->parent.kind = member_text(d, o, "kind");
	d->parent.agency = member_text(d, o, "agency");
	d->parent.office = member_text(d, o, "office");
}

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
		&d->row.place.kept_for,
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
	read_links(d, d->row.links);
	read_parent(d, d->row.parent);
	r = open_content(d);
	d->row.wrapped = d->row.content = d->row.deadlines = (struct span){0};
	d->row.links = d->row.parent = (struct span){0};
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
	dossier_judge_place(d);
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
