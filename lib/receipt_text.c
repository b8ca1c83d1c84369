/* The receipt's signed and verifiable text: written and taken apart. */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base64.h"
#include "lib/receipt_text.h"

#define MARK         "kezek" /* and the form's digit */
#define NONE         "-"
#define DIGEST_BYTES 24

static const struct word_of {
	size_t offset;
	int since;
	bool optional;
} words_of[] = {
#define X(member, since, optional) {offsetof(struct receipt_text, member), since, optional},
	RECEIPT_WORDS(X)
#undef X
};

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
	size_t before = t->len;

	text_addf(t, MARK "%d", said->version);
	for (size_t i = 0; i < ARRAY_SIZE(words_of); i++) {
		struct span word = *(const struct span *)((const char *)said + words_of[i].offset);

		if (words_of[i].since > said->version)
			continue;
		if (!word.len && words_of[i].optional)
			word = SPAN(NONE);
		if (!is_word(word)) {
			t->len = before;
			t->data[before] = '\0';
			return false;
		}
		text_add_char(t, ' ');
		text_add_span(t, word);
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

static int version_of(struct span mark)
{
	for (int version = 1; version <= RECEIPT_VERSION; version++) {
		const char name[] = {'k', 'e', 'z', 'e', 'k', (char)('0' + version), '\0'};

		if (span_is(mark, name))
			return version;
	}
	return 0;
}

bool receipt_text_parse(struct span line, struct receipt_proof *ret_proof)
{
	struct receipt_proof p = {0};
	struct span rest = line, last = {0};

	p.said.version = line.len ? version_of(next_word(&rest)) : 0;
	if (!p.said.version)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words_of); i++) {
		if (words_of[i].since > p.said.version)
			continue;
		last = next_word(&rest);
		if (!is_word(last))
			return false;
		if (!words_of[i].optional || !span_is(last, NONE))
			*(struct span *)((char *)&p.said + words_of[i].offset) = last;
	}
	p.signed_text = (struct span){line.at, (size_t)(last.at + last.len - line.at)};
	p.key = next_word(&rest);
	if (!is_word(p.key) || !base64url_parse(rest, p.signature, sizeof(p.signature)))
		return false;
	*ret_proof = p;
	return true;
}

static void add_canonical(struct text *t, json_object *value, const char *without);

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Members by their names; ours are ASCII, where bytes and UTF-16 have one order. */
static void add_object(struct text *t, json_object *object, const char *without)
{
	size_t n = 0, count = (size_t)json_object_object_length(object);
	const char **names = calloc(count ? count : 1, sizeof(*names));

	if (!names)
		abort();
	json_object_object_foreach (object, name, value) {
		(void)value;
		if (!without || strcmp(name, without) != 0)
			names[n++] = name;
	}
	qsort(names, n, sizeof(*names), by_name);
	text_add_char(t, '{');
	for (size_t i = 0; i < n; i++) {
		text_adds(t, i ? "," : "");
		text_add_json(t, names[i]);
		text_add_char(t, ':');
		add_canonical(t, json_object_object_get(object, names[i]), NULL);
	}
	text_add_char(t, '}');
	free(names);
}

static void add_array(struct text *t, json_object *array)
{
	text_add_char(t, '[');
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		text_adds(t, i ? "," : "");
		add_canonical(t, json_object_array_get_idx(array, i), NULL);
	}
	text_add_char(t, ']');
}

/* A receipt has no numbers but integers. */
static void add_canonical(struct text *t, json_object *value, const char *without)
{
	switch (json_object_get_type(value)) {
	case json_type_object:
		add_object(t, value, without);
		break;
	case json_type_array:
		add_array(t, value);
		break;
	case json_type_string:
		text_add_json_span(t, (struct span){json_object_get_string(value),
					      (size_t)json_object_get_string_len(value)});
		break;
	case json_type_int:
		text_addf(t, "%" PRId64, json_object_get_int64(value));
		break;
	default:
		text_adds(t, value ? json_object_to_json_string(value) : "null");
	}
}

void text_add_receipt_canonical(struct text *t, json_object *receipt)
{
	add_canonical(t, receipt, "signature");
}

void text_add_receipt_digest(struct text *t, const uint8_t hash[RECEIPT_HASH_SIZE])
{
	text_add_base64url(t, hash, DIGEST_BYTES);
}
