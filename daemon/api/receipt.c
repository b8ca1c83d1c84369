/* The receipt: what the citizen is handed, in the applicant's language, as JSON, text and HTML. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/paper.h"
#include "daemon/api/receipt_proof.h"
#include "lib/term_explain.h"

#define NAMES_MAX 32 /* of documents, on one receipt */

/* The sentence of the decide deadline, or why there is no date yet. */
static void add_sentence(struct text *t, const struct dossier *d, enum lang lang)
{
	struct dossier_term term;

	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, "decide") != 0 || strcmp(row->source, "imported") == 0)
			continue;
		if (dossier_term(d, row, &term) == 0) {
			struct term_trace trace = {0};

			term_trace(term.calendar, term.rule, &term.facts, &term.term, &trace);
			text_add_term_sentence(t, term.calendar, term.rule, row->rule_version,
				&term.facts, &term.term, &trace, lang);
			term_trace_done(&trace);
			return;
		}
	}
	switch (d->state) {
	case KEZEK_STATE_incomplete:
		text_adds(t, word_text(WORD_receipt_waits_for_documents, lang));
		break;
	case KEZEK_STATE_awaiting_payment:
		text_adds(t, word_text(WORD_receipt_waits_for_payment, lang));
		break;
	case KEZEK_STATE_refused:
		text_adds(t, word_text(WORD_receipt_refused, lang));
		break;
	default:
		text_adds(t, word_text(WORD_receipt_no_date, lang));
	}
}

static void add_documents(struct text *t, const struct dossier *d, enum lang lang)
{
	json_object *documents = json_object_object_get(d->content, "documents");
	const struct document_standard *missing[32];
	size_t n = dossier_missing(d, missing, ARRAY_SIZE(missing));

	text_adds(t, "\"documents\":{\"taken\":[");
	for (size_t i = 0; documents && i < json_object_array_length(documents); i++) {
		json_object *kind =
			json_object_object_get(json_object_array_get_idx(documents, i), "kind");
		const char *code = json_object_get_string(kind);
		const struct document_standard *s =
			d->service ? service_document_find(d->service, code) : NULL;

		text_adds(t, i ? ",{" : "{");
		text_add_member(t, "kind", code);
		text_add_char(t, ',');
		text_add_member(t, "name", s ? s->name.text[lang] : code);
		text_add_char(t, '}');
	}
	text_adds(t, "],\"missing\":[");
	for (size_t i = 0; i < n; i++) {
		text_adds(t, i ? ",{" : "{");
		text_add_member(t, "kind", missing[i]->kind);
		text_add_char(t, ',');
		text_add_member(t, "name", missing[i]->name.text[lang]);
		text_add_char(t, '}');
	}
	text_adds(t, "]}");
}

void dossier_write_receipt(struct text *t, const struct dossier *d)
{
	enum lang lang = paper_lang(d);
	const struct office *office = catalogue_office_find(d->book->catalogue, d->row.office);
	_text_ sentence = TEXT_INIT;

	text_add_char(t, '{');
	text_add_member(t, "number", d->row.number);
	text_addf(t, ",\"language\":\"%s\",", lang_code(lang));
	text_add_moment(t, "registered_at", d->row.registered_at, dossier_zone(d));
	text_add_char(t, ',');
	text_add_moment(t, "received_at", d->row.received_at, dossier_zone(d));
	text_adds(t, ",\"office\":{");
	text_add_member(t, "code", d->row.office);
	text_add_char(t, ',');
	text_add_member(t, "name", office ? office->name.text[lang] : NULL);
	text_adds(t, "},");
	text_add_member(
		t, "clerk", d->row.submitted_actor ? d->row.submitted_actor : d->row.submitted_by);
	text_adds(t, ",\"service\":{");
	text_add_member(t, "code", d->row.service);
	text_add_char(t, ',');
	text_add_member(t, "name", d->service ? d->service->name.text[lang] : NULL);
	text_adds(t, "},");
	add_documents(t, d, lang);
	text_addf(t, ",\"fee_tyiyn\":%lld,", (long long)(d->variant ? d->variant->fee_tyiyn : 0));
	text_add_date(t, "due_on", d->row.due_on);
	text_add_char(t, ',');
	text_add_moment(t, "due_at", d->row.due_at, dossier_zone(d));
	text_add_char(t, ',');
	text_add_date(t, "promised_due_on", d->row.promised_due_on);
	text_addf(t, ",\"provisional\":%s,", d->row.provisional ? "true" : "false");
	add_sentence(&sentence, d, lang);
	text_add_member(t, "sentence", sentence.data);
	text_add_char(t, ',');
	text_add_member(t, "appeal", d->service ? d->service->appeal.text.text[lang] : NULL);
	text_add_char(t, ',');
	text_add_member(t, "code", receipt_code(d));
	text_add_char(t, ',');
	receipt_write_signature(t, d);
	text_add_char(t, '}');
}

/* What was handed in, or what is missing, by the names that the standard gives. */
static size_t names_taken(const struct dossier *d, enum lang lang, const char **ret, size_t room)
{
	json_object *documents = json_object_object_get(d->content, "documents");
	size_t n = documents ? json_object_array_length(documents) : 0;

	n = n < room ? n : room;
	for (size_t i = 0; i < n; i++) {
		json_object *document = json_object_array_get_idx(documents, i);
		const char *kind = json_object_get_string(json_object_object_get(document, "kind"));
		const struct document_standard *s =
			d->service ? service_document_find(d->service, kind) : NULL;

		ret[i] = s ? s->name.text[lang] : kind;
	}
	return n;
}

static size_t names_missing(const struct dossier *d, enum lang lang, const char **ret, size_t room)
{
	const struct document_standard *missing[NAMES_MAX];
	size_t n = dossier_missing(d, missing, room);

	for (size_t i = 0; i < n; i++)
		ret[i] = missing[i]->name.text[lang];
	return n;
}

static void print_documents(struct paper *p, const struct dossier *d)
{
	const char *names[NAMES_MAX];
	size_t n = names_taken(d, p->lang, names, ARRAY_SIZE(names));

	paper_items(p, WORD_receipt_taken, names, n);
	n = names_missing(d, p->lang, names, ARRAY_SIZE(names));
	paper_items(p, WORD_receipt_missing, names, n);
}

/* 51000 tyiyn: "510 som"; 10086: "100,86 som", in English with a point. */
static void print_fee(struct paper *p, const struct dossier *d)
{
	_text_ amount = TEXT_INIT;
	_text_ fee = TEXT_INIT;
	const char *args[1];
	long long tyiyn;

	if (!d->variant)
		return;
	tyiyn = d->variant->fee_tyiyn;
	if (!tyiyn) {
		paper_line(p, WORD_receipt_fee, word_text(WORD_receipt_free, p->lang));
		return;
	}
	text_addf(&amount, "%lld", tyiyn / 100);
	if (tyiyn % 100)
		text_addf(&amount, "%c%02lld", p->lang == LANG_EN ? '.' : ',', tyiyn % 100);
	args[0] = amount.data;
	text_add_word(&fee, WORD_receipt_som, p->lang, args, ARRAY_SIZE(args));
	paper_line(p, WORD_receipt_fee, fee.data);
}

static void print_moment(struct paper *p, const struct dossier *d, enum word label, int64_t at)
{
	char text[MOMENT_TEXT_SIZE];

	moment_format(at, dossier_zone(d), text);
	text[10] = ' ';
	text[16] = '\0';
	paper_line(p, label, text);
}

static void print_due(struct paper *p, const struct dossier *d)
{
	_text_ day = TEXT_INIT;
	_text_ promised = TEXT_INIT;
	_text_ sentence = TEXT_INIT;

	if (d->row.due_on != DAY_NONE)
		text_add_day(&day, d->row.due_on, p->lang);
	paper_strong(p, WORD_receipt_due, day.data);
	if (d->row.provisional)
		paper_line(p, WORD_receipt_note, word_text(WORD_receipt_provisional, p->lang));
	if (d->row.promised_due_on != DAY_NONE && d->row.promised_due_on != d->row.due_on)
		text_add_day(&promised, d->row.promised_due_on, p->lang);
	paper_line(p, WORD_receipt_promised, promised.data);
	add_sentence(&sentence, d, p->lang);
	paper_line(p, WORD_receipt_why, sentence.data);
}

/* The code is what a QR holds where nothing is signed. */
static void print_proof(struct paper *p, const struct dossier *d)
{
	_text_ proof = TEXT_INIT;
	const char *code = receipt_code(d);

	paper_strong(p, WORD_receipt_code, code);
	if (receipt_add_proof(&proof, d)) {
		paper_qr(p, WORD_receipt_proof, text_span(&proof));
		if (!p->form.html)
			text_addf(p->t, "\n%s\n", proof.data);
	} else if (code) {
		paper_qr(p, WORD_receipt_code, span_of(code));
	}
}

void dossier_write_receipt_text(struct text *t, const struct dossier *d, struct paper_form form)
{
	const struct office *office = catalogue_office_find(d->book->catalogue, d->row.office);
	struct paper p;

	paper_begin(&p, t, form, paper_lang(d), WORD_receipt_title);
	paper_strong(&p, WORD_receipt_number, d->row.number);
	if (d->row.registered_at - d->row.received_at >= USEC_PER_MIN)
		print_moment(&p, d, WORD_receipt_received, d->row.received_at);
	print_moment(&p, d, WORD_receipt_moment, d->row.registered_at);
	paper_line(&p, WORD_receipt_office, office ? office->name.text[p.lang] : d->row.office);
	paper_line(&p, WORD_receipt_clerk,
		d->row.submitted_actor ? d->row.submitted_actor : d->row.submitted_by);
	paper_line(&p, WORD_receipt_service,
		d->service ? d->service->name.text[p.lang] : d->row.service);
	print_fee(&p, d);
	print_documents(&p, d);
	print_due(&p, d);
	paper_line(
		&p, WORD_receipt_appeal, d->service ? d->service->appeal.text.text[p.lang] : NULL);
	print_proof(&p, d);
	paper_end(&p);
}
