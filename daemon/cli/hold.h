/* Showing that one may write: the claim that is ours, or the request's newest version. */
#pragma once

#include "daemon/cli/cli.h"

struct hold {
	struct kezek_hold hold;
	struct kezek_claims *claims; /* owns hold.claim where it was found there */
	char *etag;
};

/*
 * By --claim and --fence, or --if-match; else our own claim on it (GET /v1/claims); else the ETag
 * of a fresh look. 0, or an exit code and the reason was printed.
 */
int hold_find(struct cli *c, const char *id, struct hold *ret_hold);
void hold_done(struct hold *h);
