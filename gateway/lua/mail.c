/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/mail.h"

#include <stdio.h>
#include <string.h>

#define BODY offsetof(struct mail, body)

size_t mail_request_size(const struct mail *m)
{
	switch ((enum mail_op)m->head.op) {
	case MAIL_LOAD:
		return m->body.load.n <= LUAMODEL_BYTES_MAX
		               ? BODY + offsetof(struct mail_load, text) + m->body.load.n
		               : 0;
	case MAIL_TRY:
	case MAIL_ASK:
		return BODY + sizeof(struct luamodel_ask);
	}
	return 0;
}

size_t mail_answer_size(enum mail_op op)
{
	switch (op) {
	case MAIL_LOAD:
		return BODY + sizeof(struct luamodel_ports);
	case MAIL_ASK:
		return BODY + sizeof(struct local_answer);
	case MAIL_TRY:
		break;
	}
	return BODY;
}

static bool end_texts(struct luamodel_port *ports, uint32_t n, size_t max)
{
	for (uint32_t i = 0; n <= max && i < n; i++) {
		ports[i].name[LUAMODEL_NAME_MAX] = '\0';
		ports[i].unit[sizeof(ports[i].unit) - 1] = '\0';
		ports[i].description[sizeof(ports[i].description) - 1] = '\0';
	}
	return n <= max;
}

bool mail_is_answer(struct mail *m, size_t n, enum mail_op op)
{
	struct luamodel_ports *p = &m->body.ports;

	if (n < BODY || m->head.status > MAIL_FAILED) {
		return false;
	}
	m->head.text[MACHINE_TEXT_MAX - 1] = '\0';
	if (m->head.status == MAIL_FAILED) {
		return n == BODY;
	}
	return n == mail_answer_size(op) &&
	       (op != MAIL_LOAD ||
	        (end_texts(p->states, p->n_states, MODEL_STATES_MAX) &&
	         end_texts(p->inputs, p->n_inputs, MODEL_INPUTS_MAX) &&
	         end_texts(p->outputs, p->n_outputs, MODEL_OUTPUTS_MAX) &&
	         end_texts(p->parameters, p->n_parameters, MODEL_PARAMETERS_MAX)));
}

void mail_load(struct mail *m, const char *name, const char *text, size_t n)
{
	m->head = (struct mail_head){.op = MAIL_LOAD};
	snprintf(m->body.load.name, sizeof(m->body.load.name), "%s", name);
	m->body.load.n = (uint32_t)n;
	memcpy(m->body.load.text, text, n);
}

void mail_fault(const struct mail *m, const char *name, char *out, size_t room)
{
	if (m->head.line) {
		snprintf(out, room, "%s:%u: %s", name, m->head.line, m->head.text);
	} else {
		snprintf(out, room, "%s: %s", name, m->head.text);
	}
}
