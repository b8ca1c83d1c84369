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
/* "510" or "100.86" som as tyiyn. False: not an amount of money. */
bool body_money(const char *text, int64_t *ret_tyiyn);
