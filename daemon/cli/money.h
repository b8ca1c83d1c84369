/* Amounts as people write them: som, and terms. */
#pragma once

#include "daemon/cli/cli.h"
#include "daemon/cli/tree.h"

/* 51000 tyiyn as "510 som", 10086 as "100.86 som". */
void text_add_money(struct text *t, int64_t tyiyn, enum lang lang);
/* {"amount":12,"unit":"working_day","start":"registered"} as "12 working days (registered)". */
void text_add_term(struct text *t, json_object *term, enum lang lang);
