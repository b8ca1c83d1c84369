/* Papers for the applicant, in his language: as text, or as HTML for an A4 page. */
#pragma once

#include "daemon/api/dossier.h"

struct paper {
	struct text *t;
	bool html;
	enum lang lang;
};

/* The language that the applicant chose. */
enum lang paper_lang(const struct dossier *d);
void paper_begin(struct paper *p, struct text *t, bool html, enum lang lang, enum word title);
/* "Label: value"; nothing where there is no value. */
void paper_line(struct paper *p, enum word label, const char *value);
void paper_end(struct paper *p);

/* Answers with what the Accept header asks for: JSON, text or HTML. Takes the dossier. */
struct paper_kind {
	void (*json)(struct text *t, const struct dossier *d);
	void (*print)(struct text *t, const struct dossier *d, bool html);
};
void paper_reply(struct call *c, struct dossier *d, const struct paper_kind *kind);
