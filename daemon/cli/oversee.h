/* What overview, overdue list and the live view share. */
#pragma once

#include "daemon/cli/list.h"

extern const struct list_look overdue_look, notifications_look;

/* How the items of this overview look: with what nobody has seen, where there is any. */
const struct list_look *overview_look_of(json_object *answer);

/* The agency, service or office that an item of the overview is about. */
const char *overview_key(json_object *item);
