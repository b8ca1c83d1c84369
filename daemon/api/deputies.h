/* Who stands in for whom now: kezek.delegation as cached, and lib/delegation's rule on it. */
#pragma once

#include "daemon/api/dossier.h"

/* From the rows of SQL_DELEGATIONS. `wrote`: the unit changed them itself. An answer that was
 * overtaken by a newer one is dropped. */
void deputies_read(struct api *a, const struct unit *u, int statement, bool wrote);
/* Who stands in for `name` (may be NULL); NULL: nobody. */
const char *deputy_find(const struct api *a, const char *agency, const char *name);
bool deputy_stands_in(
	const struct api *a, const char *agency, const char *deputy, const char *name);

/* Who answers for it: the deputy while an open one's is on leave. NULL only where nobody is known.
 */
const char *dossier_responsible(const struct dossier *d);
/* For whom `name` acts on what is held: the absent holder; NULL: for nobody. */
const char *dossier_absent_holder(const struct dossier *d, const char *name);
