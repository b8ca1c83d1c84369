/* Members of JSON objects: `"name":value`, without a comma. Names are ours and need no escaping. */
#pragma once

#include "lib/day.h"
#include "lib/moment.h"
#include "lib/text.h"
#include "lib/uuid.h"

void text_add_member(struct text *t, const char *name, const char *value); /* NULL is null */
/* In this zone; MOMENT_NONE is null. */
void text_add_moment(struct text *t, const char *name, int64_t at, const struct zone *zone);
void text_add_date(struct text *t, const char *name, int32_t day); /* DAY_NONE is null */
void text_add_flag(struct text *t, const char *name, bool value);
void text_add_uuid(struct text *t, const char *name, const struct uuid *u);
