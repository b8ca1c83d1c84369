/* Lines of the access log in a batch. */
#include "daemon/db/write.h"

static void write_batch(struct member *const members[], int n, struct params *p)
{
	struct columns c;

	columns_init(&c, "ttttt");
	for (int i = 0; i < n; i++) {
		const struct access_member *m =
			container_of(members[i], struct access_member, base);

		cell_text(&c, m->principal);
		cell_text(&c, m->actor);
		cell_text(&c, m->what);
		cell_text(&c, m->query);
		cell_text(&c, m->requests.len ? m->requests.data : NULL);
	}
	params_columns(p, &c);
}

static int64_t read_batch(struct member *const members[], int n, const struct unit *u)
{
	int64_t now = MOMENT_NONE;

	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row r = row_of(u, 0, i);

		read_member(&r, members, n);
		now = row_moment(&r);
	}
	return now;
}

/* A line written twice is no harm. */
const struct batch_kind batch_access = {"access", SQL_LOG_ACCESS, true, write_batch, read_batch};
