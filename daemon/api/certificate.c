/* The certificate of tacit approval: nobody decided in time, and by the standard silence was
 * consent. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/paper.h"
#include "lib/term_explain.h"

/* The decide deadline that ended so; NULL: somebody decided, or nothing has yet. */
static const struct deadline_row *approved(const struct dossier *d)
{
	for (int i = d->deadline_count - 1; i >= 0; i--) {
		const struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, "decide") == 0)
			return row->stopped_at != MOMENT_NONE && row->effect &&
					       strcmp(row->effect, "approve_tacitly") == 0
				       ? row
				       : NULL;
	}
	return NULL;
}

bool dossier_is_approved_tacitly(const struct dossier *d)
{
	return approved(d) != NULL;
}

/* "… was not decided by 20 November 2026; by … it counts as granted." */
static void add_sentence(struct text *t, const struct dossier *d, int32_t due_on, enum lang lang)
{
	_text_ on = TEXT_INIT;
	const char *args[2];

	text_add_day(&on, due_on, lang);
	args[0] = d->row.number;
	args[1] = on.data;
	text_add_word(t, WORD_certificate_sentence, lang, args, ARRAY_SIZE(args));
}

static const char *name_of_applicant(const struct dossier *d)
{
	return json_object_get_string(
		json_object_object_get(json_object_object_get(d->content, "applicant"), "name"));
}

static const char *name_of_agency(const struct dossier *d, enum lang lang)
{
	const struct agency *a = catalogue_agency_find(d->book->catalogue, d->row.agency);

	return a ? a->name.text[lang] : NULL;
}

void dossier_write_certificate(struct text *t, const struct dossier *d)
{
	const struct deadline_row *row = approved(d);
	enum lang lang = paper_lang(d);
	_text_ sentence = TEXT_INIT;

	if (!row)
		return;
	add_sentence(&sentence, d, row->due_on, lang);
	text_add_char(t, '{');
	text_add_member(t, "number", d->row.number);
	text_addf(t, ",\"language\":\"%s\",", lang_code(lang));
	text_add_member(t, "applicant", name_of_applicant(d));
	text_adds(t, ",\"service\":{");
	text_add_member(t, "code", d->row.service);
	text_add_char(t, ',');
	text_add_member(t, "name", d->service ? d->service->name.text[lang] : NULL);
	text_adds(t, "},\"agency\":{");
	text_add_member(t, "code", d->row.agency);
	text_add_char(t, ',');
	text_add_member(t, "name", name_of_agency(d, lang));
	text_adds(t, "},");
	text_add_moment(t, "registered_at", d->row.registered_at, dossier_zone(d));
	text_add_char(t, ',');
	text_add_date(t, "due_on", row->due_on);
	text_add_char(t, ',');
	text_add_moment(t, "granted_at", row->stopped_at, dossier_zone(d));
	text_add_char(t, ',');
	text_add_member(t, "legal_basis", d->service ? d->service->legal_basis : NULL);
	text_add_char(t, ',');
	text_add_member(t, "sentence", sentence.data);
	text_add_char(t, '}');
}

void dossier_write_certificate_text(struct text *t, const struct dossier *d, struct paper_form form)
{
	const struct deadline_row *row = approved(d);
	enum lang lang = paper_lang(d);
	struct paper p;
	_text_ granted = TEXT_INIT;
	_text_ registered = TEXT_INIT;
	_text_ sentence = TEXT_INIT;

	if (!row)
		return;
	text_add_day(&granted, zone_day(dossier_zone(d), row->stopped_at), lang);
	text_add_day(&registered, zone_day(dossier_zone(d), d->row.registered_at), lang);
	add_sentence(&sentence, d, row->due_on, lang);
	paper_begin(&p, t, form, lang, WORD_certificate_title);
	paper_line(&p, WORD_receipt_number, d->row.number);
	paper_line(&p, WORD_certificate_applicant, name_of_applicant(d));
	paper_line(&p, WORD_receipt_service, d->service ? d->service->name.text[lang] : NULL);
	paper_line(&p, WORD_certificate_agency, name_of_agency(d, lang));
	paper_line(&p, WORD_receipt_moment, registered.data);
	paper_line(&p, WORD_certificate_granted, granted.data);
	paper_line(&p, WORD_certificate_basis, d->service ? d->service->legal_basis : NULL);
	paper_line(&p, WORD_certificate_why, sentence.data);
	paper_end(&p);
}
