/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/talk.h"

#include <math.h>

int talk_deadline_ms(const struct fmu_config *cfg)
{
	return (int)fmin(fmax(5000 * cfg->step_s, 1000), 600000);
}

void talk_start(const struct fmu_config *cfg, const struct fmu *f, struct wire_message *m)
{
	m->head = (struct wire_head){.op = WIRE_START,
	                             .n_set = (uint32_t)cfg->n_start,
	                             .t = f->d->start,
	                             .h = f->d->start, /* it stops there: never */
	                             .tolerance = f->d->tolerance};
	for (size_t i = 0; i < cfg->n_start; i++) {
		m->body.values[i] = cfg->start[i];
	}
}

static struct wire_value value_of(const struct fmu_port_config *port, double si)
{
	return (struct wire_value){.reference = port->reference,
	                           .type = port->type,
	                           .value = (si - port->offset) / port->scale};
}

double talk_time(const struct fmu_config *cfg, const struct fmu *f, uint64_t k)
{
	return f->d->start + (double)k * cfg->step_s;
}

void talk_step(const struct fmu_config *cfg, double t, double h, const double *u,
               struct wire_message *m)
{
	uint32_t n = 0;

	for (size_t i = 0; i < cfg->n_inputs; i++) {
		if (isfinite(u[i])) {
			m->body.values[n++] = value_of(&cfg->inputs[i], u[i]);
		}
	}
	for (size_t i = 0; i < cfg->n_outputs; i++) {
		m->body.values[n + i] = value_of(&cfg->outputs[i], 0);
	}
	m->head = (struct wire_head){.op = WIRE_STEP,
	                             .n_set = n,
	                             .n_get = (uint32_t)cfg->n_outputs,
	                             .t = t,
	                             .h = h};
}

bool talk_outputs(const struct fmu_config *cfg, const struct wire_message *m, double *y)
{
	bool finite = true;

	for (size_t i = 0; i < cfg->n_outputs; i++) {
		const struct fmu_port_config *port = &cfg->outputs[i];

		y[i] = m->body.values[i].value * port->scale + port->offset;
		finite = finite && isfinite(y[i]);
	}
	return finite;
}

const char *talk_fault(const struct wire_head *head)
{
	switch (head->status) {
	case WIRE_DONE:
		return NULL;
	case WIRE_TERMINATED:
		return "it asked for the end of the simulation";
	case WIRE_MEMORY:
		return "it holds more memory than it may";
	default:
		return head->text[0] ? head->text : "it says error";
	}
}
