/* Counting by name: limits, and what is remembered of a name whose count is zero. */
#include "daemon/net/tally.h"
#include "tests/unit/tap.h"

static void test_counts(void)
{
	struct tally t = {0};
	struct tally_entry *a = tally_enter(&t, "a", 2), *again = tally_enter(&t, "a", 2);
	struct tally_entry *b = tally_enter(&t, "b", 1);

	check(a && again == a && a->count == 2 && b && b != a && t.count == 2, "by name");
	check(!tally_enter(&t, "a", 2) && !tally_enter(&t, "b", 1), "no more than the limit");
	check(!tally_enter(&t, "c", 0) && t.count == 2, "none at all where it is 0");
	tally_leave(&t, b);
	tally_leave(&t, a);
	check(t.count == 1 && tally_enter(&t, "a", 2) == a, "it lives while it counts");
	tally_leave(&t, a);
	tally_leave(&t, a);
	check(t.count == 0, "and no longer");
	tally_done(&t);
}

static void test_vain(void)
{
	struct tally t = {0};
	struct tally_entry *a = tally_enter(&t, "a", 1), *b = tally_enter(&t, "b", 1);

	a->vain = 3;
	b->vain = 1;
	tally_leave(&t, a);
	check(t.count == 2 && tally_enter(&t, "a", 1) == a && a->vain == 3,
		"what was vain is kept");
	tally_leave(&t, a);
	tally_forgive(&t);
	check(b->vain == 0 && t.count == 1, "forgiven, and gone but for who is there");
	tally_leave(&t, b);
	check(t.count == 0, "and then all");
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		a = tally_enter(&t, name, 1);
		a->vain = 1;
		tally_leave(&t, a);
	}
	check(t.count == 1000, "of many");
	tally_forgive(&t);
	check(t.count == 0, "none is left");
	tally_enter(&t, "a", 1)->vain = 1;
	tally_done(&t);
}

int main(void)
{
	test_counts();
	test_vain();
	return tap_end();
}
