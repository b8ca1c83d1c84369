/* The receipt: what the citizen is handed, in the applicant's language; read, and told as JSON. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/paper.h"
#include "daemon/api/receipt_proof.h"
#include "lib/term_explain.h"

static int32_t due_of_running(const struct dossier *d, const char *kind)
{
	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, kind) == 0 && row->stopped_at == MOMENT_NONE)
			return row->due_on;
	}
	return DAY_NONE;
}

static bool was_brought(const struct dossier *d, const char *kind)
{
	json_object *documents = json_object_object_get(d->content, "documents");

	for (size_t i = 0; documents && i < json_object_array_length(documents); i++) {
		json_object *one = json_object_array_get_idx(documents, i);

		if (strcmp(json_object_get_string(json_object_object_get(one, "kind")), kind) == 0)
			return true;
	}
	return false;
}

static void add_missing(
	struct receipt *r, const char *kind, const struct document_standard *standard, bool too_old)
{
	for (size_t i = 0; i < r->missing_count; i++) {
		if (strcmp(r->missing[i].kind, kind) == 0)
			return;
	}
	if (r->missing_count < RECEIPT_MISSING_MAX)
		r->missing[r->missing_count++] = (struct receipt_missing){kind, standard, too_old};
}

/* What the standard requires and nobody brought young enough, and what a pause has asked for. */
static void read_missing(struct receipt *r)
{
	const struct dossier *d = r->d;
	const struct document_standard *required[RECEIPT_MISSING_MAX];
	size_t n = dossier_missing(d, required, ARRAY_SIZE(required));
	json_object *wanted = json_object_object_get(d->content, "documents_wanted");

	for (size_t i = 0; i < n; i++)
		add_missing(r, required[i]->kind, required[i], was_brought(d, required[i]->kind));
	for (size_t i = 0; wanted && i < json_object_array_length(wanted); i++) {
		const char *kind = json_object_get_string(json_object_array_get_idx(wanted, i));

		add_missing(r, kind, d->service ? service_document_find(d->service, kind) : NULL,
			false);
	}
}

/* The last day to appeal against the refusal: the standard's term, from the refusal on. */
static int32_t appeal_by(const struct dossier *d)
{
	const struct term_rule *rule = d->service->appeal.term;
	const struct stage_calendars calendars = dossier_calendars(d);
	const struct calendar *calendar = rule ? stage_calendar(rule, &calendars) : NULL;
	const struct term_facts facts = {.start_at = d->row.registered_at};
	struct term term;

	return calendar && term_compute(calendar, rule, &facts, &term) == 0 ? term.due_on
									    : DAY_NONE;
}

static void read_refusal(struct receipt *r)
{
	json_object *refusal = json_object_object_get(r->d->content, "refusal");

	r->ground_code = json_object_get_string(json_object_object_get(refusal, "ground"));
	r->reason = json_object_get_string(json_object_object_get(refusal, "reason"));
	if (!r->d->service)
		return;
	if (r->ground_code)
		r->ground = service_ground_find(r->d->service, r->ground_code);
	r->appeal_by = appeal_by(r->d);
}

void receipt_read(const struct dossier *d, struct receipt *ret)
{
	*ret = (struct receipt){
		.d = d,
		.lang = paper_lang(d),
		.office = catalogue_office_find(d->book->catalogue, d->row.office),
		.clerk = d->row.submitted_actor ? d->row.submitted_actor : d->row.submitted_by,
		.complete_by = due_of_running(d, "cure"),
		.pay_by = due_of_running(d, "pay"),
		.appeal_by = DAY_NONE,
		.paid_at = dossier_paid_at(d),
		.is_refusal = d->state == KEZEK_STATE_refused,
	};
	read_missing(ret);
	if (ret->is_refusal)
		read_refusal(ret);
}

/* By the calendar of the decide deadline, where one began. */
static bool add_decide_sentence(struct text *t, const struct receipt *r)
{
	const struct dossier *d = r->d;
	struct dossier_term term;

	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];
		struct term_trace trace = {0};

		if (strcmp(row->kind, "decide") != 0 || strcmp(row->source, "imported") == 0 ||
			dossier_term(d, row, &term) != 0)
			continue;
		term_trace(term.calendar, term.rule, &term.facts, &term.term, &trace);
		text_add_term_sentence(t, term.calendar, term.rule, row->rule_version, &term.facts,
			&term.term, &trace, r->lang);
		term_trace_done(&trace);
		return true;
	}
	return false;
}

void receipt_add_sentence(struct text *t, const struct receipt *r)
{
	enum word word = WORD_receipt_no_date;

	if (add_decide_sentence(t, r))
		return;
	if (r->d->state == KEZEK_STATE_incomplete)
		word = WORD_receipt_waits_for_documents;
	else if (r->d->state == KEZEK_STATE_awaiting_payment)
		word = WORD_receipt_waits_for_payment;
	else if (r->is_refusal)
		word = WORD_receipt_refused;
	text_adds(t, word_text(word, r->lang));
}

json_object *receipt_taken_next(
	const struct receipt *r, size_t *i, const struct document_standard **ret_standard)
{
	json_object *documents = json_object_object_get(r->d->content, "documents");

	while (documents && *i < json_object_array_length(documents)) {
		json_object *one = json_object_array_get_idx(documents, (*i)++);
		const char *kind = json_object_get_string(json_object_object_get(one, "kind"));

		if (json_object_object_get(one, "too_old"))
			continue;
		*ret_standard = r->d->service ? service_document_find(r->d->service, kind) : NULL;
		return one;
	}
	return NULL;
}

/* `"name":{"code":…,"name":…}`, with a comma before or behind as `around` says. */
static void add_named(struct text *t, const char *member, const char *code, const char *name)
{
	text_addf(t, "\"%s\":{", member);
	text_add_member(t, "code", code);
	text_add_char(t, ',');
	text_add_member(t, "name", name);
	text_add_char(t, '}');
}

static void add_appeal(struct text *t, const struct receipt *r)
{
	const struct appeal *a = r->d->service ? &r->d->service->appeal : NULL;
	_text_ term = TEXT_INIT;

	text_add_member(t, "appeal", a ? a->text.text[r->lang] : NULL);
	text_adds(t, ",\"appeal_route\":");
	if (!a || (!a->agency && !a->term && !a->legal_basis)) {
		text_adds(t, "null");
		return;
	}
	text_add_char(t, '{');
	if (a->agency)
		add_named(t, "agency", a->agency->code, a->agency->name.text[r->lang]);
	else
		text_adds(t, "\"agency\":null");
	text_add_char(t, ',');
	text_add_date(t, "by", r->appeal_by);
	text_add_char(t, ',');
	text_add_member(t, "legal_basis", a->legal_basis);
	text_add_char(t, ',');
	if (a->term)
		text_add_term_amount(&term, a->term->amount, a->term->unit, r->lang);
	text_add_member(t, "term", term.data);
	text_add_char(t, '}');
}

static void add_given(struct text *t, json_object *document, const char *name)
{
	json_object *given = json_object_object_get(document, name);

	if (given)
		text_addf(t, ",\"%s\":%s", name, json_object_get_string(given));
}

static void add_taken(struct text *t, const struct receipt *r)
{
	const struct document_standard *s;
	json_object *one;
	size_t i = 0;

	text_adds(t, "\"taken\":[");
	while ((one = receipt_taken_next(r, &i, &s))) {
		const char *kind = json_object_get_string(json_object_object_get(one, "kind"));

		text_adds(t, t->data[t->len - 1] == '[' ? "{" : ",{");
		text_add_member(t, "kind", kind);
		text_add_char(t, ',');
		text_add_member(t, "name", s ? s->name.text[r->lang] : kind);
		add_given(t, one, "original");
		add_given(t, one, "pages");
		text_add_char(t, '}');
	}
	text_add_char(t, ']');
}

static void add_documents(struct text *t, const struct receipt *r)
{
	text_adds(t, "\"documents\":{");
	text_add_date(t, "complete_by", r->complete_by);
	text_adds(t, ",\"missing\":[");
	for (size_t i = 0; i < r->missing_count; i++) {
		const struct receipt_missing *m = &r->missing[i];

		text_adds(t, i ? ",{" : "{");
		text_add_member(t, "kind", m->kind);
		text_add_char(t, ',');
		text_add_member(t, "name", m->standard ? m->standard->name.text[r->lang] : m->kind);
		text_adds(t, m->too_old ? ",\"too_old\":true}" : "}");
	}
	text_adds(t, "],");
	add_taken(t, r);
	text_add_char(t, '}');
}

static void add_payment(struct text *t, const struct receipt *r)
{
	static const char *const names[] = {"none", "before", "after"};
	const struct dossier *d = r->d;
	bool is_free = !d->service || !d->variant || !d->variant->fee_tyiyn;

	text_adds(t, "\"payment\":{");
	text_add_date(t, "due_on", r->pay_by);
	text_add_char(t, ',');
	text_add_moment(t, "paid_at", r->paid_at, dossier_zone(d));
	text_addf(t, ",\"when\":\"%s\"}", is_free ? names[0] : names[d->service->payment]);
}

static void add_refusal(struct text *t, const struct receipt *r)
{
	if (!r->is_refusal) {
		text_adds(t, "\"refusal\":null");
		return;
	}
	text_adds(t, "\"refusal\":{");
	text_add_member(t, "ground", r->ground_code);
	text_add_char(t, ',');
	text_add_member(t, "legal_basis", r->ground ? r->ground->legal_basis : NULL);
	text_add_char(t, ',');
	text_add_member(t, "name", r->ground ? r->ground->name.text[r->lang] : r->ground_code);
	text_add_char(t, ',');
	text_add_member(t, "reason", r->reason);
	text_add_char(t, '}');
}

/* From `due_at` to `promised_due_on`. */
static void add_middle(struct text *t, const struct receipt *r)
{
	const struct dossier *d = r->d;

	text_add_moment(t, "due_at", d->row.due_at, dossier_zone(d));
	text_add_char(t, ',');
	text_add_date(t, "due_on", d->row.due_on);
	text_addf(t, ",\"fee_tyiyn\":%lld,\"language\":\"%s\",",
		(long long)(d->variant ? d->variant->fee_tyiyn : 0), lang_code(r->lang));
	text_add_member(t, "number", d->row.number);
	text_add_char(t, ',');
	add_named(t, "office", d->row.office, r->office ? r->office->name.text[r->lang] : NULL);
	text_add_char(t, ',');
	add_payment(t, r);
	text_add_char(t, ',');
	text_add_date(t, "promised_due_on", d->row.promised_due_on);
}

/* From `provisional` to `variant`. */
static void add_end(struct text *t, const struct receipt *r)
{
	const struct dossier *d = r->d;
	_text_ sentence = TEXT_INIT;

	text_addf(t, "\"provisional\":%s,", d->row.provisional ? "true" : "false");
	text_add_moment(t, "received_at", d->row.received_at, dossier_zone(d));
	text_add_char(t, ',');
	add_refusal(t, r);
	text_add_char(t, ',');
	text_add_moment(t, "registered_at", d->row.registered_at, dossier_zone(d));
	text_add_char(t, ',');
	receipt_add_sentence(&sentence, r);
	text_add_member(t, "sentence", sentence.data);
	text_add_char(t, ',');
	add_named(t, "service", d->row.service, d->service ? d->service->name.text[r->lang] : NULL);
	text_addf(t, ",\"state\":\"%s\",", d->row.state);
	add_named(t, "variant", d->row.variant, d->variant ? d->variant->name.text[r->lang] : NULL);
}

/* In the canonical form that the digest is made of (lib/receipt_text.h): members by their names. */
void receipt_write_canonical(struct text *t, const struct receipt *r)
{
	text_add_char(t, '{');
	add_appeal(t, r);
	text_add_char(t, ',');
	text_add_member(t, "clerk", r->clerk);
	text_add_char(t, ',');
	text_add_member(t, "code", receipt_code(r->d));
	text_add_char(t, ',');
	add_documents(t, r);
	text_add_char(t, ',');
	add_middle(t, r);
	text_add_char(t, ',');
	add_end(t, r);
	text_add_char(t, '}');
}

void dossier_write_receipt(struct text *t, const struct dossier *d)
{
	_text_ canonical = TEXT_INIT;
	struct receipt r;

	receipt_read(d, &r);
	receipt_write_canonical(&canonical, &r);
	text_add(t, canonical.data, canonical.len - 1);
	text_add_char(t, ',');
	receipt_write_signature(t, &r, text_span(&canonical));
	text_add_char(t, '}');
}
