/* Claims: taking work, waiting for it, keeping and handing it back. */
#pragma once

#include "daemon/api/call.h"

/* give_back.c: a claim whose answer could not be delivered goes back to its queue at once, or as
 * soon as PostgreSQL can be told. */
void claim_give_back(struct api *a, const struct principal *who, const struct claimed_row *claimed);
struct give_backs *give_backs_new(struct api *a);
/* Stops the loop when all are given back, or after two seconds. */
void give_backs_finish(struct give_backs *all);
void give_backs_free(struct give_backs *all);

void claims_begin(struct call *c);         /* POST /v1/queues/{agency}/claims */
void claims_list_begin(struct call *c);    /* GET /v1/claims */
void claims_renew_begin(struct call *c);   /* POST /v1/claims/renew */
void claims_release_begin(struct call *c); /* POST /v1/claims/release */
void claims_decide_begin(struct call *c);  /* POST /v1/claims/decide */
