/* What is wrong with an input: collecting and wording it. */
#include "lib/fault.h"

void faults_done(struct faults *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].pointer);
		free(f->items[i].detail[0]);
		free(f->items[i].detail[1]);
	}
	free(f->items);
	*f = (struct faults){0};
}

static char *copy(const char *s)
{
	char *c = s ? strdup(s) : NULL;

	if (s && !c)
		abort();
	return c;
}

void faults_add(struct faults *f, const char *pointer, enum word reason, const char *detail0,
	const char *detail1)
{
	if (f->count >= FAULTS_MAX)
		return;
	if ((f->count & (f->count - 1)) == 0) {
		f->items = realloc(f->items, (f->count ? 2 * f->count : 1) * sizeof(*f->items));
		if (!f->items)
			abort();
	}
	f->items[f->count++] = (struct fault){
		.pointer = copy(pointer),
		.reason = reason,
		.detail = {copy(detail0), copy(detail1)},
	};
}

void faults_move(struct faults *f, struct faults *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct fault *one = &from->items[i];

		faults_add(f, one->pointer, one->reason, one->detail[0], one->detail[1]);
	}
	faults_done(from);
}

char *pointer_join(const char *parent, const char *member)
{
	struct text t = TEXT_INIT;

	text_adds(&t, parent);
	text_add_char(&t, '/');
	for (; *member; member++) {
		if (*member == '~')
			text_adds(&t, "~0");
		else if (*member == '/')
			text_adds(&t, "~1");
		else
			text_add_char(&t, *member);
	}
	return text_steal(&t);
}

char *pointer_index(const char *parent, size_t index)
{
	struct text t = TEXT_INIT;

	text_addf(&t, "%s/%zu", parent, index);
	return text_steal(&t);
}

const char *reason_code(enum word reason)
{
	static const char *const names[WORD_COUNT] = {
#define X(name, ky, ru, en) [WORD_##name] = #name,
#include "lib/words/reason.def"
#undef X
	};

	return names[reason] ? names[reason] + strlen("reason_") : "invalid";
}

bool fault_is_shape(enum word reason)
{
	switch (reason) {
	case WORD_reason_bad_json:
	case WORD_reason_too_deep:
	case WORD_reason_bad_text:
	case WORD_reason_number_too_big:
	case WORD_reason_too_many_values:
	case WORD_reason_unknown_member:
	case WORD_reason_duplicate_member:
	case WORD_reason_wrong_type:
		return true;
	default:
		return false;
	}
}

void text_add_fault(struct text *t, const struct fault *f, enum lang lang)
{
	const char *args[2] = {f->detail[0], f->detail[1]};

	text_add_word(t, f->reason, lang, args, 2);
}
