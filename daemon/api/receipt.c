/* The receipt: what the citizen is handed, in the applicant's language, as JSON, text and HTML. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/paper.h"
#include "lib/term_explain.h"

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

/* NULL: from a former system, or its key was destroyed. */
static const char *code_of(const struct dossier *d)
{
	return json_object_get_string(json_object_object_get(d->content, "code"));
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
	text_add_member(t, "code", code_of(d));
	text_add_char(t, '}');
}

void dossier_write_receipt_text(struct text *t, const struct dossier *d, bool html)
{
	enum lang lang = paper_lang(d);
	struct paper p;
	const struct office *office = catalogue_office_find(d->book->catalogue, d->row.office);
	char at[MOMENT_TEXT_SIZE];
	_text_ day = TEXT_INIT;
	_text_ sentence = TEXT_INIT;

	moment_format(d->row.registered_at, dossier_zone(d), at);
	at[10] = ' ';
	at[16] = '\0';
	if (d->row.due_on != DAY_NONE)
		text_add_day(&day, d->row.due_on, lang);
	add_sentence(&sentence, d, lang);
	paper_begin(&p, t, html, lang, WORD_receipt_title);
	paper_line(&p, WORD_receipt_number, d->row.number);
	paper_line(&p, WORD_receipt_code, code_of(d));
	paper_line(&p, WORD_receipt_moment, at);
	paper_line(&p, WORD_receipt_office, office ? office->name.text[lang] : d->row.office);
	paper_line(&p, WORD_receipt_clerk,
		d->row.submitted_actor ? d->row.submitted_actor : d->row.submitted_by);
	paper_line(&p, WORD_receipt_service,
		d->service ? d->service->name.text[lang] : d->row.service);
	paper_line(&p, WORD_receipt_due, day.data);
	paper_line(&p, WORD_receipt_why, sentence.data);
	paper_line(&p, WORD_receipt_appeal, d->service ? d->service->appeal.text.text[lang] : NULL);
	paper_end(&p);
}
