/* Rules, pauses and extensions from JSON, every fault at once. */
#pragma once

#include "lib/json.h"
#include "lib/term.h"

/* Each returns 0, or 1 with faults under `pointer` and the output untouched. */
_must_check_ int term_rule_read(
	json_object *json, const char *pointer, struct faults *faults, struct term_rule *ret_rule);
/* A length alone: amount and unit, nothing else. */
_must_check_ int term_span_read(
	json_object *json, const char *pointer, struct faults *faults, struct term_rule *ret_span);
_must_check_ int term_extension_read(json_object *json, const char *pointer, struct faults *faults,
	struct term_extension *ret_extension);
_must_check_ int term_pause_read(json_object *json, const char *pointer, struct faults *faults,
	struct term_pause *ret_pause);
/* Sorts by `from_at`; overlapping ones, or one after an open one, are a fault of `pointer`. */
_must_check_ int term_pauses_check(
	struct term_pause *pauses, size_t npauses, const char *pointer, struct faults *faults);

/* The JSON of a rule with every member that is not its default. */
void text_add_term_rule(struct text *t, const struct term_rule *rule);
void text_add_term_pause(struct text *t, const struct term_pause *pause, const struct zone *zone);
