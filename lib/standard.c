/* A service and its standard: finding its parts. */
#include "lib/applicant.h"
#include "lib/standard.h"

#define FIND(array, count, member, value)                                                          \
	do {                                                                                       \
		for (size_t i_ = 0; i_ < (count); i_++) {                                          \
			if (strcmp((array)[i_].member, value) == 0)                                \
				return &(array)[i_];                                               \
		}                                                                                  \
		return NULL;                                                                       \
	} while (0)

const struct variant *service_variant_find(const struct service *s, const char *code)
{
	if (!code)
		return &s->variants[0];
	FIND(s->variants, s->nvariants, code, code);
}

const struct stage *service_stage_find(const struct service *s, enum kezek_deadline_kind kind)
{
	for (size_t i = 0; i < s->nstages; i++) {
		if (s->stages[i].kind == kind)
			return &s->stages[i];
	}
	return NULL;
}

const struct ground *service_ground_find(const struct service *s, const char *code)
{
	FIND(s->grounds, s->ngrounds, code, code);
}

const struct document_standard *service_document_find(const struct service *s, const char *kind)
{
	FIND(s->documents, s->ndocuments, kind, kind);
}

const struct pause_standard *stage_pause_find(const struct stage *s, const char *ground)
{
	FIND(s->pauses, s->npauses, ground, ground);
}

bool service_takes(const struct service *s, const char *applicant_kind)
{
	for (size_t i = 0; i < s->nrecipients; i++) {
		if (recipient_covers(s->recipients[i], applicant_kind))
			return true;
	}
	return s->nrecipients == 0;
}

const struct term_rule *service_cure(const struct service *s, const struct variant *v)
{
	const struct stage *cure = service_stage_find(s, KEZEK_DEADLINE_cure);
	const struct stage *decide = service_stage_find(s, KEZEK_DEADLINE_decide);
	const struct pause_standard *pause;

	if (cure)
		return stage_rule(cure, v);
	pause = decide ? stage_pause_find(decide, "documents_missing") : NULL;
	return pause ? pause->cure : NULL;
}

const struct term_rule *stage_rule(const struct stage *s, const struct variant *v)
{
	return s->term ? s->term : v->terms[s->kind];
}

bool variant_is_offered_at(const struct variant *v, const struct office *o)
{
	for (size_t i = 0; i < v->noffices; i++) {
		if (v->offices[i] == o)
			return true;
	}
	return !v->offices;
}

bool territory_is_within(const struct territory *inner, const struct territory *outer)
{
	while (inner && inner != outer)
		inner = inner->parent;
	return inner != NULL;
}
