/* The JSON body of a write, made from options. */
#pragma once

#include "daemon/cli/cli.h"

/*
 * Adds the members that the options given on the line are for, in the act `act` (its name in the
 * path). 0, or EXIT_USAGE and the reason was printed.
 */
int body_fill(const struct cli *c, const char *act, json_object *body);
/* "KIND[,original][,copy][,pages=N]…" as a document of a submission; NULL: it is not one. */
json_object *body_document(const char *text);
/* Puts value at a dotted path ("applicant.phone") of nested objects. Takes the value. */
void body_put(json_object *body, const char *path, json_object *value);
/* A value as typed: JSON where it reads as a number, true, false, null, list or object; else a
 * string. */
json_object *body_value(const char *text);
/* The same for a member of a form, which stays a string where the service's standard says so. */
json_object *body_form_value(json_object *standard, const char *member, const char *typed);
/* GET /v1/services/{service}; NULL: there is none such, or no answer: the server will say so. */
json_object *body_standard(struct cli *c, const char *service);
/* The JSON object in a file, "-" for standard input; the caller puts it. 0 or an exit code. */
int body_read(const struct cli *c, const char *name, json_object **ret_body);
/* "510" or "100.86" som as tyiyn. False: not an amount of money. */
bool body_money(const char *text, int64_t *ret_tyiyn);
