/* A service and its standard: variants, stages, documents, refusal grounds. */
#pragma once

#include <json-c/json.h>

#include "lib/form.h"
#include "lib/ladder.h"
#include "lib/place.h"

/* All read-only, living as long as their catalogue. Source: Casework, Catalogue files. */

struct variant {
	const char *code;
	struct names name; /* the code where the file gives none */
	int64_t fee_tyiyn;
	enum kezek_priority priority;  /* in the queue; normal where the file gives none */
	const struct office **offices; /* where it is offered; NULL: everywhere */
	size_t noffices;
	const struct term_rule *terms[KEZEK_DEADLINE_COUNT]; /* NULL: none of that kind */
};

enum cure_lapse { CURE_REFUSES, CURE_LAPSES, CURE_RESUMES }; /* refuse, lapse, resume */

/* A ground on which a deadline may be paused, and how. */
struct pause_standard {
	const char *ground;
	enum term_effect effect;
	bool first_same_day, resume_counts, needs_cure_by;
	const struct term_rule *cure; /* or NULL */
	enum cure_lapse cure_lapse;
	const struct term_rule *max_total; /* amount and unit only; NULL: no limit */
};

struct extension_standard {
	unsigned max;                   /* 0: may not be extended */
	const struct term_rule *sum;    /* amount and unit only; NULL: no limit */
	bool rank_is_head;              /* granted by the agency's head, else by any officer */
	bool before_due;                /* must be granted before due_at */
	const struct term_rule *notice; /* deadline notify_extension; NULL: none */
};

struct stage {
	enum kezek_deadline_kind kind;
	const struct term_rule *term; /* NULL: "variant": see stage_rule */
	const struct term_rule *cap;  /* or NULL */
	enum kezek_breach on_breach;
	enum kezek_late_decision late_decision;
	const struct ladder *ladder; /* or NULL */
	const struct pause_standard *pauses;
	size_t npauses;
	struct extension_standard extensions;
};

struct document_standard {
	const char *kind;
	bool required, original;
	int max_age_days; /* -1: any age */
	struct names name;
};

struct ground {
	const char *code;
	struct names name;
	const char *legal_basis; /* or NULL */
};

enum payment { PAYMENT_NONE, PAYMENT_BEFORE, PAYMENT_AFTER };

/* Without its documents: refused at the counter; → incomplete; → paused, registered. */
enum incomplete { INCOMPLETE_REFUSE, INCOMPLETE_ACCEPT, INCOMPLETE_PAUSE };

enum forward_clock { FORWARD_CONTINUES, FORWARD_RESTARTS };

struct appeal {
	struct names text;            /* how and to whom; all "" where the file is silent */
	const struct agency *agency;  /* or NULL */
	const struct term_rule *term; /* or NULL */
	const char *legal_basis;      /* or NULL */
};

struct service {
	const char *code;
	int version;
	int32_t valid_from, valid_to; /* days, both included; open: INT32_MAX */
	enum level level;
	struct names name, result;
	const char *legal_basis; /* or NULL */
	const char *source;      /* "unconfirmed" where the file is silent */
	bool source_is_confirmed;
	const char *const *recipients;  /* applicant kinds; none given: any */
	int counter_minutes;            /* -1: not stated */
	const struct variant *variants; /* never empty; in the file's order: the usual one first */
	const struct stage *stages;
	enum payment payment;
	enum incomplete incomplete;
	const struct term_rule *max_backdate; /* amount and unit; NULL: none allowed */
	enum forward_clock forward_clock;
	int max_hops;
	const struct term_rule *forward_notice; /* to tell the applicant of it; NULL: none */
	const struct document_standard *documents;
	const struct ground *grounds;
	size_t nrecipients, nvariants, nstages, ndocuments, ngrounds;
	struct appeal appeal;
	const struct form *form; /* NULL: any */
	json_object *json;
};

/* NULL code: the first, the usual one. */
const struct variant *service_variant_find(const struct service *s, const char *code);
const struct stage *service_stage_find(const struct service *s, enum kezek_deadline_kind kind);
const struct ground *service_ground_find(const struct service *s, const char *code);
const struct document_standard *service_document_find(const struct service *s, const char *kind);
bool service_takes(const struct service *s, const char *applicant_kind);
/* The applicant's term to complete: stage cure, else pause documents_missing; or NULL. */
const struct term_rule *service_cure(const struct service *s, const struct variant *v);
const struct pause_standard *stage_pause_find(const struct stage *s, const char *ground);
/* The stage's own rule, or the variant's; NULL: this variant has no such deadline. */
const struct term_rule *stage_rule(const struct stage *s, const struct variant *v);
bool variant_is_offered_at(const struct variant *v, const struct office *o);
