/* Running a pattern: all threads side by side, one code point at a time, so that time is linear. */
#include "lib/pattern_program.h"

/* The instructions that wait for the next code point; each at most once. */
struct threads {
	uint16_t at[PATTERN_MAX];
	size_t count;
};

struct run {
	const struct pattern *pattern;
	struct threads lists[2];
	uint32_t seen[PATTERN_MAX]; /* the turn in which an instruction was last added */
	uint16_t stack[PATTERN_MAX];
	uint32_t turn;
};

uint32_t utf8_next(struct span s, size_t *at)
{
	const unsigned char *c = (const unsigned char *)s.at + *at;
	size_t left = s.len - *at;
	int more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : c[0] >= 0xc0 ? 1 : 0;
	uint32_t point = more ? c[0] & (0x3fu >> more) : c[0];

	if ((size_t)more >= left)
		more = 0;
	for (int i = 1; i <= more; i++)
		point = point << 6 | (c[i] & 0x3f);
	*at += 1 + (size_t)more;
	return point;
}

/* Follows what takes no code point. True: the end of the pattern is reached. */
static bool follow(struct run *run, struct threads *list, size_t pc, bool at_start, bool at_end)
{
	size_t depth = 0;

	if (run->seen[pc] == run->turn)
		return false;
	run->seen[pc] = run->turn;
	run->stack[depth++] = (uint16_t)pc;
	while (depth) {
		const struct instruction *i = &run->pattern->code[pc = run->stack[--depth]];
		int ways = i->op == OP_SPLIT ? 2 : i->op == OP_JUMP ? 1 : 0;
		int by[2] = {i->to[0], i->to[1]};

		if (i->op == OP_MATCH)
			return true;
		if ((i->op == OP_START && at_start) || (i->op == OP_END && at_end)) {
			ways = 1;
			by[0] = 1;
		} else if (i->op == OP_CHAR || i->op == OP_ANY || i->op == OP_CLASS) {
			list->at[list->count++] = (uint16_t)pc;
		}
		for (int way = 0; way < ways; way++) {
			size_t next = (size_t)((long)pc + by[way]);

			if (run->seen[next] == run->turn)
				continue;
			run->seen[next] = run->turn;
			run->stack[depth++] = (uint16_t)next;
		}
	}
	return false;
}

static bool takes(const struct pattern *p, const struct instruction *i, uint32_t point)
{
	switch (i->op) {
	case OP_CHAR:
		return i->point == point;
	case OP_ANY:
		return point != '\n' && point != '\r' && point != 0x2028 && point != 0x2029;
	case OP_CLASS:
		for (uint32_t r = i->point; r < i->point + i->count; r++) {
			if (point >= p->ranges[r].first && point <= p->ranges[r].last)
				return !i->negated;
		}
		return i->negated;
	default:
		return false;
	}
}

bool pattern_matches(const struct pattern *p, struct span s)
{
	struct run *run;
	bool found = false;
	size_t at = 0;

	if (s.len > PATTERN_TEXT_MAX)
		return false;
	run = calloc(1, sizeof(*run));
	if (!run)
		abort();
	run->pattern = p;
	for (int now = 0; !found; now = !now) {
		struct threads *list = &run->lists[now], *next = &run->lists[!now];
		bool at_end = at == s.len;
		uint32_t point;

		/* Threads of the last turn were added under this turn's number: see below. */
		if (at == 0)
			run->turn = 1;
		found = follow(run, list, 0, at == 0, at_end);
		if (found || at_end)
			break;
		point = utf8_next(s, &at);
		run->turn++;
		next->count = 0;
		for (size_t i = 0; i < list->count && !found; i++) {
			if (takes(p, &p->code[list->at[i]], point))
				found = follow(run, next, list->at[i] + 1u, false, at == s.len);
		}
	}
	free(run);
	return found;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	free(p->code);
	free(p->ranges);
	free(p);
}
