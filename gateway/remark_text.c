/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/remark_text.h"

#include <stdio.h>
#include <string.h>

/* What the learning rows say of a parameter that was to be found on them. */
static void tell_parameter(const struct component_config *c, const struct remark *r,
                           char *to, size_t size)
{
	const struct model_port *p = &c->model->parameters[r->n];
	bool unit = *p->unit && strcmp(p->unit, "1") != 0;
	const char *space = unit ? " " : "", *name = unit ? p->unit : "";

	if (r->kind == REMARK_FITTED) {
		snprintf(to, size, "%s: %s is %.4g%s%s by its learning rows, not %.4g",
		         c->id, p->name, r->after, space, name, r->before);
	} else {
		snprintf(to, size, "%s: %s stays %.4g%s%s: its learning rows do not tell",
		         c->id, p->name, r->before, space, name);
	}
}

/* The component that a remark is of; NULL: it is of a device. */
static const struct component_config *find_component(const struct twin_config *c,
                                                     uint32_t device)
{
	for (size_t i = 0; i < c->n_components; i++) {
		if (c->components[i].device_index == device) {
			return &c->components[i];
		}
	}
	return NULL;
}

static const char *find_name(const struct twin_config *c, uint32_t device)
{
	const struct component_config *k = find_component(c, device);
	size_t i = 0;

	while (!k && i + 1 < c->n_tags && c->tags[i].device_index != device) {
		i++;
	}
	return k ? k->id : c->tags[i].device;
}

const char *remark_text(const struct twin_config *c, const struct remark *r, char *to,
                        size_t size)
{
	const char *who = find_name(c, r->device);
	const struct tag *tag = r->tag == REMARK_NO_TAG ? NULL : &c->tags[r->tag];

	switch (r->kind) {
	case REMARK_LEARNING:
		snprintf(to, size,
		         r->n ? "%s learns what is normal for %zu of its tags"
		              : "%s learns what is normal",
		         who, r->n);
		return "learning";
	case REMARK_LEARNT:
		snprintf(to, size, "%s has learnt what is normal", who);
		return "learnt";
	case REMARK_STARTUP:
		snprintf(to, size,
		         "%s/%s was still moving: %zu readings are not learnt from", who,
		         tag ? tag->name : "", r->n);
		return "startup";
	case REMARK_MISFIT:
		snprintf(to, size,
		         "the model of %s explains its readings poorly, it needs %.3g "
		         "times "
		         "its noise: a parameter may be wrong",
		         who, r->after);
		return "misfit";
	case REMARK_FITTED:
	case REMARK_UNTOLD:
		tell_parameter(find_component(c, r->device), r, to, size);
		return "fitted";
	case REMARK_REBASELINED:
		break;
	}
	snprintf(to, size,
	         "%s/%s has stayed off its normal: %.6g%s%s is normal now, not %.6g", who,
	         tag ? tag->name : "", r->after, tag && *tag->kind->unit ? " " : "",
	         tag ? tag->kind->unit : "", r->before);
	return "rebaselined";
}
