/* What is wrong with an input, all of it at once: the list behind every `invalid_params`. */
#pragma once

#include "lib/words.h"

/*
 * One fault: an RFC 6901 pointer into the input, a reason (a row reason_<code> of
 * lib/words/reason.def, whose <code> is the wire's) and up to two details that its sentence names.
 */
struct fault {
	char *pointer;
	enum word reason;
	char *detail[2];
};

struct faults {
	struct fault *items;
	size_t count;
};

#define FAULTS_MAX 100 /* further ones are counted out: a hostile body must not grow a reply */
#define _faults_                                                                                   \
	_cleanup_(faults_done)                                                                     \
	struct faults

void faults_done(struct faults *f);
/* Copies all its arguments; details may be NULL. */
void faults_add(struct faults *f, const char *pointer, enum word reason, const char *detail0,
	const char *detail1);
/* Adds what `from` holds, which is empty afterwards. */
void faults_move(struct faults *f, struct faults *from);
/* The pointer made of `parent` and one escaped member name (RFC 6901 section 3). */
char *pointer_join(const char *parent, const char *member);
char *pointer_index(const char *parent, size_t index);
/* "reason" as the wire's code, e.g. WORD_reason_unknown_member → "unknown_member". */
const char *reason_code(enum word reason);
/* True: the input's shape is wrong (400); false: its content is (422). */
bool fault_is_shape(enum word reason);
void text_add_fault(struct text *t, const struct fault *f, enum lang lang);
