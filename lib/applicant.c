/* Who applies: the kinds of applicants, and the words by which standards and routes name them. */
#include <string.h>

#include "lib/applicant.h"

const char *const applicant_kind_wire[APPLICANT_KINDS] = {
	"person",
	"entrepreneur",
	"company",
	"body",
};

bool recipient_covers(const char *word, const char *kind)
{
	if (strcmp(word, kind) == 0)
		return true;
	return strcmp(word, "organisation") == 0 &&
	       (strcmp(kind, "company") == 0 || strcmp(kind, "body") == 0);
}

int recipient_breadth(const char *word)
{
	int breadth = 0;

	for (int i = 0; i < APPLICANT_KINDS; i++)
		breadth += recipient_covers(word, applicant_kind_wire[i]);
	return breadth;
}

bool recipient_is_known(const char *word)
{
	return recipient_breadth(word) > 0;
}
