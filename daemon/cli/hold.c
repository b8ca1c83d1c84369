/* Showing that one may write. */
#include "daemon/cli/hold.h"

void hold_done(struct hold *h)
{
	kezek_claims_free(h->claims);
	free(h->etag);
	*h = (struct hold){0};
}

/* Whoever may hold no claims (a clerk) is refused the list: that is no fault. */
static int claim_find(struct cli *c, const char *id, struct hold *h)
{
	int failure = kezek_claims_held(c->kezek, NULL, &h->claims);

	if (failure == KEZEK_FAILURE_refused)
		return kezek_refusal(c->kezek)->status == 403 ? 0 : cli_failure(c, failure);
	if (failure)
		return cli_failure(c, failure);
	for (size_t i = 0; i < kezek_claims_count(h->claims); i++) {
		const struct kezek_claim *claim = kezek_claims_at(h->claims, i);

		if (strcmp(claim->request_id, id) == 0) {
			h->hold.claim = claim->claim;
			h->hold.fence = claim->fence;
		}
	}
	return 0;
}

static int etag_find(struct cli *c, const char *id, struct hold *h)
{
	_free_ char *path = cli_path("/v1/requests/%", id);
	struct kezek_response *r;
	int rc = cli_call(c, "GET", path, NULL, &r);

	if (rc)
		return rc;
	h->etag = strdup(kezek_response_header(r, "ETag"));
	if (!h->etag)
		abort();
	h->hold.etag = h->etag;
	kezek_response_free(r);
	return 0;
}

int hold_find(struct cli *c, const char *id, struct hold *ret_hold)
{
	const char *claim = cli_option(c, "claim"), *version = cli_option(c, "if-match");
	struct hold h = {0};
	long fence;
	int rc = 0;

	if (!cli_option_number(c, "fence", 0, INT64_MAX, 0, &fence))
		return EXIT_USAGE;
	if (claim) {
		if (!cli_option(c, "fence"))
			return cli_usage(c, SAY_usage_fence, NULL);
		h.hold.claim = claim;
		h.hold.fence = fence;
	} else if (version) {
		h.hold.etag = version;
	} else {
		rc = claim_find(c, id, &h);
		if (rc == 0 && !h.hold.claim)
			rc = etag_find(c, id, &h);
	}
	if (rc) {
		hold_done(&h);
		return rc;
	}
	*ret_hold = h;
	return 0;
}
