/* Reading a pattern: recursive descent over ECMA-262's syntax, writing the program as it goes. */
#include "lib/pattern_program.h"

#define GROUPS_MAX  64
#define POINT_LAST  0x10ffffu
#define NO_BOUND    (-1)
#define REPEATS_MAX 1000

struct reader {
	struct span text;
	size_t at;
	unsigned groups; /* open now */
	bool failed;
	struct pattern *p;
	struct instruction spare; /* what goes nowhere once the pattern has failed */
};

static const struct range digits[] = {{'0', '9'}};
static const struct range word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
/* ECMA-262 WhiteSpace and LineTerminator. */
static const struct range space[] = {{9, 13}, {' ', ' '}, {0xa0, 0xa0}, {0x1680, 0x1680},
	{0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
	{0xfeff, 0xfeff}};

static void read_choice(struct reader *r);

static bool is_next(const struct reader *r, const char *what)
{
	size_t len = strlen(what);

	return r->text.len - r->at >= len && memcmp(r->text.at + r->at, what, len) == 0;
}

static bool take(struct reader *r, const char *what)
{
	if (!is_next(r, what))
		return false;
	r->at += strlen(what);
	return true;
}

static struct instruction *emit(struct reader *r, enum opcode op)
{
	if (r->p->ncode >= PATTERN_MAX)
		r->failed = true;
	if (r->failed)
		return &r->spare;
	r->p->code[r->p->ncode] = (struct instruction){.op = op};
	return &r->p->code[r->p->ncode++];
}

/* Room for one instruction at `at`; what follows moves on. */
static struct instruction *insert(struct reader *r, size_t at, enum opcode op)
{
	struct instruction *last = emit(r, op), *code = r->p->code;

	if (r->failed)
		return last;
	memmove(code + at + 1, code + at, (r->p->ncode - 1 - at) * sizeof(*code));
	code[at] = (struct instruction){.op = op};
	return &code[at];
}

static void add_range(struct reader *r, uint32_t first, uint32_t last)
{
	if (r->p->nranges >= RANGES_MAX || first > last)
		r->failed = true;
	else
		r->p->ranges[r->p->nranges++] = (struct range){first, last};
}

static void add_set(struct reader *r, const struct range *set, size_t count, bool negated)
{
	uint32_t from = 0;

	for (size_t i = 0; i < count; i++) {
		if (!negated)
			add_range(r, set[i].first, set[i].last);
		else if (set[i].first > from)
			add_range(r, from, set[i].first - 1);
		from = set[i].last + 1;
	}
	if (negated)
		add_range(r, from, POINT_LAST);
}

static bool take_set(struct reader *r)
{
	bool negated = r->at + 1 < r->text.len && strchr("DWS", r->text.at[r->at + 1]);

	if (take(r, "\\d") || take(r, "\\D"))
		add_set(r, digits, ARRAY_SIZE(digits), negated);
	else if (take(r, "\\w") || take(r, "\\W"))
		add_set(r, word, ARRAY_SIZE(word), negated);
	else if (take(r, "\\s") || take(r, "\\S"))
		add_set(r, space, ARRAY_SIZE(space), negated);
	else
		return false;
	return true;
}

static uint32_t read_hex(struct reader *r)
{
	uint32_t point = 0;

	for (int i = 0; i < 4; i++, r->at++) {
		char c = r->at < r->text.len ? r->text.at[r->at] : '\0';
		const char *digit = c ? strchr("0123456789abcdef", c | (c > '9' ? 32 : 0)) : NULL;

		if (!digit) {
			r->failed = true;
			return 0;
		}
		point = point << 4 | (uint32_t)(digit - "0123456789abcdef");
	}
	r->failed |= point >= 0xd800 && point <= 0xdfff;
	return point;
}

/* One code point, written out or escaped. */
static uint32_t read_point(struct reader *r)
{
	static const char plain[] = "^$\\.*+?()[]{}|/-", letters[] = "ntrfv",
			  means[] = "\n\t\r\f\v";
	const char *found;
	char c;

	if (!take(r, "\\"))
		return utf8_next(r->text, &r->at);
	c = r->at < r->text.len ? r->text.at[r->at] : '\0';
	if (!c) {
		r->failed = true;
		return 0;
	}
	if (take(r, "u"))
		return read_hex(r);
	found = strchr(letters, c);
	if (!found && !strchr(plain, c)) {
		r->failed = true;
		return 0;
	}
	r->at++;
	return (uint32_t)(found ? means[found - letters] : c);
}

static void read_class(struct reader *r)
{
	bool negated = take(r, "^");
	size_t first = r->p->nranges;
	struct instruction *i;

	while (!r->failed && !take(r, "]")) {
		uint32_t low, high;

		if (r->at >= r->text.len) {
			r->failed = true;
			return;
		}
		if (take_set(r))
			continue;
		low = high = read_point(r);
		if (r->at + 1 < r->text.len && is_next(r, "-") && r->text.at[r->at + 1] != ']') {
			r->at++;
			high = read_point(r);
		}
		if (!r->failed)
			add_range(r, low, high);
	}
	i = emit(r, OP_CLASS);
	i->negated = negated;
	i->point = (uint32_t)first;
	i->count = (uint32_t)(r->p->nranges - first);
}

static void read_group(struct reader *r)
{
	if (is_next(r, "?") && !take(r, "?:"))
		r->failed = true;
	if (++r->groups > GROUPS_MAX)
		r->failed = true;
	if (r->failed)
		return;
	read_choice(r);
	r->groups--;
	r->failed |= !r->failed && !take(r, ")");
}

/* False: an anchor, which cannot be repeated. */
static bool read_atom(struct reader *r)
{
	size_t first = r->p->nranges;

	if (take(r, "^") || take(r, "$")) {
		emit(r, r->text.at[r->at - 1] == '^' ? OP_START : OP_END);
		return false;
	}
	if (take(r, "(")) {
		read_group(r);
	} else if (take(r, "[")) {
		read_class(r);
	} else if (take(r, ".")) {
		emit(r, OP_ANY);
	} else if (take_set(r)) {
		struct instruction *i = emit(r, OP_CLASS);

		i->negated = false;
		i->point = (uint32_t)first;
		i->count = (uint32_t)(r->p->nranges - first);
	} else if (strchr("*+?{}])", r->text.at[r->at])) {
		r->failed = true;
	} else {
		uint32_t point = read_point(r);

		emit(r, OP_CHAR)->point = point;
	}
	return true;
}

static int read_number(struct reader *r)
{
	int n = 0;

	if (r->at >= r->text.len || r->text.at[r->at] < '0' || r->text.at[r->at] > '9')
		r->failed = true;
	while (r->at < r->text.len && r->text.at[r->at] >= '0' && r->text.at[r->at] <= '9') {
		n = 10 * n + (r->text.at[r->at++] - '0');
		if (n > REPEATS_MAX) {
			r->failed = true;
			return n;
		}
	}
	return n;
}

static bool take_bounds(struct reader *r, int *ret_min, int *ret_max)
{
	int min = 0, max = NO_BOUND;

	if (take(r, "+")) {
		min = 1;
	} else if (take(r, "?")) {
		max = 1;
	} else if (take(r, "{")) {
		min = max = read_number(r);
		if (take(r, ","))
			max = is_next(r, "}") ? NO_BOUND : read_number(r);
		r->failed |= !take(r, "}") || (max != NO_BOUND && max < min);
	} else if (!take(r, "*")) {
		return false;
	}
	(void)take(r, "?"); /* lazy: the same yes or no */
	*ret_min = min;
	*ret_max = max;
	return true;
}

static void append(struct reader *r, const struct instruction *piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*emit(r, piece[i].op) = piece[i];
}

/* Writes the piece from `start` on min to max times instead of once. */
static void repeat(struct reader *r, size_t start, int min, int max)
{
	size_t len = r->p->ncode - start;
	struct instruction *piece = malloc((len ? len : 1) * sizeof(*piece));

	if (!piece)
		abort();
	memcpy(piece, r->p->code + start, len * sizeof(*piece));
	r->p->ncode = start;
	for (int i = 0; i < min && !r->failed; i++)
		append(r, piece, len);
	for (int i = min; (i < max || max == NO_BOUND) && !r->failed; i++) {
		struct instruction *split = emit(r, OP_SPLIT);

		split->to[0] = 1;
		split->to[1] = (int)len + (max == NO_BOUND ? 2 : 1);
		append(r, piece, len);
		if (max == NO_BOUND) {
			emit(r, OP_JUMP)->to[0] = -(int)len - 1;
			break;
		}
	}
	free(piece);
}

static void read_sequence(struct reader *r)
{
	while (!r->failed && r->at < r->text.len && !is_next(r, "|") && !is_next(r, ")")) {
		size_t start = r->p->ncode;
		int min, max;
		bool may_repeat = read_atom(r);

		if (r->failed || !take_bounds(r, &min, &max))
			continue;
		r->failed |= !may_repeat;
		if (!r->failed)
			repeat(r, start, min, max);
	}
}

static void read_choice(struct reader *r)
{
	size_t start = r->p->ncode, jump, len;
	struct instruction *split;

	read_sequence(r);
	if (r->failed || !take(r, "|"))
		return;
	len = r->p->ncode - start;
	split = insert(r, start, OP_SPLIT);
	split->to[0] = 1;
	split->to[1] = (int)len + 2;
	jump = r->p->ncode;
	emit(r, OP_JUMP);
	read_choice(r);
	if (!r->failed)
		r->p->code[jump].to[0] = (int)(r->p->ncode - jump);
}

static void *shrink(void *memory, size_t size)
{
	void *smaller = realloc(memory, size ? size : 1);

	return smaller ? smaller : memory;
}

size_t pattern_read(struct span text, struct pattern **ret)
{
	struct reader r = {.text = text};

	r.p = calloc(1, sizeof(*r.p));
	if (!r.p)
		abort();
	r.p->code = calloc(PATTERN_MAX, sizeof(*r.p->code));
	r.p->ranges = calloc(RANGES_MAX, sizeof(*r.p->ranges));
	if (!r.p->code || !r.p->ranges)
		abort();
	read_choice(&r);
	r.failed |= !r.failed && r.at < text.len; /* a ")" too many */
	emit(&r, OP_MATCH);
	if (r.failed) {
		pattern_free(r.p);
		return 1 + r.at;
	}
	r.p->code = shrink(r.p->code, r.p->ncode * sizeof(*r.p->code));
	r.p->ranges = shrink(r.p->ranges, r.p->nranges * sizeof(*r.p->ranges));
	*ret = r.p;
	return 0;
}
