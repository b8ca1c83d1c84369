/* Asking at a terminal for what a submission still lacks, and for what the server finds wrong. */
#pragma once

#include "daemon/cli/cli.h"

/* Questions go to stderr, answers come from stdin. 0, or an exit code: the reason was printed. */
int ask_submission(struct cli *c, json_object *body);
/* Asks anew for each member that the server's last refusal is about. As ask_submission. */
int ask_again(struct cli *c, json_object *body);

/* One line, without its end; free() it. NULL: no more input. */
char *ask_line(const struct cli *c, enum say question, const char *hint);
/* True or false in three languages; false is returned where it is neither. */
bool ask_reads_boolean(const char *line, bool *ret);
/* What is wrong with an answer, or where it stands, on a line of its own. */
void ask_tell(const char *what);

/* Each where it is not there: one of the variants offered here; which of the standard's documents
 * are here. */
int ask_variant(struct cli *c, json_object *body, json_object *standard);
int ask_documents(const struct cli *c, json_object *body, json_object *standard);
/* One member of the form, until it is as the standard wants it (ask_form.c). */
int ask_form_member(struct cli *c, json_object *body, json_object *standard, const char *name);
/* The members of the form that are not there: the required ones first. */
int ask_form(struct cli *c, json_object *body, json_object *standard);
