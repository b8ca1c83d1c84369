/* What the batched writes share among themselves. */
#pragma once

#include "daemon/db/members.h"

#define DEADLINE_SIGNATURE "uittititzzdottzzztitzz"
#define EVENT_SIGNATURE    "uiutzttttbbtt"
#define LOOKUP_SIGNATURE   "utb"

void write_deadlines(struct columns *c, const struct uuid *request, const struct changes *changes);
void write_lookups(struct columns *c, const struct uuid *request, const struct lookups *lookups);
void write_events(struct columns *c, const struct uuid *request, const struct changes *changes);
void cell_priority(struct columns *c, enum kezek_priority priority);
/* Null where the text is empty. */
void cell_sealed(struct columns *c, const struct text *t);
/* The member that a result row speaks of, its result set; the row goes on behind n and result. */
struct member *read_member(struct row *r, struct member *const members[], int n);
