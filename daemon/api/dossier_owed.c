/* A request in the hand: what its applicant owes, documents and the fee. */
#include "daemon/api/dossier.h"

bool documents_have(json_object *documents, const char *kind)
{
	for (size_t i = 0; documents && i < json_object_array_length(documents); i++) {
		json_object *one = json_object_array_get_idx(documents, i);
		const char *k = json_object_get_string(json_object_object_get(one, "kind"));

		if (k && strcmp(k, kind) == 0 && !json_object_object_get(one, "too_old"))
			return true;
	}
	return false;
}

size_t dossier_missing(const struct dossier *d, const struct document_standard *ret[], size_t room)
{
	json_object *documents = json_object_object_get(d->content, "documents");
	size_t n = 0;

	for (size_t i = 0; d->service && i < d->service->ndocuments && n < room; i++) {
		const struct document_standard *s = &d->service->documents[i];

		if (s->required && !documents_have(documents, s->kind))
			ret[n++] = s;
	}
	return n;
}

static int64_t moment_of(json_object *v)
{
	int64_t at = MOMENT_NONE;

	if (v && !moment_parse(span_of(json_object_get_string(v)), &at, NULL))
		at = MOMENT_NONE;
	return at;
}

int64_t dossier_paid_at(const struct dossier *d)
{
	json_object *paid = json_object_object_get(d->content, "paid");

	if (paid)
		return moment_of(json_object_object_get(paid, "at"));
	/* Paid before payments were noted in the content. */
	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, "pay") == 0 && row->stopped_at != MOMENT_NONE &&
			strcmp(row->state, "void") != 0 && !row->effect)
			return row->stopped_at;
	}
	return MOMENT_NONE;
}

int64_t dossier_owes(const struct dossier *d)
{
	/* Of a linked request it is the citizen's own that pays. */
	if (!d->service || d->service->payment == PAYMENT_NONE || !d->variant || d->parent.number)
		return 0;
	return dossier_paid_at(d) == MOMENT_NONE ? d->variant->fee_tyiyn : 0;
}
