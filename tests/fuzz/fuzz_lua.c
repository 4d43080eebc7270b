/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a script: refused with a word, or what it declares is in range and its
 * answers are numbers.  What ends by the clock only (a pattern that takes for ever) is a
 * time-out here, and no fault. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/lua/luamodel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_ports(const struct luamodel_port *ports, uint32_t n, size_t max)
{
	if (n > max) {
		abort();
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!ports[i].name[0] || strlen(ports[i].name) > LUAMODEL_NAME_MAX ||
		    (i > 0 && strcmp(ports[i - 1].name, ports[i].name) >= 0)) {
			abort();
		}
	}
}

static void ask(struct luamodel *s)
{
	const struct luamodel_ports *p = luamodel_ports(s);
	struct luamodel_ask question = {.q = {.start = true, .dt_s = 1}};
	struct machine_error why = {.text = ""};
	struct local_answer a;

	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		question.q.y[i] = i % 2 ? 1 : (double)NAN;
		question.q.u[i] = 0.5 * (double)i;
	}
	if (luamodel_try(s, &question, &why) && !why.text[0]) {
		abort();
	}
	if (luamodel_answer(s, &question, &a, &why)) {
		if (!why.text[0]) {
			abort();
		}
		return;
	}
	for (size_t i = 0; i < p->n_outputs; i++) {
		if (!isfinite(a.y1[i])) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct machine_error why = {.text = ""};
	struct luamodel *s = NULL;
	int err;

	if (n > LUAMODEL_BYTES_MAX) {
		return 0;
	}
	err = luamodel_open(&s, "fuzz.lua", (const char *)data, n, &why);
	if (err) {
		if (err == -EINVAL && !why.text[0]) {
			abort();
		}
		return 0;
	}
	check_ports(luamodel_ports(s)->states, luamodel_ports(s)->n_states,
	            MODEL_STATES_MAX);
	check_ports(luamodel_ports(s)->inputs, luamodel_ports(s)->n_inputs,
	            MODEL_INPUTS_MAX);
	check_ports(luamodel_ports(s)->outputs, luamodel_ports(s)->n_outputs,
	            MODEL_OUTPUTS_MAX);
	check_ports(luamodel_ports(s)->parameters, luamodel_ports(s)->n_parameters,
	            MODEL_PARAMETERS_MAX);
	ask(s);
	luamodel_free(s);
	return 0;
}
