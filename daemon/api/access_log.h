/* The access log: a call's line of it is written before the call tells anybody's personal data. */
#pragma once

#include "daemon/api/call.h"

/* The reply will hold what this request says of a person. */
void access_tells(struct call *c, const struct uuid *request);
/* Replies, once what it tells is on record; at once where it tells nothing. Takes the body. */
void access_reply(struct call *c, int status, const char *type, struct text *body);
/* The line of a call that tells more than a line holds; then `then`. Else the call is answered. */
void access_log(struct call *c, void (*then)(struct call *c));
void access_done(struct told *t);
