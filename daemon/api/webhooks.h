/* What the two files of webhooks share. */
#pragma once

#include "daemon/api/courier.h"

/* One more statement of the call's unit: the hook of that name, or all. */
void webhook_ask(struct call *c, const char *name);
/* One more statement, which changes something: begins with who asks, the key and what it is for. */
struct params *webhook_change(struct call *c, enum statement statement);
/* The unit is done, and the statement that changes something said so, now or under this key before
 * (negative: there is none). False: answered. */
bool webhook_is_done(struct call *c, enum unit_how how, int statement);
