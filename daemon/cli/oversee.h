/* What overview, overdue list and the live view share. */
#pragma once

#include "daemon/cli/list.h"

extern const struct list_look overdue_look;

/* The agency, service or office that an item of the overview is about. */
const char *overview_key(json_object *item);
