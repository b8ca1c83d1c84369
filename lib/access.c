/* Who may do what, and who may see whom: the matrix and the scope rule. */
#include <assert.h>

#include "lib/access.h"

struct action {
	const char *name, *roles;
	bool writes;
};

static const struct action actions[ACCESS_COUNT] = {
#define X(action, roles, writes) [ACCESS_##action] = {#action, roles, writes},
	ACCESS_ACTIONS(X)
#undef X
};

static const char letters[KEZEK_ROLE_COUNT] = {
	[KEZEK_ROLE_clerk] = 'c',
	[KEZEK_ROLE_officer] = 'o',
	[KEZEK_ROLE_supervisor] = 's',
	[KEZEK_ROLE_admin] = 'a',
	[KEZEK_ROLE_auditor] = 'u',
};

bool access_may(enum kezek_role role, enum access_action action)
{
	/* The auditor writes nothing, whatever the table says. */
	if (role == KEZEK_ROLE_auditor && actions[action].writes)
		return false;
	return strchr(actions[action].roles, letters[role]) != NULL;
}

const char *access_action_name(enum access_action action)
{
	assert((unsigned)action < ACCESS_COUNT);
	return actions[action].name;
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool access_sees(const struct viewer *viewer, const char *agency, const char *office)
{
	switch (viewer->role) {
	case KEZEK_ROLE_clerk:
		return is_same(viewer->office, office);
	case KEZEK_ROLE_officer:
		return is_same(viewer->agency, agency);
	case KEZEK_ROLE_supervisor:
		return !viewer->agency || is_same(viewer->agency, agency);
	case KEZEK_ROLE_admin:
	case KEZEK_ROLE_auditor:
		return true;
	case KEZEK_ROLE_COUNT:
		break;
	}
	return false;
}

bool access_sees_personal(const struct viewer *viewer, const char *agency, const char *office)
{
	switch (viewer->role) {
	case KEZEK_ROLE_clerk:
		return is_same(viewer->office, office);
	case KEZEK_ROLE_officer:
	case KEZEK_ROLE_supervisor:
		return is_same(viewer->agency, agency);
	case KEZEK_ROLE_admin:
	case KEZEK_ROLE_auditor:
	case KEZEK_ROLE_COUNT:
		break;
	}
	return false;
}

bool access_scope_is_sound(enum kezek_role role, bool has_agency, bool has_office)
{
	switch (role) {
	case KEZEK_ROLE_clerk:
		return has_office; /* the office's agency may be told with it */
	case KEZEK_ROLE_officer:
		return has_agency; /* an officer may sit at a counter too */
	case KEZEK_ROLE_supervisor:
		return !has_office;
	case KEZEK_ROLE_admin:
	case KEZEK_ROLE_auditor:
		return !has_agency && !has_office;
	case KEZEK_ROLE_COUNT:
		break;
	}
	return false;
}
