/* receipt_text, base64: the line that a receipt proves is written and read in one way only. */
#include "lib/base64.h"
#include "lib/receipt_text.h"
#include "tests/unit/tap.h"

static const struct receipt_text sample = {SPAN("desk-1/26"), SPAN("2026-11-18T10:00:00+06:00"),
	SPAN("desk"), SPAN("6-49"), SPAN("2026-11-25"), SPAN("7K3QM-9XTRB")};

static bool encodes(struct span bytes, const char *as)
{
	_text_ t = TEXT_INIT;
	uint8_t back[16];

	text_add_base64url(&t, bytes.at, bytes.len);
	text_adds(&t, "");
	return strcmp(t.data, as) == 0 && base64url_parse(span_of(as), back, bytes.len) &&
	       memcmp(back, bytes.at, bytes.len) == 0;
}

/* RFC 4648 section 10, in the alphabet of section 5. */
static void test_base64(void)
{
	uint8_t bytes[4];

	check(encodes(SPAN("f"), "Zg") && encodes(SPAN("fo"), "Zm8") &&
			encodes(SPAN("foo"), "Zm9v") && encodes(SPAN("foobar"), "Zm9vYmFy"),
		"the RFC's examples");
	check(encodes(SPAN("\xfb\xff\xbf"), "-_-_"), "the two characters of the URL's alphabet");
	check(!base64url_parse(SPAN("Zh"), bytes, 1), "unused bits are 0");
	check(!base64url_parse(SPAN("Zg=="), bytes, 1), "no padding");
	check(!base64url_parse(SPAN("Z+"), bytes, 1), "not the other alphabet");
	check(!base64url_parse(SPAN("Zm8"), bytes, 3), "the length is what is expected");
}

static void test_write(void)
{
	struct receipt_text said = sample;
	_text_ t = TEXT_INIT;

	check(text_add_receipt_text(&t, &sample) &&
			strcmp(t.data, "kezek1 desk-1/26 2026-11-18T10:00:00+06:00 desk 6-49 "
				       "2026-11-25 7K3QM-9XTRB") == 0,
		"the signed text");
	text_reset(&t);
	said.due_on = (struct span){0};
	check(text_add_receipt_text(&t, &said) && strstr(t.data, " 6-49 - 7K3QM"), "no due date");
	text_reset(&t);
	said.number = SPAN("desk 1/26");
	check(!text_add_receipt_text(&t, &said) && t.len == 0, "a blank in a value");
	said.number = SPAN("");
	check(!text_add_receipt_text(&t, &said), "an empty value");
	said.number = SPAN("№1");
	check(!text_add_receipt_text(&t, &said), "letters beyond ASCII");
}

static void test_parse(void)
{
	uint8_t signature[RECEIPT_SIGNATURE_SIZE] = {1, 2, 3};
	struct receipt_proof p = {0};
	_text_ t = TEXT_INIT;
	size_t signed_len;

	check(text_add_receipt_text(&t, &sample), "written");
	signed_len = t.len;
	check(!receipt_text_parse(text_span(&t), &p), "without a signature it proves nothing");
	text_add_receipt_signature(&t, "0123abcd", signature);
	check(receipt_text_parse(text_span(&t), &p), "read");
	check(p.signed_text.at == t.data && p.signed_text.len == signed_len, "what was signed");
	check(p.said.code.len == 11 && memcmp(p.said.code.at, "7K3QM-9XTRB", 11) == 0 &&
			p.key.len == 8 && memcmp(p.signature, signature, sizeof(signature)) == 0,
		"its parts");
	text_add_char(&t, ' ');
	check(!receipt_text_parse(text_span(&t), &p), "something behind it");
	check(!receipt_text_parse(SPAN(""), &p) && !receipt_text_parse(SPAN("kezek1"), &p) &&
			!receipt_text_parse(SPAN("kezek1  a b c d e f g h"), &p) &&
			!receipt_text_parse(SPAN("kezek2 a b c d e f g h"), &p),
		"other lines");
}

int main(void)
{
	test_base64();
	test_write();
	test_parse();
	return tap_end();
}
