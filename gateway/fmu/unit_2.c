/* SPDX-License-Identifier: Apache-2.0 */
/* Co-simulation by FMI 2.0.4, section 4.2. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/fmu/unit_impl.h"

#define SYMBOL(name, member, needed)                                                     \
	{                                                                                \
		"fmi2" name, offsetof(struct unit, fmi2.member), needed                  \
	}
static const struct unit_symbol symbols[] = {
	SYMBOL("Instantiate", instantiate, true),
	SYMBOL("FreeInstance", free_instance, true),
	SYMBOL("SetupExperiment", setup_experiment, true),
	SYMBOL("EnterInitializationMode", enter_initialization, true),
	SYMBOL("ExitInitializationMode", exit_initialization, true),
	SYMBOL("Terminate", terminate, true),
	SYMBOL("GetReal", get_real, true),
	SYMBOL("GetInteger", get_integer, true),
	SYMBOL("GetBoolean", get_boolean, true),
	SYMBOL("SetReal", set_real, true),
	SYMBOL("SetInteger", set_integer, true),
	SYMBOL("SetBoolean", set_boolean, true),
	SYMBOL("DoStep", do_step, true),
	SYMBOL("GetRealStatus", get_real_status, false),
	SYMBOL("GetBooleanStatus", get_boolean_status, false),
	SYMBOL("GetFMUstate", get_state, false),
	SYMBOL("SetFMUstate", set_state, false),
	SYMBOL("FreeFMUstate", free_state, false),
};
#undef SYMBOL

__attribute__((format(printf, 5, 6))) static void on_log(void *environment,
                                                         const char *instance, int status,
                                                         const char *category,
                                                         const char *message, ...)
{
	char text[WIRE_TEXT_MAX];
	va_list args;

	va_start(args, message);
	vsnprintf(text, sizeof(text), message, args);
	va_end(args);
	unit_say(environment, status, text);
}

static void *allocate(size_t n, size_t size)
{
	return calloc(n, size);
}

static void release_memory(void *p)
{
	free(p);
}

static void on_step_finished(void *environment, int status)
{
	/* Steps are never asynchronous here. */
}

/* The folder as a URI (RFC 3986, section 2.3): what is not plain becomes %XX. */
static void make_uri(const char *folder, char *out, size_t room)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";
	size_t n = (size_t)snprintf(out, room, "file://");

	for (; *folder && n + 16 < room; folder++) {
		if (strchr(plain, *folder)) {
			out[n++] = *folder;
		} else {
			n += (size_t)snprintf(out + n, 4, "%%%02X",
			                      (unsigned char)*folder);
		}
	}
	snprintf(out + n, room - n, "/resources");
}

static void *instantiate(struct unit *u)
{
	char uri[3 * PATH_MAX];

	make_uri(u->load->folder, uri, sizeof(uri));
	u->callbacks = (struct fmi2_callbacks){.log = on_log,
	                                       .allocate = allocate,
	                                       .release = release_memory,
	                                       .step_finished = on_step_finished,
	                                       .environment = u};
	return u->fmi2.instantiate(u->load->name, FMI2_CO_SIMULATION, u->load->token, uri,
	                           &u->callbacks, 0, 0);
}

static int start(struct unit *u, double t, double stop, double tolerance)
{
	bool tolerant = tolerance > 0, stops = stop > t;
	int status = u->fmi2.setup_experiment(u->instance, tolerant, tolerance, t, stops,
	                                      stops ? stop : 0);

	if (status <= FMI_WARNING) {
		status = u->fmi2.enter_initialization(u->instance);
	}
	if (status <= FMI_WARNING) {
		status = u->fmi2.exit_initialization(u->instance);
	}
	return status;
}

static int set(struct unit *u, const struct wire_value *v, size_t n)
{
	int whole = (int)v->value;

	if (v->type == FMU_FLOAT64) {
		return u->fmi2.set_real(u->instance, &v->reference, 1, &v->value);
	}
	if (v->type == FMU_BOOLEAN) {
		whole = v->value != 0;
		return u->fmi2.set_boolean(u->instance, &v->reference, 1, &whole);
	}
	return u->fmi2.set_integer(u->instance, &v->reference, 1, &whole);
}

static int get(struct unit *u, struct wire_value *v, size_t n)
{
	int whole = 0, status;

	if (v->type == FMU_FLOAT64) {
		return u->fmi2.get_real(u->instance, &v->reference, 1, &v->value);
	}
	if (v->type == FMU_BOOLEAN) {
		status = u->fmi2.get_boolean(u->instance, &v->reference, 1, &whole);
		whole = whole != 0;
	} else {
		status = u->fmi2.get_integer(u->instance, &v->reference, 1, &whole);
	}
	v->value = whole;
	return status;
}

static int step(struct unit *u, double t, double h, double *last)
{
	int status = u->fmi2.do_step(u->instance, t, h, !u->load->can_state);
	int terminated = 0;

	if (status == FMI_DISCARD && u->fmi2.get_boolean_status &&
	    u->fmi2.get_boolean_status(u->instance, FMI2_TERMINATED, &terminated) <=
	            FMI_WARNING) {
		u->terminated = terminated != 0;
	}
	if (status == FMI_DISCARD && u->fmi2.get_real_status) {
		(void)u->fmi2.get_real_status(u->instance, FMI2_LAST_SUCCESSFUL_TIME,
		                              last);
	}
	return status;
}

static int terminate(struct unit *u)
{
	return u->fmi2.terminate(u->instance);
}

static void release(struct unit *u)
{
	u->fmi2.free_instance(u->instance);
}

static int get_state(struct unit *u, void **state)
{
	return u->fmi2.get_state ? u->fmi2.get_state(u->instance, state) : FMI_ERROR;
}

static int set_state(struct unit *u, void *state)
{
	return u->fmi2.set_state ? u->fmi2.set_state(u->instance, state) : FMI_ERROR;
}

static int free_state(struct unit *u, void **state)
{
	return u->fmi2.free_state ? u->fmi2.free_state(u->instance, state) : FMI_ERROR;
}

const struct unit_version unit_version_2 = {
	.symbols = symbols,
	.n_symbols = ARRAY_SIZE(symbols),
	.instantiate = instantiate,
	.start = start,
	.set = set,
	.get = get,
	.step = step,
	.terminate = terminate,
	.release = release,
	.get_state = get_state,
	.set_state = set_state,
	.free_state = free_state,
};
