/* media: which files are taken, by their type, their first bytes and their name. */
#include "lib/media.h"
#include "tests/unit/tap.h"

static bool taken(const char *type, struct span bytes)
{
	const struct media *m = media_find(span_of(type));

	return m && media_fits(m, bytes);
}

static void test_types(void)
{
	check(media_find(SPAN("application/pdf")) != NULL, "a type");
	check(strcmp(media_name(media_find(SPAN("Text/Plain; charset=utf-8"))), "text/plain") == 0,
		"without its parameters, in any case");
	check(!media_find(SPAN("application/pdfx")) && !media_find(SPAN("text/html")) &&
			!media_find(SPAN("")),
		"no others");
	check(strcmp(media_of_file("a.b.JPEG"), "image/jpeg") == 0, "by a suffix");
	check(!media_of_file("pdf") && !media_of_file("a.exe"), "or none");
}

static void test_bytes(void)
{
	check(taken("application/pdf", SPAN("%PDF-1.7")) && !taken("application/pdf", SPAN("%PD")),
		"PDF");
	check(taken("image/jpeg", SPAN("\xff\xd8\xff\xe0")) && !taken("image/jpeg", SPAN("")),
		"JPEG");
	check(taken("image/png", SPAN("\x89PNG\r\n\x1a\n")), "PNG");
	check(taken("image/tiff", SPAN("II*\0")) && taken("image/tiff", SPAN("MM\0*")),
		"TIFF of either order");
	check(taken("text/plain", SPAN("")) && !taken("text/plain", SPAN("MZ\0")),
		"text has no NUL");
	check(taken("application/xml", SPAN("\xef\xbb\xbf \n<a/>")) &&
			!taken("application/xml", SPAN("a <b/>")) &&
			!taken("application/xml", SPAN("  ")),
		"XML begins with an angle bracket");
}

static void test_names(void)
{
	char long_name[129];

	memset(long_name, 'x', 128);
	long_name[128] = '\0';
	check(document_name_is_sound(SPAN("Паспорт 1.pdf")), "a name");
	check(document_name_is_sound((struct span){long_name, 127}), "of 127 bytes");
	check(!document_name_is_sound((struct span){long_name, 128}), "not of 128");
	check(!document_name_is_sound(SPAN("")) && !document_name_is_sound(SPAN(".")) &&
			!document_name_is_sound(SPAN("..")),
		"not nothing, not a folder");
	check(!document_name_is_sound(SPAN("a/b")) && !document_name_is_sound(SPAN("a\\b")) &&
			!document_name_is_sound(SPAN("a\"b")) &&
			!document_name_is_sound(SPAN("a\nb")) &&
			!document_name_is_sound(SPAN("\x7f")),
		"nothing that a path or a header could stumble over");
	check(!document_name_is_sound(SPAN(" a")) && !document_name_is_sound(SPAN("a ")),
		"no blank at an end");
}

int main(void)
{
	test_types();
	test_bytes();
	test_names();
	return tap_end();
}
