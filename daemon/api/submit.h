/* Submissions: from a body to a new request. */
#pragma once

#include "daemon/api/dossier.h"

void submit_begin(struct call *c);
