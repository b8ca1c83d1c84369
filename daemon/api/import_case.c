/* From one sound line of an import to the member that writes it: the request, its content, its
 * keys. */
#include "daemon/api/import_parts.h"

static void fill_row(struct import_line *l)
{
	const struct intake *in = &l->in;
	struct request_row *row = &l->d.row;

	row->id = uuid_new(l->registered_at);
	row->number = l->number;
	row->version = 1;
	row->agency = l->agency->code;
	row->office = in->office->code;
	row->service = in->service->code;
	row->service_version = in->service->version;
	row->variant = in->variant->code;
	row->channel = in->channel;
	row->territory = in->territory ? in->territory : in->office->territory->code;
	row->language = in->language;
	row->received_at = in->received_at;
	row->registered_at = l->registered_at;
	row->responsible = l->agency->head;
	row->imported = true;
}

static void fill_member(struct import_line *l, const struct call *c)
{
	struct open_member *m = &l->m;

	dossier_open(&l->d, m);
	text_addf(&l->key, "%s/%s", l->agency->code, l->number);
	m->principal = c->who.name;
	m->actor = call_actor(c);
	m->key = l->key.data;
	m->registrar = l->agency->code;
	m->status = 201;
	m->formers = l->formers;
	m->former_count = l->former_count;
	lookups_add(&m->lookups, l->d.content, c->api->seal);
}

bool import_line_compose(struct import_line *l, struct call *c)
{
	struct dossier *d = &l->d;
	const char *content;

	dossier_init(d, c->api, l->in.book, l->in.now);
	l->has_dossier = true;
	d->service = l->in.service;
	d->variant = l->in.variant;
	d->content = intake_content(&l->in);
	fill_row(l);
	dossier_follow_priority(d);
	seal_make_key(c->api->seal, &d->row.id, d->key, &l->m.wrapped, &l->m.master);
	if (!import_live(l, c))
		return false;
	content = json_object_to_json_string_ext(
		d->content, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	seal_close(c->api->seal, d->key, &d->row.id, "content", span_of(content), &l->m.content);
	fill_member(l, c);
	return true;
}
