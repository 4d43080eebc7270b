/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A model as a Lua script: what it declares, and its functions as a struct model.  Only
 * in the child process that is there for it (gateway/lua/luaworker.h).
 *
 *     states     = { level = { unit = "m", start = 0, min = 0, max = 2, noise = 1e-3 } }
 *     inputs     = { inflow = "m3/s", valve = { unit = "1", default = 1 } }
 *     outputs    = { level = "m", outflow = "m3/s" }
 *     parameters = { area = 1.2, outlet = { default = 0.002, unit = "m2", min = 0 } }
 *     function derivative(x, u, p, t) return { level = ... } end
 *     function output(x, u, p) return { level = x.level, outflow = ... } end
 *     function start(y, u, p) return { level = y.level or 0 } end     -- optional
 *
 * All tables go by name; in ours, a name that is not declared is an error.
 */
#ifndef GATEWAY_LUA_LUAMODEL_H
#define GATEWAY_LUA_LUAMODEL_H

#include "gateway/lua/machine.h"
#include "twin/models/local.h"

enum {
	LUAMODEL_BYTES_MAX = 65536,
	LUAMODEL_NAME_MAX = 64,
};

/** A declared quantity.  Where it is not said: default and start are NAN, the range is
 * all, noise is NAN. */
struct luamodel_port {
	char name[LUAMODEL_NAME_MAX + 1];
	char unit[16];
	char description[80];
	double preset; /* of a state: where it starts */
	double min, max;
	double noise; /* of a state, unit/sqrt(s) */
};

/** All that it declares, each list by name. */
struct luamodel_ports {
	uint32_t n_states, n_inputs, n_outputs, n_parameters;
	struct luamodel_port states[MODEL_STATES_MAX];
	struct luamodel_port inputs[MODEL_INPUTS_MAX];
	struct luamodel_port outputs[MODEL_OUTPUTS_MAX];
	struct luamodel_port parameters[MODEL_PARAMETERS_MAX];
};

/** What a script is asked. */
struct luamodel_ask {
	double p[MODEL_PARAMETERS_MAX];
	double t; /* s, since its start */
	struct local_question q;
};

struct luamodel;

/**
 * Run the script and see what it declares.
 *
 * @param name  by which it is called in what is said
 * @param[out] out  set on success only; free with luamodel_free()
 * @return 0; -EINVAL: see why; -ENOMEM
 */
int luamodel_open(struct luamodel **out, const char *name, const char *text, size_t n,
                  struct machine_error *why);
void luamodel_free(struct luamodel *s);

/** Borrowed. */
const struct luamodel_ports *luamodel_ports(const struct luamodel *s);

/** Call each function once, only to see that it gives what is declared; numbers may be
 * none.  @return 0; -EINVAL: see why */
int luamodel_try(struct luamodel *s, const struct luamodel_ask *ask,
                 struct machine_error *why);

/** @return 0; -EINVAL: see why */
int luamodel_answer(struct luamodel *s, const struct luamodel_ask *ask,
                    struct local_answer *a, struct machine_error *why);

/** A state's, unit/sqrt(s), where the script does not say one too. */
double luamodel_noise(const struct luamodel_port *state);

/**
 * Its functions, to be called with any parameters, states and inputs; one script at a
 * time on a thread, until another function of this header is called.  Each call may take
 * what a request may.  The time t is nil.
 *
 * @return borrowed
 */
const struct model *luamodel_model(struct luamodel *s);

/** What went wrong in such a call; all is no number since then.  NULL: nothing did. */
const struct machine_error *luamodel_fault(const struct luamodel *s);

#endif
