/* The receipt on paper, and the slip of a refusal: text, an A4 page, a slip of 80 mm. */
#include "daemon/api/paper.h"
#include "daemon/api/receipt_proof.h"
#include "lib/term_explain.h"

/* "Passport (original, 2 p.)": its standard's name and how it was handed in. */
static char *name_of(json_object *one, const struct document_standard *s, enum lang lang)
{
	json_object *original = json_object_object_get(one, "original");
	const char *pages[] = {json_object_get_string(json_object_object_get(one, "pages"))};
	const char *kind = json_object_get_string(json_object_object_get(one, "kind"));
	struct text t = TEXT_INIT;

	text_adds(&t, s ? s->name.text[lang] : kind);
	if (original || pages[0])
		text_adds(&t, " (");
	if (original)
		text_adds(&t, word_text(json_object_get_boolean(original) ? WORD_receipt_original
									  : WORD_receipt_copy,
				      lang));
	if (original && pages[0])
		text_adds(&t, ", ");
	if (pages[0])
		text_add_word(&t, WORD_receipt_pages, lang, pages, 1);
	if (original || pages[0])
		text_add_char(&t, ')');
	return text_steal(&t);
}

static void print_taken(struct paper *p, const struct receipt *r)
{
	char *names[RECEIPT_MISSING_MAX];
	const struct document_standard *s;
	size_t n = 0, i = 0;
	json_object *one;

	while (n < ARRAY_SIZE(names) && (one = receipt_taken_next(r, &i, &s)))
		names[n++] = name_of(one, s, p->lang);
	paper_items(p, WORD_receipt_taken, (const char *const *)names, n);
	while (n)
		free(names[--n]);
}

static void print_missing(struct paper *p, const struct receipt *r)
{
	char *names[RECEIPT_MISSING_MAX];
	_text_ by = TEXT_INIT;
	size_t n;

	for (n = 0; n < r->missing_count; n++) {
		const struct receipt_missing *m = &r->missing[n];
		const char *name = m->standard ? m->standard->name.text[p->lang] : m->kind;
		struct text t = TEXT_INIT;

		if (m->too_old)
			text_add_word(&t, WORD_receipt_too_old, p->lang, &name, 1);
		else
			text_adds(&t, name);
		names[n] = text_steal(&t);
	}
	paper_items(p, WORD_receipt_missing, (const char *const *)names, n);
	while (n)
		free(names[--n]);
	if (r->complete_by != DAY_NONE)
		text_add_day(&by, r->complete_by, p->lang);
	paper_strong(p, WORD_receipt_complete_by, by.data);
}

static void print_moment(struct paper *p, const struct dossier *d, enum word label, int64_t at)
{
	char text[MOMENT_TEXT_SIZE];

	moment_format(at, dossier_zone(d), text);
	text[10] = ' ';
	text[16] = '\0';
	paper_line(p, label, text);
}

/* Paid, and when; or until when, and before what. */
static void print_payment(struct paper *p, const struct receipt *r)
{
	bool before = r->d->service->payment == PAYMENT_BEFORE;
	_text_ day = TEXT_INIT;
	_text_ said = TEXT_INIT;
	const char *args[1];
	enum word word;

	if (r->paid_at != MOMENT_NONE) {
		print_moment(p, r->d, WORD_receipt_paid, r->paid_at);
		return;
	}
	if (r->pay_by != DAY_NONE)
		text_add_day(&day, r->pay_by, p->lang);
	args[0] = day.data;
	if (day.len)
		word = before ? WORD_receipt_pay_before_by : WORD_receipt_pay_after_by;
	else
		word = before ? WORD_receipt_pay_before : WORD_receipt_pay_after;
	text_add_word(&said, word, p->lang, args, ARRAY_SIZE(args));
	paper_line(p, WORD_receipt_payment, said.data);
}

/* 51000 tyiyn: "510 som"; 10086: "100,86 som", in English with a point. */
static void print_fee(struct paper *p, const struct receipt *r)
{
	_text_ amount = TEXT_INIT;
	_text_ fee = TEXT_INIT;
	const char *args[1];
	long long tyiyn;

	if (!r->d->variant)
		return;
	tyiyn = r->d->variant->fee_tyiyn;
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
	if (r->d->service->payment != PAYMENT_NONE && !r->is_refusal)
		print_payment(p, r);
}

static void print_due(struct paper *p, const struct receipt *r)
{
	const struct dossier *d = r->d;
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
	receipt_add_sentence(&sentence, r);
	paper_line(p, WORD_receipt_why, sentence.data);
}

static void print_refusal(struct paper *p, const struct receipt *r)
{
	paper_strong(
		p, WORD_receipt_ground, r->ground ? r->ground->name.text[p->lang] : r->ground_code);
	paper_line(p, WORD_certificate_basis, r->ground ? r->ground->legal_basis : NULL);
	paper_line(p, WORD_receipt_reason, r->reason);
	paper_line(p, WORD_receipt_note, word_text(WORD_receipt_refused, p->lang));
}

static void print_appeal(struct paper *p, const struct receipt *r)
{
	const struct appeal *a = r->d->service ? &r->d->service->appeal : NULL;
	_text_ term = TEXT_INIT;
	_text_ amount = TEXT_INIT;
	_text_ day = TEXT_INIT;
	const char *args[2];

	if (!a)
		return;
	paper_line(p, WORD_receipt_appeal, a->text.text[p->lang]);
	paper_line(p, WORD_receipt_appeal_to, a->agency ? a->agency->name.text[p->lang] : NULL);
	if (a->term)
		text_add_term_amount(&amount, a->term->amount, a->term->unit, p->lang);
	if (r->appeal_by != DAY_NONE)
		text_add_day(&day, r->appeal_by, p->lang);
	args[0] = amount.data;
	args[1] = day.data;
	if (day.len)
		text_add_word(&term, WORD_receipt_appeal_until, p->lang, args, 2);
	paper_line(p, WORD_receipt_appeal_term, day.len ? term.data : amount.data);
	paper_line(p, WORD_receipt_appeal_basis, a->legal_basis);
}

/* The code is what a QR holds where nothing is signed. */
static void print_proof(struct paper *p, const struct receipt *r)
{
	_text_ proof = TEXT_INIT;
	const char *code = receipt_code(r->d);

	paper_strong(p, WORD_receipt_code, code);
	if (receipt_add_proof(&proof, r)) {
		paper_qr(p, WORD_receipt_proof, text_span(&proof));
		if (!p->form.html)
			text_addf(p->t, "\n%s\n", proof.data);
	} else if (code) {
		paper_qr(p, WORD_receipt_code, span_of(code));
	}
}

static void print_service(struct paper *p, const struct receipt *r)
{
	const struct dossier *d = r->d;

	paper_line(p, WORD_receipt_service,
		d->service ? d->service->name.text[p->lang] : d->row.service);
	if (d->service && d->service->nvariants > 1 && d->variant)
		paper_line(p, WORD_receipt_variant, d->variant->name.text[p->lang]);
}

void dossier_write_receipt_text(struct text *t, const struct dossier *d, struct paper_form form)
{
	struct receipt r;
	struct paper p;

	receipt_read(d, &r);
	paper_begin(&p, t, form, r.lang,
		r.is_refusal ? WORD_receipt_title_refusal : WORD_receipt_title);
	paper_strong(&p, WORD_receipt_number, d->row.number);
	if (d->row.registered_at - d->row.received_at >= USEC_PER_MIN)
		print_moment(&p, d, WORD_receipt_received, d->row.received_at);
	print_moment(&p, d, r.is_refusal ? WORD_receipt_refused_at : WORD_receipt_moment,
		d->row.registered_at);
	paper_line(&p, WORD_receipt_office, r.office ? r.office->name.text[p.lang] : d->row.office);
	paper_line(&p, r.is_refusal ? WORD_receipt_refused_by : WORD_receipt_clerk, r.clerk);
	print_service(&p, &r);
	if (r.is_refusal)
		print_refusal(&p, &r);
	print_fee(&p, &r);
	print_taken(&p, &r);
	print_missing(&p, &r);
	if (!r.is_refusal)
		print_due(&p, &r);
	print_appeal(&p, &r);
	print_proof(&p, &r);
	paper_end(&p);
}
