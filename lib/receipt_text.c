/* The receipt's signed and verifiable text: written and taken apart. */
#include "lib/base64.h"
#include "lib/receipt_text.h"

#define MARK "kezek1"
#define NONE "-"

/* Printable ASCII without blanks: then the line can be taken apart in one way only. */
static bool is_word(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	}
	return s.len > 0;
}

bool text_add_receipt_text(struct text *t, const struct receipt_text *said)
{
	const struct span words[] = {said->number, said->registered_at, said->office, said->service,
		said->due_on.len ? said->due_on : SPAN(NONE), said->code};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!is_word(words[i]))
			return false;
	}
	text_adds(t, MARK);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		text_add_char(t, ' ');
		text_add_span(t, words[i]);
	}
	return true;
}

void text_add_receipt_signature(
	struct text *t, const char *key, const uint8_t signature[RECEIPT_SIGNATURE_SIZE])
{
	text_addf(t, " %s ", key);
	text_add_base64url(t, signature, RECEIPT_SIGNATURE_SIZE);
}

/* The next word, up to a blank or the end; what is taken leaves `rest`. */
static struct span next_word(struct span *rest)
{
	const char *blank = rest->len ? memchr(rest->at, ' ', rest->len) : NULL;
	struct span word = {rest->at, blank ? (size_t)(blank - rest->at) : rest->len};
	size_t taken = word.len + (blank ? 1 : 0);

	*rest = (struct span){rest->at + taken, rest->len - taken};
	return word;
}

bool receipt_text_parse(struct span line, struct receipt_proof *ret_proof)
{
	struct receipt_proof p = {0};
	struct receipt_text *said = &p.said;
	struct span *const words[] = {&said->number, &said->registered_at, &said->office,
		&said->service, &said->due_on, &said->code};
	struct span rest = line;

	if (!line.len || !span_is(next_word(&rest), MARK))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		*words[i] = next_word(&rest);
		if (!is_word(*words[i]))
			return false;
	}
	p.signed_text = (struct span){line.at, (size_t)(said->code.at + said->code.len - line.at)};
	p.key = next_word(&rest);
	if (!is_word(p.key) || !base64url_parse(rest, p.signature, sizeof(p.signature)))
		return false;
	if (span_is(said->due_on, NONE))
		said->due_on = (struct span){0};
	*ret_proof = p;
	return true;
}
