/* The journal of a former system's case: what each event said, and what became of the case by it.
 */
#include "daemon/api/import_parts.h"

static void add_code(struct text *t, const char *name, const char *value)
{
	if (!value)
		return;
	text_adds(t, t->len ? "," : "{");
	text_add_member(t, name, value);
}

static void add_moment(struct text *t, const char *name, int64_t at, const struct zone *zone)
{
	if (at == MOMENT_NONE)
		return;
	text_adds(t, t->len ? "," : "{");
	text_add_moment(t, name, at, zone);
}

/* What the event itself says: codes and moments, nobody's data. */
static void add_said(struct text *t, struct import_line *l, const struct import_event *e)
{
	add_code(t, "outcome", e->outcome);
	for (int i = 0; i < IMPORT_DETAIL_COUNT; i++)
		add_code(t, import_details[i], e->details[i]);
	add_code(t, "cure_by", e->cure_by);
	add_moment(t, "until", e->until_at, dossier_zone(&l->d));
	if (e->act == KEZEK_ACT_extend) {
		add_code(t, "deadline", deadline_kind_name(e->deadline));
		add_code(t, "until", e->until);
	}
	if (e->extension.amount)
		text_addf(t, ",\"amount\":%d,\"unit\":\"%s\"", e->extension.amount,
			term_unit_name(e->extension.unit));
	if (e->amount_tyiyn)
		text_addf(t, "%s\"amount_tyiyn\":%lld", t->len ? "," : "{",
			(long long)e->amount_tyiyn);
}

static const char *finish_object(struct dossier *d, struct text *t)
{
	if (!t->len)
		return NULL;
	text_add_char(t, '}');
	return pool_take(d->pool, t);
}

static void add_change(
	struct import_line *l, struct event_row *row, const struct import_before *before)
{
	struct dossier *d = &l->d;
	_text_ t = TEXT_INIT;

	add_code(&t, "state", state_name(before->state));
	if (d->row.agency != before->agency)
		add_code(&t, "agency", before->agency);
	row->before = finish_object(d, &t);
}

static void seal_words(struct import_line *l, const struct call *c, const char *purpose,
	const char *words, struct text *ret)
{
	if (words && words[0])
		seal_close(c->api->seal, l->d.key, &l->d.row.id, purpose, span_of(words), ret);
}

void import_journal(struct import_line *l, const struct call *c, const struct import_event *e,
	const struct import_before *before)
{
	struct dossier *d = &l->d;
	struct event_row *row = dossier_event(d, e->kind, e->at, c);
	_text_ t = TEXT_INIT;

	row->actor = e->actor;
	row->ground = e->ground;
	row->legal_basis = e->legal_basis;
	seal_words(l, c, "text", e->text, &row->text);
	seal_words(l, c, "reason", e->reason, &row->reason);
	if (before) {
		add_change(l, row, before);
		add_code(&t, "state", d->row.state);
		if (d->row.due_at != before->due_at)
			add_moment(&t, "due_at", d->row.due_at, dossier_zone(d));
	}
	add_said(&t, l, e);
	row->after = finish_object(d, &t);
}

void import_journal_first(struct import_line *l, const struct call *c)
{
	struct event_row *e = dossier_event(&l->d, "imported", l->registered_at, c);
	_text_ t = TEXT_INIT;

	add_code(&t, "agency", l->d.row.agency);
	text_add_char(&t, ',');
	text_add_moment(&t, "due_at", l->due_at, dossier_zone(&l->d));
	e->after = finish_object(&l->d, &t);
}
