/* SPDX-License-Identifier: Apache-2.0 */
/* A model as an FMU of FMI 3.0, co-simulation.  Calls out of order are errors, so that
 * the importer's order is tested too. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fmu/model.h"

typedef void *instance;
typedef void log_fn(void *env, int status, const char *category, const char *message);

enum phase { INSTANTIATED, INITIALISING, STEPPING, BROKEN, TERMINATED };

struct data {
	double v[MODEL_VALUES];
	enum phase phase;
	void *env;
	log_fn *log;
	char resources[4096];
};

instance fmi3InstantiateCoSimulation(const char *name, const char *token,
                                     const char *resources, bool visible, bool logging,
                                     bool event_mode, bool early_return,
                                     const uint32_t *required, size_t n_required,
                                     void *env, log_fn *log, void *update);
void fmi3FreeInstance(instance c);
int fmi3EnterInitializationMode(instance c, bool tolerance_defined, double tolerance,
                                double start, bool stop_defined, double stop);
int fmi3ExitInitializationMode(instance c);
int fmi3Terminate(instance c);
int fmi3GetFloat64(instance c, const uint32_t *vr, size_t n, double *v, size_t n_v);
int fmi3SetFloat64(instance c, const uint32_t *vr, size_t n, const double *v, size_t n_v);
int fmi3GetInt32(instance c, const uint32_t *vr, size_t n, int32_t *v, size_t n_v);
int fmi3SetInt32(instance c, const uint32_t *vr, size_t n, const int32_t *v, size_t n_v);
int fmi3GetBoolean(instance c, const uint32_t *vr, size_t n, bool *v, size_t n_v);
int fmi3SetBoolean(instance c, const uint32_t *vr, size_t n, const bool *v, size_t n_v);
int fmi3DoStep(instance c, double t, double h, bool no_going_back, bool *event,
               bool *terminate, bool *early, double *last);
int fmi3GetFMUState(instance c, void **state);
int fmi3SetFMUState(instance c, void *state);
int fmi3FreeFMUState(instance c, void **state);

instance fmi3InstantiateCoSimulation(const char *name, const char *token,
                                     const char *resources, bool visible, bool logging,
                                     bool event_mode, bool early_return,
                                     const uint32_t *required, size_t n_required,
                                     void *env, log_fn *log, void *update)
{
	struct data *d;

	(void)visible;
	(void)logging;
	(void)required;
	if (!name || event_mode || early_return || n_required || !log || !update) {
		return NULL;
	}
	if (strcmp(token, model_token) != 0) {
		log(env, 3, "error", "the token is not mine");
		return NULL;
	}
	if (!resources || resources[strlen(resources) - 1] != '/') {
		log(env, 3, "error", "the resource path ends without a slash");
		return NULL;
	}
	d = calloc(1, sizeof(*d));
	if (d) {
		d->env = env;
		d->log = log;
		strncpy(d->resources, resources, sizeof(d->resources) - 1);
		model_reset(d->v);
	}
	return d;
}

void fmi3FreeInstance(instance c)
{
	free(c);
}

static int move(instance c, enum phase from, enum phase to)
{
	struct data *d = c;
	char text[80];

	if (d->phase != from) {
		snprintf(text, sizeof(text), "called in phase %d, not %d", (int)d->phase,
		         (int)from);
		d->log(d->env, 3, "error", text);
		d->phase = BROKEN;
		return 3;
	}
	d->phase = to;
	return 0;
}

int fmi3EnterInitializationMode(instance c, bool tolerance_defined, double tolerance,
                                double start, bool stop_defined, double stop)
{
	(void)tolerance_defined;
	(void)tolerance;
	(void)start;
	(void)stop_defined;
	(void)stop;
	return move(c, INSTANTIATED, INITIALISING);
}

int fmi3ExitInitializationMode(instance c)
{
	struct data *d = c;
	int status = move(c, INITIALISING, STEPPING);

	return status ? status : model_start(d->v, d->resources);
}

int fmi3Terminate(instance c)
{
	return move(c, STEPPING, TERMINATED);
}

static bool is_known(const struct data *d, const uint32_t *vr, size_t n, size_t n_v)
{
	for (size_t i = 0; i < n; i++) {
		if (vr[i] >= MODEL_VALUES) {
			return false;
		}
	}
	return n == n_v && d->phase != BROKEN;
}

/* Of one reference n_v values are those from its index on: an array. */
int fmi3GetFloat64(instance c, const uint32_t *vr, size_t n, double *v, size_t n_v)
{
	struct data *d = c;
	bool known = is_known(d, vr, n, n == 1 ? 1 : n_v) && vr[0] + n_v <= MODEL_VALUES;

	for (size_t i = 0; known && i < n_v; i++) {
		v[i] = d->v[n == 1 ? vr[0] + i : vr[i]];
	}
	return known ? 0 : 3;
}

int fmi3SetFloat64(instance c, const uint32_t *vr, size_t n, const double *v, size_t n_v)
{
	struct data *d = c;
	bool known = is_known(d, vr, n, n == 1 ? 1 : n_v) && vr[0] + n_v <= MODEL_VALUES;

	for (size_t i = 0; known && i < n_v; i++) {
		d->v[n == 1 ? vr[0] + i : vr[i]] = v[i];
	}
	return known ? 0 : 3;
}

int fmi3GetInt32(instance c, const uint32_t *vr, size_t n, int32_t *v, size_t n_v)
{
	struct data *d = c;
	bool known = is_known(d, vr, n, n_v);

	for (size_t i = 0; known && i < n; i++) {
		v[i] = (int32_t)d->v[vr[i]];
	}
	return known ? 0 : 3;
}

int fmi3SetInt32(instance c, const uint32_t *vr, size_t n, const int32_t *v, size_t n_v)
{
	struct data *d = c;
	bool known = is_known(d, vr, n, n_v);

	for (size_t i = 0; known && i < n; i++) {
		d->v[vr[i]] = v[i];
	}
	return known ? 0 : 3;
}

int fmi3GetBoolean(instance c, const uint32_t *vr, size_t n, bool *v, size_t n_v)
{
	struct data *d = c;
	bool known = is_known(d, vr, n, n_v);

	for (size_t i = 0; known && i < n; i++) {
		v[i] = d->v[vr[i]] != 0;
	}
	return known ? 0 : 3;
}

int fmi3SetBoolean(instance c, const uint32_t *vr, size_t n, const bool *v, size_t n_v)
{
	struct data *d = c;
	bool known = is_known(d, vr, n, n_v);

	for (size_t i = 0; known && i < n; i++) {
		d->v[vr[i]] = v[i];
	}
	return known ? 0 : 3;
}

int fmi3DoStep(instance c, double t, double h, bool no_going_back, bool *event,
               bool *terminate, bool *early, double *last)
{
	struct data *d = c;
	int status = move(c, STEPPING, STEPPING);
	char text[80];

	(void)no_going_back;
	*event = *terminate = *early = false;
	*last = t;
	if (!status) {
		status = model_step(d->v, t, h, last);
	}
	if (status == MODEL_END) {
		*terminate = true;
		return 0;
	}
	if (status >= 2) {
		snprintf(text, sizeof(text), "no step of %g s at %g s", h, t);
		d->log(d->env, status, "error", text);
	} else {
		*last = t + h;
	}
	return status;
}

int fmi3GetFMUState(instance c, void **state)
{
	struct data *d = c;

	if (!*state) {
		*state = malloc(sizeof(d->v));
	}
	if (!*state) {
		return 3;
	}
	memcpy(*state, d->v, sizeof(d->v));
	return 0;
}

int fmi3SetFMUState(instance c, void *state)
{
	struct data *d = c;

	memcpy(d->v, state, sizeof(d->v));
	return 0;
}

int fmi3FreeFMUState(instance c, void **state)
{
	(void)c;
	free(*state);
	*state = NULL;
	return 0;
}
