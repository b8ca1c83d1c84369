/* Papers for the applicant: what a receipt and a certificate share. */
#include "daemon/api/paper.h"
#include "daemon/api/access_log.h"
#include "daemon/qr.h"

#define SLIP_COLUMNS 64 /* of an 80 mm printer in its small type */

enum lang paper_lang(const struct dossier *d)
{
	enum lang lang = LANG_KY;

	if (d->row.language)
		lang_parse(span_of(d->row.language), &lang);
	return lang;
}

static void add_html(struct text *t, const char *s)
{
	for (; s && *s; s++) {
		switch (*s) {
		case '<':
			text_adds(t, "&lt;");
			break;
		case '>':
			text_adds(t, "&gt;");
			break;
		case '&':
			text_adds(t, "&amp;");
			break;
		case '"':
			text_adds(t, "&quot;");
			break;
		default:
			text_add_char(t, *s);
		}
	}
}

/* A slip's length is the printer's matter: its page has a width alone. */
static const char page_style[] =
	"@page{size:A4;margin:18mm 20mm}"
	"body{font:11pt/1.4 \"Noto Sans\",\"DejaVu Sans\",sans-serif;max-width:170mm;margin:0 auto}"
	"h1{font-size:20pt;margin:0 0 6mm}"
	"dl{display:grid;grid-template-columns:45mm 1fr;gap:2.5mm "
	"5mm;align-items:baseline;margin:0}"
	"dt{color:#444}dd{margin:0}"
	".strong{font-size:14pt;font-weight:bold}"
	"ul{margin:0;padding-left:5mm}.top{align-self:start}"
	".qr{display:block;width:50mm;height:50mm;margin:-3mm}"
	"@media screen{body{padding:15mm 0}}";

static const char slip_style[] =
	"@page{margin:0}"
	"body{font:9pt/1.3 \"Noto Sans\",\"DejaVu Sans\",sans-serif;width:72mm;margin:0 auto;"
	"padding:4mm 0 8mm;overflow-wrap:anywhere}"
	"h1{font-size:13pt;margin:0 0 2mm;text-align:center}"
	"dl{margin:0}dt{font-size:8pt}dd{margin:0 0 1.5mm}"
	".strong{font-size:12pt;font-weight:bold}"
	"ul{margin:0;padding-left:4mm}"
	".qr{display:block;width:60mm;height:60mm;margin:2mm auto 0}";

void paper_begin(
	struct paper *p, struct text *t, struct paper_form form, enum lang lang, enum word title)
{
	const char *s = word_text(title, lang);

	*p = (struct paper){t, form, lang};
	if (form.html)
		text_addf(t,
			"<!doctype html>\n<html lang=\"%s\"><meta charset=\"utf-8\">"
			"<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title>\n"
			"<style>%s</style>\n<h1>%s</h1>\n<dl>\n",
			lang_code(lang), s, form.slip ? slip_style : page_style, s);
	else
		text_addf(t, "%s\n\n", s);
}

static void add_line(struct paper *p, enum word label, const char *value, const char *class)
{
	if (!value || !*value)
		return;
	if (p->form.html) {
		text_addf(p->t, "<dt>%s</dt><dd%s>", word_text(label, p->lang), class);
		add_html(p->t, value);
		text_adds(p->t, "</dd>\n");
	} else {
		text_addf(p->t, "%s: %s\n", word_text(label, p->lang), value);
	}
}

void paper_line(struct paper *p, enum word label, const char *value)
{
	add_line(p, label, value, "");
}

void paper_strong(struct paper *p, enum word label, const char *value)
{
	add_line(p, label, value, " class=\"strong\"");
}

void paper_items(struct paper *p, enum word label, const char *const *items, size_t n)
{
	if (!n)
		return;
	text_addf(p->t, p->form.html ? "<dt>%s</dt><dd><ul>" : "%s:\n", word_text(label, p->lang));
	for (size_t i = 0; i < n; i++) {
		text_adds(p->t, p->form.html ? "<li>" : "  - ");
		if (p->form.html)
			add_html(p->t, items[i]);
		else
			text_addf(p->t, "%s\n", items[i]);
	}
	if (p->form.html)
		text_adds(p->t, "</ul></dd>\n");
}

void paper_qr(struct paper *p, enum word label, struct span text)
{
	if (p->form.html) {
		text_addf(p->t, "<dt class=\"top\">%s</dt><dd class=\"top\">\n",
			word_text(label, p->lang));
		text_add_qr_svg(p->t, text);
		text_adds(p->t, "</dd>\n");
	} else if (p->form.slip) {
		text_add_qr_blocks(p->t, text, SLIP_COLUMNS);
	}
}

void paper_end(struct paper *p)
{
	if (p->form.html)
		text_adds(p->t, "</dl></html>\n");
}

static bool wants_slip(struct call *c, bool *ret_is_known)
{
	_text_ format = TEXT_INIT;
	bool given = call_query(c, "format", &format) && format.len;
	bool slip = given && strcmp(format.data, "slip") == 0;

	*ret_is_known = !given || slip || strcmp(format.data, "page") == 0;
	return slip;
}

bool paper_form_check(struct call *c)
{
	static const char *const names[] = {"format", NULL};
	bool is_known;

	if (!call_query_check(c, names))
		return false;
	wants_slip(c, &is_known);
	if (!is_known)
		answer_bad_parameter(c, "format", WORD_reason_not_allowed, "page, slip");
	return is_known;
}

void paper_reply(struct call *c, struct dossier *d, const struct paper_kind *kind)
{
	struct span accept = span_of("");
	const char *type = "application/json";
	struct text t = TEXT_INIT;
	bool is_known;

	exchange_field(c->x, "accept", &accept);
	if (memmem(accept.at, accept.len, "text/html", 9))
		type = "text/html; charset=utf-8";
	else if (memmem(accept.at, accept.len, "text/plain", 10))
		type = "text/plain; charset=utf-8";
	if (type[0] == 'a')
		kind->json(&t, d);
	else
		kind->print(&t, d,
			(struct paper_form){
				.html = type[5] == 'h', .slip = wants_slip(c, &is_known)});
	access_tells(c, &d->row.id);
	dossier_done(d);
	access_reply(c, 200, type, &t);
}
