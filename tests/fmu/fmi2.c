/* SPDX-License-Identifier: Apache-2.0 */
/* A model as an FMU of FMI 2.0, co-simulation.  Calls out of order are errors, so that
 * the importer's order is tested too. */
#include <stddef.h>
#include <string.h>

#include "tests/fmu/model.h"

typedef void *component;

struct callbacks {
	void (*log)(void *env, const char *name, int status, const char *category,
	            const char *message, ...);
	void *(*allocate)(size_t n, size_t size);
	void (*release)(void *p);
	void (*step_finished)(void *env, int status);
	void *env;
};

enum phase { INSTANTIATED, SET_UP, INITIALISING, STEPPING, BROKEN, TERMINATED };

struct instance {
	double v[MODEL_VALUES];
	enum phase phase;
	const struct callbacks *callbacks; /* not copied: the importer keeps it alive */
	const char *name;
	char resources[4096];
	double last;
	int ended;
};

component fmi2Instantiate(const char *name, int kind, const char *guid,
                          const char *resources, const struct callbacks *callbacks,
                          int visible, int logging);
void fmi2FreeInstance(component c);
int fmi2SetupExperiment(component c, int tolerance_defined, double tolerance,
                        double start, int stop_defined, double stop);
int fmi2EnterInitializationMode(component c);
int fmi2ExitInitializationMode(component c);
int fmi2Terminate(component c);
int fmi2GetReal(component c, const unsigned *vr, size_t n, double *v);
int fmi2GetInteger(component c, const unsigned *vr, size_t n, int *v);
int fmi2GetBoolean(component c, const unsigned *vr, size_t n, int *v);
int fmi2SetReal(component c, const unsigned *vr, size_t n, const double *v);
int fmi2SetInteger(component c, const unsigned *vr, size_t n, const int *v);
int fmi2SetBoolean(component c, const unsigned *vr, size_t n, const int *v);
int fmi2DoStep(component c, double t, double h, int no_going_back);
int fmi2GetRealStatus(component c, int kind, double *v);
int fmi2GetBooleanStatus(component c, int kind, int *v);
int fmi2GetFMUstate(component c, void **state);
int fmi2SetFMUstate(component c, void *state);
int fmi2FreeFMUstate(component c, void **state);

component fmi2Instantiate(const char *name, int kind, const char *guid,
                          const char *resources, const struct callbacks *callbacks,
                          int visible, int logging)
{
	struct instance *i;

	(void)visible;
	(void)logging;
	if (kind != 1 || !name || !callbacks || !callbacks->log || !callbacks->allocate ||
	    !callbacks->release || !callbacks->step_finished) {
		return NULL;
	}
	if (strcmp(guid, model_token) != 0) {
		callbacks->log(callbacks->env, name, 3, "error", "guid %s is not mine",
		               guid);
		return NULL;
	}
	i = callbacks->allocate(1, sizeof(*i));
	if (i) {
		i->callbacks = callbacks;
		i->name = name;
		strncpy(i->resources, resources, sizeof(i->resources) - 1);
		model_reset(i->v);
	}
	return i;
}

void fmi2FreeInstance(component c)
{
	struct instance *i = c;

	i->callbacks->release(i);
}

static int move(component c, enum phase from, enum phase to)
{
	struct instance *i = c;

	if (i->phase != from) {
		i->callbacks->log(i->callbacks->env, i->name, 3, "error",
		                  "called in phase %d, not %d", i->phase, from);
		i->phase = BROKEN;
		return 3;
	}
	i->phase = to;
	return 0;
}

int fmi2SetupExperiment(component c, int tolerance_defined, double tolerance,
                        double start, int stop_defined, double stop)
{
	(void)tolerance_defined;
	(void)tolerance;
	(void)start;
	(void)stop_defined;
	(void)stop;
	return move(c, INSTANTIATED, SET_UP);
}

int fmi2EnterInitializationMode(component c)
{
	return move(c, SET_UP, INITIALISING);
}

int fmi2ExitInitializationMode(component c)
{
	struct instance *i = c;
	int status = move(c, INITIALISING, STEPPING);

	return status ? status : model_start(i->v, i->resources);
}

int fmi2Terminate(component c)
{
	return move(c, STEPPING, TERMINATED);
}

int fmi2GetReal(component c, const unsigned *vr, size_t n, double *v)
{
	struct instance *i = c;

	for (size_t k = 0; k < n; k++) {
		if (vr[k] >= MODEL_VALUES || i->phase == BROKEN) {
			return 3;
		}
		v[k] = i->v[vr[k]];
	}
	return 0;
}

int fmi2GetInteger(component c, const unsigned *vr, size_t n, int *v)
{
	struct instance *i = c;

	for (size_t k = 0; k < n; k++) {
		if (vr[k] >= MODEL_VALUES || i->phase == BROKEN) {
			return 3;
		}
		v[k] = (int)i->v[vr[k]];
	}
	return 0;
}

int fmi2GetBoolean(component c, const unsigned *vr, size_t n, int *v)
{
	return fmi2GetInteger(c, vr, n, v);
}

int fmi2SetReal(component c, const unsigned *vr, size_t n, const double *v)
{
	struct instance *i = c;

	for (size_t k = 0; k < n; k++) {
		if (vr[k] >= MODEL_VALUES || i->phase == BROKEN) {
			return 3;
		}
		i->v[vr[k]] = v[k];
	}
	return 0;
}

int fmi2SetInteger(component c, const unsigned *vr, size_t n, const int *v)
{
	struct instance *i = c;

	for (size_t k = 0; k < n; k++) {
		if (vr[k] >= MODEL_VALUES || i->phase == BROKEN) {
			return 3;
		}
		i->v[vr[k]] = v[k];
	}
	return 0;
}

int fmi2SetBoolean(component c, const unsigned *vr, size_t n, const int *v)
{
	return fmi2SetInteger(c, vr, n, v);
}

int fmi2DoStep(component c, double t, double h, int no_going_back)
{
	struct instance *i = c;
	int status = move(c, STEPPING, STEPPING);

	(void)no_going_back;
	i->last = t;
	if (!status) {
		status = model_step(i->v, t, h, &i->last);
	}
	if (status == MODEL_END) {
		status = 2;
		i->ended = 1;
	}
	if (status >= 2) {
		i->callbacks->log(i->callbacks->env, i->name, status, "error",
		                  "no step of %g s at %g s", h, t);
	}
	return status;
}

int fmi2GetRealStatus(component c, int kind, double *v)
{
	struct instance *i = c;

	if (kind != 2) {
		return 2;
	}
	*v = i->last;
	return 0;
}

int fmi2GetBooleanStatus(component c, int kind, int *v)
{
	struct instance *i = c;

	if (kind != 3) {
		return 2;
	}
	*v = i->ended;
	return 0;
}

int fmi2GetFMUstate(component c, void **state)
{
	struct instance *i = c;

	if (!*state) {
		*state = i->callbacks->allocate(1, sizeof(i->v));
	}
	if (!*state) {
		return 3;
	}
	memcpy(*state, i->v, sizeof(i->v));
	return 0;
}

int fmi2SetFMUstate(component c, void *state)
{
	struct instance *i = c;

	memcpy(i->v, state, sizeof(i->v));
	return 0;
}

int fmi2FreeFMUstate(component c, void **state)
{
	struct instance *i = c;

	i->callbacks->release(*state);
	*state = NULL;
	return 0;
}
