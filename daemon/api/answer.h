/* Answers: JSON, problems, and the words of every way in which the database can say no. */
#pragma once

#include "daemon/db/records.h"
#include "lib/problem.h"

struct call;

/* Replies. Each ends the call: nothing may touch it afterwards. */
void answer_json(struct call *c, int status, struct text *body);
void answer_problem(struct call *c, enum kezek_problem problem, const char *detail);
/* The most telling code: that of the faults where they agree, else `malformed`; content faults give
 * way. */
enum kezek_problem faults_problem(const struct faults *faults);
/* 400 when a fault is of shape, else 422; more precise codes where all faults are of one kind. */
void answer_faults(struct call *c, const struct faults *faults);
/* A query parameter that is wrong: 400 bad_parameter naming it. */
void answer_bad_parameter(struct call *c, const char *name, enum word reason, const char *detail);
/* 409 act_not_open, with open_acts. */
/* `owes`: a fee is not paid. */
void answer_not_open(struct call *c, enum kezek_state state, bool is_question, bool owes);
/* 412 with the current version. */
void answer_stale(struct call *c, int version);
/* 503: `r` is what pg_submit or batcher_submit answered. */
enum kezek_problem away_problem(int r);
void answer_away(struct call *c, int r);
/* A unit that did not end in UNIT_DONE. */
void answer_unit(struct call *c, enum unit_how how);
/* A member that did not end in MEMBER_DONE or MEMBER_DUPLICATE. A conflict that the caller has no
 * word for came again at each try: overloaded. */
enum kezek_problem member_problem(enum member_result result);
void answer_member(struct call *c, enum member_result result);
/* The stored answer, or 422 when the key was used with another body. */
void answer_stored(struct call *c, const struct stored_answer *stored);
