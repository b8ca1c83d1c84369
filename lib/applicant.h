/* Who applies: the kinds of applicants, and the words by which standards and routes name them. */
#pragma once

#include <stdbool.h>

#define APPLICANT_KINDS 4
extern const char *const applicant_kind_wire[APPLICANT_KINDS];
#define RECIPIENT_WORDS "person, entrepreneur, company, body, organisation"

/* Does this word of a standard cover that kind? Its own name does; "organisation" is a company or
 * a body. */
bool recipient_covers(const char *word, const char *kind);
/* How many kinds it covers; 0: it is not known. */
int recipient_breadth(const char *word);
/* One of RECIPIENT_WORDS. */
bool recipient_is_known(const char *word);
