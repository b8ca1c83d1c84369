/* Claims and renewals in a batch. */
#include "daemon/db/write.h"

static void write_claims(struct member *const members[], int n, struct params *p)
{
	struct columns c;

	columns_init(&c, "tttitutv");
	for (int i = 0; i < n; i++) {
		const struct claim_member *m = container_of(members[i], struct claim_member, base);

		cell_text(&c, m->principal);
		cell_text(&c, m->actor);
		cell_text(&c, m->agency);
		cell_int(&c, m->max);
		cell_text(&c, m->services);
		cell_uuid(&c, m->request);
		cell_text(&c, m->worker);
		cell_interval(&c, m->lease_us);
	}
	params_columns(p, &c);
}

static int64_t read_claims(struct member *const members[], int n, const struct unit *u)
{
	int64_t now = MOMENT_NONE;

	/* No row means that nothing was waiting, which is an answer too. */
	for (int i = 0; i < n; i++) {
		members[i]->result = MEMBER_DONE;
		container_of(members[i], struct claim_member, base)->claimed_count = 0;
	}
	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row r = row_of(u, 0, i);
		struct claim_member *m =
			container_of(read_member(&r, members, n), struct claim_member, base);
		struct claimed_row row;

		now = row_moment(&r);
		if (!row_uuid(&r, &row.request) || m->claimed_count >= m->max)
			continue;
		row_uuid(&r, &row.claim);
		row.fence = row_int64(&r);
		row.lease_until = row_moment(&r);
		m->claimed[m->claimed_count++] = row;
	}
	return now;
}

static void write_renewals(struct member *const members[], int n, struct params *p)
{
	struct columns c;

	columns_init(&c, "tulv");
	for (int i = 0; i < n; i++) {
		const struct renew_member *m = container_of(members[i], struct renew_member, base);

		cell_text(&c, m->principal);
		cell_uuid(&c, &m->claim);
		cell_int64(&c, m->fence);
		cell_interval(&c, m->lease_us);
	}
	params_columns(p, &c);
}

static int64_t read_renewals(struct member *const members[], int n, const struct unit *u)
{
	int64_t now = MOMENT_NONE;

	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row r = row_of(u, 0, i);
		struct renew_member *m =
			container_of(read_member(&r, members, n), struct renew_member, base);
		struct uuid request;

		now = row_moment(&r);
		row_uuid(&r, &request);
		m->lease_until = row_moment(&r);
	}
	return now;
}

static void write_releases(struct member *const members[], int n, struct params *p)
{
	struct columns c;

	columns_init(&c, "tul");
	for (int i = 0; i < n; i++) {
		const struct release_member *m =
			container_of(members[i], struct release_member, base);

		cell_text(&c, m->principal);
		cell_uuid(&c, &m->claim);
		cell_int64(&c, m->fence);
	}
	params_columns(p, &c);
}

static int64_t read_releases(struct member *const members[], int n, const struct unit *u)
{
	(void)u;
	for (int i = 0; i < n; i++)
		members[i]->result = MEMBER_DONE;
	return MOMENT_NONE;
}

const struct batch_kind batch_release = {
	"release", SQL_GIVE_BACK, true, write_releases, read_releases};

/* A claim that was lost on its way has no holder who knows of it: its lease runs out. */
const struct batch_kind batch_claim = {"claim", SQL_CLAIM, false, write_claims, read_claims};
const struct batch_kind batch_renew = {"renew", SQL_RENEW, true, write_renewals, read_renewals};
