/* delegation: who stands in on which moment, and that no two periods make a chain. */
#include "lib/delegation.h"
#include "tests/unit/tap.h"

#define A "probe"

static const struct delegation all[] = {
	{A, "anna", "bek", 100, 200}, {A, "anna", "cholpon", 200, 300},
	{A, "head", "bek", 150, 250}, {"other", "anna", "dastan", 0, 1000},
	{A, "ended", "bek", 500, 400}, /* ended before it began */
};
static const size_t count = ARRAY_SIZE(all);

static bool is_deputy(const char *agency, const char *principal, int64_t now, const char *wanted)
{
	const char *found = delegation_deputy(all, count, agency, principal, now);

	return wanted ? found && strcmp(found, wanted) == 0 : !found;
}

static void test_moments(void)
{
	check(is_deputy(A, "anna", 99, NULL) && is_deputy(A, "anna", 100, "bek"),
		"begins with its first moment");
	check(is_deputy(A, "anna", 199, "bek") && is_deputy(A, "anna", 200, "cholpon"),
		"ends before its last, and the next follows at once");
	check(is_deputy(A, "anna", 300, NULL), "nobody afterwards");
	check(is_deputy("other", "anna", 150, "dastan") && is_deputy("third", "anna", 150, NULL),
		"each agency by itself");
	check(is_deputy(A, "bek", 150, NULL) && is_deputy(A, NULL, 150, NULL), "nobody for others");
	check(is_deputy(A, "ended", 450, NULL), "one ended before it began was never in force");
	check(delegation_stands_in(all, count, A, "bek", "head", 150) &&
			!delegation_stands_in(all, count, A, "bek", "head", 250) &&
			!delegation_stands_in(all, count, A, "cholpon", "anna", 150) &&
			!delegation_stands_in(all, count, A, NULL, "bek", 150),
		"one may stand in for several");
}

static enum delegation_fault judge(
	const char *principal, const char *deputy, int64_t from_at, int64_t until_at)
{
	const struct delegation fresh = {A, principal, deputy, from_at, until_at}, *other = NULL;
	enum delegation_fault fault = delegation_check(all, count, &fresh, &other);
	bool needs_other = fault > DELEGATION_OF_ONESELF;

	check(needs_other == (other != NULL), "what is in the way is told, or nothing is");
	return fault;
}

static void test_check(void)
{
	check(judge("anna", "bek", 300, 400) == DELEGATION_SOUND, "behind another");
	check(judge("anna", "bek", 50, 100) == DELEGATION_SOUND, "before another");
	check(judge("anna", "dastan", 299, 400) == DELEGATION_OVERLAPS, "a moment of both");
	check(judge("anna", "dastan", 10, 1000) == DELEGATION_OVERLAPS, "around another");
	check(judge("erkin", "anna", 250, 350) == DELEGATION_DEPUTY_AWAY, "the deputy is away");
	check(judge("erkin", "anna", 300, 350) == DELEGATION_SOUND, "the deputy is back");
	check(judge("bek", "dastan", 240, 350) == DELEGATION_STANDS_IN, "the absent is needed");
	check(judge("bek", "dastan", 250, 350) == DELEGATION_SOUND, "the absent is needed no more");
	check(judge("bek", "bek", 800, 900) == DELEGATION_OF_ONESELF, "nobody's own deputy");
	check(judge("bek", "dastan", 900, 900) == DELEGATION_EMPTY, "an empty period");
	check(judge("dastan", "erkin", 100, 200) == DELEGATION_SOUND,
		"another agency's is no matter");
}

/* Whatever is taken one after another leaves no moment at which a deputy is away. */
static void test_no_chain(void)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	struct delegation taken[200];
	size_t n = 0;
	unsigned x = 7;
	bool sound = true;

	for (int i = 0; i < 5000 && n < ARRAY_SIZE(taken); i++) {
		const struct delegation *other;
		struct delegation fresh = {.agency = A};

		x = x * 1103515245u + 12345u;
		fresh.principal = names[x >> 16 & 3];
		fresh.deputy = names[x >> 18 & 3];
		fresh.from_at = x >> 20 & 1023;
		fresh.until_at = fresh.from_at + (x >> 8 & 63);
		if (delegation_check(taken, n, &fresh, &other) == DELEGATION_SOUND)
			taken[n++] = fresh;
	}
	for (int64_t now = 0; now < 1100; now++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			const char *deputy = delegation_deputy(taken, n, A, names[i], now);

			sound = sound && !(deputy && delegation_deputy(taken, n, A, deputy, now));
		}
	}
	check(sound && n > 20, "no chain comes of what was taken");
}

int main(void)
{
	test_moments();
	test_check();
	test_no_chain();
	return tap_end();
}
