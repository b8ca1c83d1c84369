/* Acts in a batch: compare-and-set members to array columns. */
#include "daemon/db/write.h"

#define MEMBER_SIGNATURE "utttbziitliitttzdotttztttibibliiiotz"
#define LINK_SIGNATURE   "uiutttitzb"

static const char *hold_name(enum hold hold)
{
	static const char *const names[] = {"keep", "custody", "free"};

	return names[hold];
}

static void write_member(struct columns *c, const struct act_member *m)
{
	const struct state_row *s = &m->state;

	cell_uuid(c, &m->base.lock);
	cell_text(c, m->principal);
	cell_text(c, m->actor);
	cell_text(c, m->key);
	cell_bytes(c, m->fingerprint, sizeof(m->fingerprint));
	cell_moment(c, m->now);
	cell_int(c, m->read_version);
	cell_int(c, m->read_seq);
	cell_text(c, m->read_state);
	cell_int64(c, m->read_fence);
	cell_int(c, s->version);
	cell_int(c, s->seq);
	cell_text(c, s->state);
	cell_text(c, s->agency);
	cell_text(c, s->responsible);
	cell_moment(c, s->due_at);
	cell_day(c, s->due_on);
	cell_bool(c, s->provisional);
	cell_text(c, s->decide);
	cell_text(c, s->outcome);
	cell_text(c, s->body_number);
	cell_moment(c, s->closed_at);
	cell_text(c, hold_name(m->hold));
	cell_text(c, m->holder);
	cell_text(c, m->holder_actor);
	cell_int(c, m->content_no);
	cell_sealed(c, &m->content);
	cell_int(c, m->status);
	cell_sealed(c, &m->answer);
	cell_int64(c, m->generation);
	cell_int(c, s->hops);
	cell_priority(c, s->place.priority);
	cell_int(c, s->place.handed_back);
	cell_bool(c, s->place.on_desk);
	cell_text(c, s->place.kept_for);
	cell_moment(c, s->place.kept_until);
}

static void write_links(struct columns *c, const struct act_member *m)
{
	for (int i = 0; i < m->link_count; i++) {
		const struct link_row *k = &m->links[i];

		cell_uuid(c, &m->base.lock);
		cell_int(c, k->no);
		cell_uuid(c, &k->child);
		cell_text(c, k->kind);
		cell_text(c, k->agency);
		cell_text(c, k->number);
		cell_int(c, k->asked);
		cell_text(c, k->join);
		cell_moment(c, k->answer_by);
		cell_sealed(c, &k->about);
	}
}

static void write_batch(struct member *const members[], int n, struct params *p)
{
	struct columns m, d, e, l, k;

	columns_init(&m, MEMBER_SIGNATURE);
	columns_init(&d, DEADLINE_SIGNATURE);
	columns_init(&e, EVENT_SIGNATURE);
	columns_init(&l, LOOKUP_SIGNATURE);
	columns_init(&k, LINK_SIGNATURE);
	for (int i = 0; i < n; i++) {
		const struct act_member *a = container_of(members[i], struct act_member, base);

		write_member(&m, a);
		write_deadlines(&d, &a->base.lock, &a->changes);
		write_events(&e, &a->base.lock, &a->changes);
		write_lookups(&l, &a->base.lock, &a->lookups);
		write_links(&k, a);
	}
	params_columns(p, &m);
	params_columns(p, &d);
	params_columns(p, &e);
	params_columns(p, &l);
	params_columns(p, &k);
}

static int64_t read_batch(struct member *const members[], int n, const struct unit *u)
{
	int64_t now = MOMENT_NONE;

	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row r = row_of(u, 0, i);
		struct act_member *a =
			container_of(read_member(&r, members, n), struct act_member, base);

		now = row_moment(&r);
		stored_answer_read(&r, &a->stored);
		/* An earlier try of this very member had been stored after all: no two sealings of
		 * an answer are alike. */
		if (a->base.result == MEMBER_DUPLICATE && a->base.in_doubt &&
			a->stored.sealed.len == a->answer.len &&
			memcmp(a->stored.sealed.data, a->answer.data, a->answer.len) == 0)
			a->base.result = MEMBER_DONE;
	}
	return now;
}

void act_member_done(struct act_member *m)
{
	text_done(&m->content);
	text_done(&m->answer);
	changes_done(&m->changes);
	lookups_done(&m->lookups);
	stored_answer_done(&m->stored);
}

/*
 * Repeatable though a member without a key stores no answer: its version and fence were compared
 * and set, so a second run of what was stored after all is a conflict, and nothing twice.
 */
const struct batch_kind batch_act = {"act", SQL_ACT, true, write_batch, read_batch};
