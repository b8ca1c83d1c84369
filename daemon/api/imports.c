/* POST /v1/imports: historical cases of a former system, each judged at its own moments. */
#include "daemon/api/resources.h"

void imports_begin(struct call *c)
{
	answer_problem(c, KEZEK_PROBLEM_not_implemented, NULL);
}
