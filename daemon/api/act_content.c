/* Acts that change the content: completing and correcting. Each makes a new version; the first
 * stays. */
#include "daemon/api/act_input.h"
#include "daemon/api/intake.h"

void act_seal_content(struct act_run *r)
{
	r->member.content_no = r->d.row.content_no + 1;
	text_reset(&r->member.content);
	seal_close(r->c->api->seal, r->d.key, &r->d.row.id, "content",
		span_of(json_object_to_json_string_ext(
			r->d.content, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)),
		&r->member.content);
}

void act_want_documents(struct act_run *r, json_object *wanted)
{
	if (!r->d.content)
		return;
	json_object_object_del(r->d.content, "documents_wanted");
	if (wanted)
		json_object_object_add(r->d.content, "documents_wanted", json_object_get(wanted));
	act_seal_content(r);
}

bool act_lacks_documents(const struct dossier *d)
{
	const struct document_standard *missing[1];

	return dossier_missing(d, missing, 1) > 0 ||
	       json_object_object_get(d->content, "documents_wanted");
}

/* What has come is asked for no more. */
static void strike_off(json_object *content, json_object *documents)
{
	json_object *wanted = json_object_object_get(content, "documents_wanted"),
		    *left = json_object_new_array();

	for (size_t i = 0; wanted && i < json_object_array_length(wanted); i++) {
		json_object *kind = json_object_array_get_idx(wanted, i);

		if (!documents_have(documents, json_object_get_string(kind)))
			json_object_array_add(left, json_object_get(kind));
	}
	json_object_object_del(content, "documents_wanted");
	if (json_object_array_length(left))
		json_object_object_add(content, "documents_wanted", left);
	else
		json_object_put(left);
}

void act_add_documents(struct act_run *r, json_object *documents)
{
	json_object *content = r->d.content, *all = json_object_object_get(content, "documents");

	if (!documents || !content)
		return;
	if (!all) {
		all = json_object_new_array();
		json_object_object_add(content, "documents", all);
	}
	for (size_t i = 0; i < json_object_array_length(documents); i++)
		json_object_array_add(
			all, json_object_get(json_object_array_get_idx(documents, i)));
	strike_off(content, documents);
	act_seal_content(r);
}

void act_read_complete(struct act_run *r, struct act_input *in)
{
	struct term_pause open;

	intake_read_documents(&in->reader, r->d.service,
		zone_day(dossier_zone(&r->d), in->effective_at), &in->documents);
	if (dossier_paused_find(&r->d, &open) && in->effective_at < open.from_at)
		json_reader_fault(
			&in->reader, "effective_at", WORD_reason_overlaps_pause, open.ground, NULL);
}

void act_apply_complete(struct act_run *r, struct act_input *in)
{
	struct dossier *d = &r->d;
	struct deadline_row *cure = dossier_deadline_find(d, "cure"), *row;
	struct term_pause open;
	struct stage_facts facts;

	if (d->state == KEZEK_STATE_incomplete ||
		(d->state == KEZEK_STATE_paused && r->state == d->state))
		return; /* still not everything, or not what it waits for: the pause goes on */
	if (cure)
		dossier_stop(d, cure, in->effective_at);
	if (r->state == KEZEK_STATE_paused) {
		row = dossier_paused_find(d, &open);
		if (row)
			dossier_resume(d, row, in->effective_at);
		if (d->state != KEZEK_STATE_awaiting_payment)
			return;
		act_facts_begin(d, &facts);
		facts.registered_at = facts.complete_at = in->effective_at;
		dossier_start_stages(d, &facts);
		return;
	}
	act_facts_begin(d, &facts);
	facts.received_at = d->row.received_at;
	facts.registered_at = facts.complete_at = in->effective_at;
	if (d->state == KEZEK_STATE_queued && act_is_routed(d))
		facts.forwarded_at = in->effective_at;
	facts.paid_at = dossier_owes(d) ? MOMENT_NONE : in->effective_at;
	dossier_start_stages(d, &facts);
}

/* RFC 7396 section 2. `target` may be NULL; what comes back is owned. */
static json_object *merge_patch(json_object *target, json_object *patch)
{
	json_object *whole = NULL;

	if (!json_object_is_type(patch, json_type_object))
		return json_object_get(patch);
	if (!json_object_is_type(target, json_type_object))
		whole = json_object_new_object();
	else if (json_object_deep_copy(target, &whole, NULL) != 0)
		abort();
	json_object_object_foreach (patch, name, value) {
		json_object *old = json_object_object_get(whole, name);

		if (value)
			json_object_object_add(whole, name, merge_patch(old, value));
		else
			json_object_object_del(whole, name);
	}
	return whole;
}

/* The names of what is touched, never the values: they go into the journal. */
static void note_changed(struct text *names, const char *part, json_object *patch)
{
	json_object_object_foreach (patch, name, value) {
		_text_ path = TEXT_INIT;

		(void)value;
		text_addf(&path, "%s/%s", part, name);
		text_add_char(names, names->len ? ',' : '[');
		text_add_json(names, path.data);
	}
}

static void merge_part(struct json_reader *changes, struct act_input *in, const char *part)
{
	json_object *patch = json_get_object(changes, part, JSON_OPTIONAL);

	if (!patch)
		return;
	json_object_object_add(in->corrected, part,
		merge_patch(json_object_object_get(in->corrected, part), patch));
	note_changed(&in->changed, part, patch);
}

/* `address` is the applicant's: where a decision is sent. */
static void merge_address(struct json_reader *changes, struct act_input *in)
{
	const char *address = json_get_string(changes, "address", JSON_OPTIONAL, 2000);
	json_object *applicant = json_object_object_get(in->corrected, "applicant");

	if (!address || !applicant)
		return;
	json_object_object_add(applicant, "address", json_object_new_string(address));
	text_adds(&in->changed, in->changed.len ? ",\"address\"" : "[\"address\"");
}

/* A part that was forwarded holds some members of the form; the rest is its origin's. */
static int check_form(struct act_run *r, json_object *form, struct faults *faults)
{
	bool is_part = r->d.parent.number && !dossier_is_question(&r->d);

	return (is_part ? form_check_part : form_check)(
		r->d.service->form, form, "/changes/form", faults);
}

/* The whole as it will be, checked as a submission is. */
static void check_corrected(struct act_run *r, struct act_input *in)
{
	json_object *form = json_object_object_get(in->corrected, "form");
	_json_ *nothing = json_object_new_object();
	struct json_reader whole;
	struct intake probe;

	intake_init(&probe, r->d.book, r->d.now);
	probe.service = r->d.service;
	json_reader_init(&whole, in->corrected, "/changes", &probe.faults);
	intake_read_applicant(&probe, &whole, JSON_OPTIONAL);
	if (check_form(r, form ? form : nothing, &probe.faults) == 0)
		lookups_add(&r->member.lookups, in->corrected, r->c->api->seal);
	faults_move(&r->faults, &probe.faults);
	intake_done(&probe);
}

void act_read_correct(struct act_run *r, struct act_input *in)
{
	struct json_reader changes;

	if (!json_reader_open(&changes, &in->reader, "changes", JSON_REQUIRED))
		return;
	if (r->d.content && json_object_deep_copy(r->d.content, &in->corrected, NULL) == 0) {
		merge_part(&changes, in, "applicant");
		merge_part(&changes, in, "form");
		merge_address(&changes, in);
		if (!in->changed.len)
			json_reader_fault(&in->reader, "changes", WORD_reason_too_short, "1", NULL);
		check_corrected(r, in);
	} else {
		json_reader_fault(&in->reader, "changes", WORD_reason_erased, NULL, NULL);
	}
	json_reader_end(&changes);
}

void act_apply_correct(struct act_run *r, struct act_input *in)
{
	json_object_put(r->d.content);
	r->d.content = in->corrected;
	in->corrected = NULL;
	act_seal_content(r);
}
