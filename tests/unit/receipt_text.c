/* receipt_text, base64: the line that a receipt proves is written and read in one way only. */
#include "lib/base64.h"
#include "lib/receipt_text.h"
#include "tests/unit/tap.h"

#define DIGEST "nBQp0GfJ1DK2l7jYqsS9NUGVJpUcTCnZ"

static const struct receipt_text sample = {
	.version = 2,
	.number = SPAN("desk-1/26"),
	.registered_at = SPAN("2026-11-18T10:00:00+06:00"),
	.office = SPAN("desk"),
	.service = SPAN("6-49"),
	.variant = SPAN("4-days"),
	.state = SPAN("queued"),
	.due_on = SPAN("2026-11-25"),
	.fee = SPAN("10086"),
	.code = SPAN("7K3QM-9XTRB"),
	.digest = SPAN(DIGEST),
};

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
			strcmp(t.data, "kezek2 desk-1/26 2026-11-18T10:00:00+06:00 desk 6-49 "
				       "4-days queued - 2026-11-25 10086 "
				       "7K3QM-9XTRB " DIGEST) == 0,
		"the signed text");
	text_reset(&t);
	said.version = 1;
	check(text_add_receipt_text(&t, &said) &&
			strcmp(t.data, "kezek1 desk-1/26 2026-11-18T10:00:00+06:00 desk 6-49 "
				       "2026-11-25 7K3QM-9XTRB") == 0,
		"the first form");
	said.version = 2;
	text_reset(&t);
	said.due_on = (struct span){0};
	check(text_add_receipt_text(&t, &said) && strstr(t.data, " - - 10086 7K3QM"),
		"no due date");
	text_reset(&t);
	said.number = SPAN("desk 1/26");
	check(!text_add_receipt_text(&t, &said) && t.len == 0, "a blank in a value");
	said.number = SPAN("");
	check(!text_add_receipt_text(&t, &said), "an empty value");
	said.number = SPAN("№1");
	check(!text_add_receipt_text(&t, &said), "letters beyond ASCII");
	said = sample;
	said.state = SPAN("");
	check(!text_add_receipt_text(&t, &said), "every receipt has a state");
}

/* RFC 8785: what a receipt's JSON is, whatever its members' order and its blanks. */
static void test_canonical(void)
{
	json_object *receipt = json_tokener_parse(
		" {\"state\":\"refused\", \"code\":null,\"signature\":{\"key\":\"k\"}, "
		"\"refusal\":{\"reason\":\"\\u044f\\u0008\\/\\n\\u0001\\\"\"},"
		"\"documents\":{\"taken\":[{\"pages\":2,\"original\":true}],\"missing\":[]},"
		"\"due_on\":\"2026-11-25\",\"due_at\":\"x\"}");
	_text_ t = TEXT_INIT;

	text_add_receipt_canonical(&t, receipt);
	check(strcmp(t.data,
		      "{\"code\":null,\"documents\":{\"missing\":[],\"taken\":[{\"original\":true,"
		      "\"pages\":2}]},\"due_at\":\"x\",\"due_on\":\"2026-11-25\","
		      "\"refusal\":{\"reason\":\"я\\b/\\n\\u0001\\\"\"},"
		      "\"state\":\"refused\"}") == 0,
		"canonical: %s", t.data);
	json_object_put(receipt);
}

/* Receipts in people's hands: the first form has no end. */
static void test_first_form(void)
{
	static const char line[] =
		"kezek1 desk-1/26 2026-11-18T10:00:00+06:00 desk 6-49 - 7K3QM-9XTRB 60904e34 "
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAA";
	struct receipt_proof p = {0};

	check(receipt_text_parse(SPAN(line), &p) && p.said.version == 1 && p.said.code.len == 11 &&
			!p.said.due_on.len && !p.said.state.len,
		"read");
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
			!receipt_text_parse(SPAN("kezek3 a b c d e f g h"), &p) &&
			!receipt_text_parse(SPAN("kezek2 a b c d e f g h"), &p),
		"other lines");
}

int main(void)
{
	test_base64();
	test_write();
	test_parse();
	test_canonical();
	test_first_form();
	return tap_end();
}
