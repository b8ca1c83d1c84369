/* Acts from which requests of their own come: consult, and forwarding a part; and what comes back
 * of them. links.c opens them. */
#include <stdio.h>

#include "daemon/api/act_input.h"

static bool is_named_before(json_object *all, size_t at, const char *name)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(json_object_get_string(json_object_array_get_idx(all, i)), name) == 0)
			return true;
	}
	return false;
}

static void read_agencies(struct act_run *r, struct act_input *in)
{
	struct json_reader *reader = &in->reader;
	char max[16];

	in->agencies = json_get_array(reader, "agencies", JSON_REQUIRED, LINKS_ASKED_MAX);
	for (size_t i = 0; in->agencies && i < json_object_array_length(in->agencies); i++) {
		const char *name =
			json_item_string(reader, "agencies", in->agencies, i, NAME_SIZE - 1);

		if (!name)
			continue;
		if (!catalogue_agency_find(r->d.book->catalogue, name))
			json_reader_fault(reader, "agencies", WORD_reason_not_found, name, NULL);
		else if (strcmp(name, r->d.row.agency) == 0)
			json_reader_fault(reader, "agencies", WORD_reason_has_it, name, NULL);
		else if (is_named_before(in->agencies, i, name))
			json_reader_fault(reader, "agencies", WORD_reason_duplicate, name, NULL);
	}
	if (!in->agencies ||
		(size_t)r->d.link_count + json_object_array_length(in->agencies) <= LINKS_MAX)
		return;
	snprintf(max, sizeof(max), "%d", LINKS_MAX - r->d.link_count);
	json_reader_fault(reader, "agencies", WORD_reason_too_long, max, NULL);
}

/* The standard's term to answer; where it has none, the one that is asked for, or until the request
 * itself is due. */
static void read_answer_by(struct act_run *r, struct act_input *in)
{
	const struct stage *stage = service_stage_find(r->d.service, KEZEK_DEADLINE_consult);
	const struct deadline_row *due = dossier_main(&r->d);
	const char *at = json_get_string(&in->reader, "answer_by", JSON_OPTIONAL, 40);

	if (at && !moment_parse(span_of(at), &in->answer_by_at, NULL))
		json_reader_fault(
			&in->reader, "answer_by", WORD_reason_bad_format, "RFC 3339", NULL);
	else if (at && in->answer_by_at <= r->d.now)
		json_reader_fault(&in->reader, "answer_by", WORD_reason_too_small, "now", NULL);
	if (at || (stage && stage_rule(stage, r->d.variant)))
		return;
	if (due && due->due_at != MOMENT_NONE && due->due_at > r->d.now)
		in->answer_by_at = due->due_at;
	else
		json_reader_fault(&in->reader, "answer_by", WORD_reason_missing, NULL, NULL);
}

void act_read_consult(struct act_run *r, struct act_input *in)
{
	static const char *const joins[] = {"all", "any"};
	int join;

	read_agencies(r, in);
	in->note = json_get_string(&in->reader, "question", JSON_REQUIRED, 4000);
	join = json_get_enum(&in->reader, "join", JSON_OPTIONAL, joins, ARRAY_SIZE(joins));
	in->join = joins[join < 0 ? 0 : join];
	read_answer_by(r, in);
}

/* `about` is sealed under this request's key until the new one has its own. */
static void add_link(struct act_run *r, const struct act_input *in, const char *kind,
	const char *agency, json_object *about)
{
	struct dossier *d = &r->d;
	int no = d->link_count ? d->links[d->link_count - 1].no + 1 : 1;
	struct link_row *k = &d->links[d->link_count++];
	_text_ number = TEXT_INIT;

	text_addf(&number, "%s/%d", d->row.number, no);
	*k = (struct link_row){
		.no = no,
		.kind = kind,
		.child = uuid_new(d->now),
		.agency = agency,
		.number = pool_take(d->pool, &number),
		.asked = d->row.seq + 1,
		.join = in->join,
		.answer_by = in->answer_by_at,
		.state = state_name(KEZEK_STATE_queued),
		.due_at = in->answer_by_at,
	};
	seal_close(r->c->api->seal, d->key, &d->row.id, "text",
		span_of(json_object_to_json_string_ext(about, JSON_C_TO_STRING_PLAIN)), &k->about);
	if (!r->member.links)
		r->member.links = k;
	r->member.link_count++;
}

void act_apply_consult(struct act_run *r, struct act_input *in)
{
	_json_ *about = json_made(json_object_new_object());

	json_put(about, "question", json_object_new_string(in->note));
	for (size_t i = 0; i < json_object_array_length(in->agencies); i++)
		add_link(r, in, "consult",
			json_object_get_string(json_object_array_get_idx(in->agencies, i)), about);
}

void act_read_part(struct act_run *r, struct act_input *in)
{
	json_object *form = json_object_object_get(r->d.content, "form");

	in->part = json_get_array(&in->reader, "part", JSON_OPTIONAL, 100);
	for (size_t i = 0; in->part && i < json_object_array_length(in->part); i++) {
		const char *name = json_item_string(&in->reader, "part", in->part, i, 200);

		if (name && !json_object_object_get(form, name))
			json_reader_fault(&in->reader, "part", WORD_reason_not_found, name, NULL);
	}
	if (in->part && r->d.link_count == LINKS_MAX)
		json_reader_fault(&in->reader, "part", WORD_reason_too_often, NULL, NULL);
}

void act_apply_part(struct act_run *r, struct act_input *in)
{
	_json_ *about = json_made(json_object_new_object());

	json_put(about, "part", json_object_get(in->part));
	add_link(r, in, "part", in->to_agency, about);
}

void act_read_answered(struct act_run *r, struct act_input *in)
{
	struct uuid child;

	if (!json_get_uuid(&in->reader, "request", JSON_REQUIRED, &child))
		return;
	for (int i = 0; i < r->d.link_count; i++) {
		if (uuid_compare(&r->d.links[i].child, &child) == 0)
			in->link = &r->d.links[i];
	}
	if (!in->link)
		json_reader_fault(&in->reader, "request", WORD_reason_not_found, NULL, NULL);
}

void act_apply_answered(struct act_run *r, struct act_input *in)
{
	(void)r;
	in->link->is_told = true;
}

/* Of those that were asked together: is there enough to go on with? */
static bool is_joined(const struct dossier *d, const struct link_row *of)
{
	if (of->join && strcmp(of->join, "any") == 0)
		return true;
	for (int i = 0; i < d->link_count; i++) {
		if (d->links[i].asked == of->asked && !d->links[i].is_told)
			return false;
	}
	return true;
}

static void add_link_said(struct text *t, const struct link_row *k)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(&k->child, id);
	text_addf(t, "\"request\":\"%s\",", id);
	text_add_member(t, "number", k->number);
	text_add_char(t, ',');
	text_add_member(t, "agency", k->agency);
}

void act_add_links(struct text *t, const struct act_run *r, const struct act_input *in)
{
	const struct act_member *m = &r->member;

	for (int i = 0; i < m->link_count; i++) {
		text_adds(t, i ? ",{" : ",\"links\":[{");
		add_link_said(t, &m->links[i]);
		text_add_char(t, '}');
	}
	if (m->link_count)
		text_adds(t, "]");
	if (in->part)
		text_addf(t, ",\"part\":%s",
			json_object_to_json_string_ext(in->part, JSON_C_TO_STRING_PLAIN));
	if (in->join)
		text_addf(t, ",\"join\":\"%s\"", in->join);
	if (!in->link)
		return;
	text_add_char(t, ',');
	add_link_said(t, in->link);
	text_addf(t, ",\"answer\":\"%s\",\"answer_state\":\"%s\",\"joined\":%s",
		in->link->outcome ? in->link->outcome : "", in->link->state,
		is_joined(&r->d, in->link) ? "true" : "false");
}
