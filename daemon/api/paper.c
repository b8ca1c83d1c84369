/* Papers for the applicant: what a receipt and a certificate share. */
#include "daemon/api/paper.h"
#include "daemon/api/access_log.h"

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

void paper_begin(struct paper *p, struct text *t, bool html, enum lang lang, enum word title)
{
	const char *s = word_text(title, lang);

	*p = (struct paper){t, html, lang};
	if (html)
		text_addf(t,
			"<!doctype html>\n<html lang=\"%s\"><meta "
			"charset=\"utf-8\"><title>%s</title>\n"
			"<style>@page{size:A4;margin:20mm}body{font:12pt "
			"serif;max-width:160mm}dt{font-weight:bold}"
			"dd{margin:0 0 3mm}</style>\n<h1>%s</h1>\n<dl>\n",
			lang_code(lang), s, s);
	else
		text_addf(t, "%s\n\n", s);
}

void paper_line(struct paper *p, enum word label, const char *value)
{
	if (!value || !*value)
		return;
	if (p->html) {
		text_addf(p->t, "<dt>%s</dt><dd>", word_text(label, p->lang));
		add_html(p->t, value);
		text_adds(p->t, "</dd>\n");
	} else {
		text_addf(p->t, "%s: %s\n", word_text(label, p->lang), value);
	}
}

void paper_end(struct paper *p)
{
	if (p->html)
		text_adds(p->t, "</dl></html>\n");
}

void paper_reply(struct call *c, struct dossier *d, const struct paper_kind *kind)
{
	struct span accept = span_of("");
	const char *type = "application/json";
	struct text t = TEXT_INIT;

	exchange_field(c->x, "accept", &accept);
	if (memmem(accept.at, accept.len, "text/html", 9))
		type = "text/html; charset=utf-8";
	else if (memmem(accept.at, accept.len, "text/plain", 10))
		type = "text/plain; charset=utf-8";
	if (type[0] == 'a')
		kind->json(&t, d);
	else
		kind->print(&t, d, type[5] == 'h');
	access_tells(c, &d->row.id);
	dossier_done(d);
	access_reply(c, 200, type, &t);
}
