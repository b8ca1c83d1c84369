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

static int64_t member_moment(json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);
	int64_t at = MOMENT_NONE;

	if (v && !moment_parse(span_of(json_object_get_string(v)), &at, NULL))
		at = MOMENT_NONE;
	return at;
}

static int member_int(json_object *o, const char *name)
{
	return json_object_get_int(json_object_object_get(o, name));
}

static const char *copy(struct dossier *d, struct span s)
{
	return s.at ? pool_copy_span(d->pool, s) : NULL;
}

static void read_rungs(struct row *r, struct deadline_row *ret)
{
	struct elements all = row_elements(r);

	while (ret->rung_count < RUNGS_MAX &&
		elements_next_moment(&all, &ret->rung_at[ret->rung_count]))
		ret->rung_count++;
}

/* The members of kezek.deadline_line (migrations/0018_deadline_line.sql). */
static void read_deadline(struct dossier *d, struct row *r, struct deadline_row *ret)
{
	*ret = (struct deadline_row){0};
	ret->no = row_int(r);
	ret->kind = copy(d, row_span(r));
	ret->state = copy(d, row_span(r));
	ret->rule_version = row_int(r);
	ret->calendar = copy(d, row_span(r));
	ret->calendar_version = row_int(r);
	ret->source = copy(d, row_span(r));
	ret->started_at = row_moment(r);
	ret->due_at = row_moment(r);
	ret->due_on = row_day(r);
	ret->provisional = row_bool(r);
	ret->pauses = copy(d, row_span(r));
	ret->extensions = copy(d, row_span(r));
	ret->breached_at = row_moment(r);
	ret->stopped_at = row_moment(r);
	ret->fire_at = row_moment(r);
	read_rungs(r, ret);
	ret->fired = row_int(r);
	ret->effect = copy(d, row_span(r));
	ret->cap_started_at = row_moment(r);
	ret->floor_at = row_moment(r);
	ret->generation = row_int64(r);
}

/* Those that run, then those that have stopped: by their numbers from here on. */
static void read_deadlines(struct dossier *d, struct elements all)
{
	struct row r;

	while (d->deadline_count < DEADLINES_MAX && elements_next_record(&all, &r)) {
		struct deadline_row one;
		int at = d->deadline_count++;

		read_deadline(d, &r, &one);
		for (; at && d->deadlines[at - 1].no > one.no; at--)
			d->deadlines[at] = d->deadlines[at - 1];
		d->deadlines[at] = one;
	}
}

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

int dossier_read(struct dossier *d, struct api *a, struct book *b, int64_t now, struct row row)
{
	char id[UUID_TEXT_SIZE];
	int r;

	dossier_init(d, a, b, now);
	request_row_read(row, &d->row);
	own_strings(d);
	read_deadlines(d, d->row.deadlines);
	read_links(d, d->row.links);
	read_parent(d, d->row.parent);
	r = open_content(d);
	d->row.wrapped = d->row.content = d->row.links = d->row.parent = (struct span){0};
	d->row.deadlines = (struct elements){0};
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
