/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/stand_line.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/commission/beside.h"
#include "gateway/commission/logic.h"
#include "gateway/commission/wire.h"
#include "gateway/plant/plc_link.h"

/* Faults that the script's runs may prepare: each run begins anew. */
enum { FAULTS_MAX = PLANT_FAULTS_MAX, WARM_UP_S = 120 };

struct stand_line {
	struct stand stand;
	struct plant_setup *setup;
	struct plant *plant;   /* of the run at hand */
	struct plc_link *link; /* NULL: the plant has no program of its own */
	struct logic *logic;   /* likewise */
	struct wire *wire;     /* to the PLC that runs it; NULL: it runs here */
	struct fault faults[FAULTS_MAX];
	bool active[FAULTS_MAX];
	size_t n_faults;
	int64_t begin_ns;      /* of the run, on the plant's axis */
	struct beside *beside; /* NULL: no gateway is named */
};

/* Handles are signals; from here on tags of the gateway, variables of the program. */
#define TAGS      (UINT32_C(1) << 24)
#define VARIABLES (UINT32_C(1) << 25)

/* Where the program runs elsewhere: its variable, if the plant's io shows it unscaled. */
static uint32_t seen_as(const struct stand_line *l, uint32_t variable)
{
	const struct program_cell cell = logic_cell(l->logic, variable);
	const struct plant_plc *plc = &l->setup->plc;

	for (size_t i = 0; l->wire && i < plc->n_io; i++) {
		const struct plant_io *io = &plc->io[i];

		if (io->area == cell.area && io->size == cell.size &&
		    io->number == cell.number && io->scale == 1 && io->offset == 0) {
			return io->signal;
		}
	}
	return VARIABLES + variable;
}

/* --- The bench --- */

static int line_set(void *self, uint32_t handle, double value)
{
	struct stand_line *l = self;

	if (handle >= VARIABLES && l->wire) {
		return -EROFS;
	}
	if (handle >= VARIABLES) {
		return logic_set(l->logic, handle - VARIABLES, value);
	}
	return handle < TAGS ? plant_set(l->plant, handle, value) : -EROFS;
}

static int line_inject(void *self, uint32_t index, bool begins, int64_t for_ns)
{
	struct stand_line *l = self;

	if (begins) {
		l->faults[index].at_s = plant_time_s(l->plant);
		l->active[index] = true;
		return 0;
	}
	/* By what it is: a step that clears prepared a fault of its own. */
	for (size_t i = 0; i < l->n_faults; i++) {
		const struct fault *f = &l->faults[i], *own = &l->faults[index];

		if (f->kind == own->kind && f->target == own->target &&
		    f->damage == own->damage) {
			l->active[i] = false;
		}
	}
	return 0;
}

/* A fault is prolonged from cycle to cycle, so that a step can end it. */
static int prolong(struct stand_line *l)
{
	int err = 0;

	for (size_t i = 0; i < l->n_faults && !err; i++) {
		if (l->active[i]) {
			l->faults[i].until_s = plant_time_s(l->plant) +
			                       plant_cycle_s(l->plant);
			err = plant_inject(l->plant, &l->faults[i]);
		}
	}
	return err;
}

static int line_step(void *self)
{
	struct stand_line *l = self;

	int err = prolong(l);

	if (err) {
		return err;
	}
	plant_turn(l->plant);
	if (l->beside) {
		beside_turn(l->beside, l->plant);
	}
	if (l->wire) {
		return wire_wait(l->wire);
	}
	if (l->logic) {
		logic_turn(l->logic);
		return plc_link_fault(l->link);
	}
	return 0;
}

static double line_read(void *self, uint32_t handle)
{
	struct stand_line *l = self;

	if (handle >= VARIABLES && l->wire) {
		return NAN;
	}
	if (handle >= VARIABLES) {
		return logic_read(l->logic, handle - VARIABLES);
	}
	return handle < TAGS ? plant_signals(l->plant)[handle]
	                     : beside_value(l->beside, handle - TAGS);
}

static int64_t line_now_ns(void *self)
{
	struct stand_line *l = self;

	return llround(plant_time_s(l->plant) * 1e9) - l->begin_ns;
}

/* --- Names --- */

static int line_find(void *self, const char *name, size_t n, uint32_t *handle)
{
	struct stand_line *l = self;
	const struct plant_config *c = &l->setup->plant;
	uint32_t tag;

	for (size_t i = 0; i < c->n_signals; i++) {
		const char *other = c->signals[i].name;

		if (other && strlen(other) == n && strncmp(other, name, n) == 0) {
			*handle = (uint32_t)i;
			return 0;
		}
	}
	if (l->beside && beside_find(l->beside, name, n, &tag) == 0) {
		*handle = TAGS + tag;
		return 0;
	}
	if (l->logic && logic_find(l->logic, name, n, &tag) == 0) {
		*handle = seen_as(l, tag);
		return 0;
	}
	return -ENOENT;
}

static int line_literal(void *self, uint32_t handle, const char *text, size_t n,
                        double *out)
{
	struct stand_line *l = self;

	return handle < VARIABLES
	               ? -ENOENT
	               : logic_literal(l->logic, handle - VARIABLES, text, n, out);
}

static const char *line_name(void *self, size_t i)
{
	struct stand_line *l = self;
	const struct plant_config *c = &l->setup->plant;

	if (i < c->n_signals) {
		return c->signals[i].name ? c->signals[i].name : "";
	}
	i -= c->n_signals;
	if (l->logic && i < logic_names(l->logic)) {
		return logic_name(l->logic, i);
	}
	i -= l->logic ? logic_names(l->logic) : 0;
	return l->beside ? beside_name(l->beside, i) : NULL;
}

static void line_describe(void *self, uint32_t handle, struct stand_quantity *out)
{
	struct stand_line *l = self;

	if (handle >= VARIABLES) {
		logic_describe(l->logic, handle - VARIABLES, out);
		out->hidden = l->wire != NULL;
		return;
	}
	if (handle >= TAGS) {
		beside_describe(l->beside, handle - TAGS, out);
		return;
	}
	*out = (struct stand_quantity){
		.name = l->setup->plant.signals[handle].name,
		.unit = l->setup->plant.signals[handle].unit,
		.writable = plant_settable(l->plant, handle),
	};
}

static int line_fault(void *self, const char *target, const char *fault, double value,
                      uint32_t *out)
{
	struct stand_line *l = self;
	struct fault f = {0};
	int err = plant_config_fault(l->setup, target, fault, &f);

	if (err || isnan(value)) {
		return err;
	}
	if (l->n_faults == FAULTS_MAX) {
		return -ENOSPC;
	}
	f.value = value;
	*out = (uint32_t)l->n_faults;
	l->active[l->n_faults] = false;
	l->faults[l->n_faults++] = f;
	return 0;
}

/* A twin that has learnt finds the plant's state before the run begins. */
static int warm_up(struct stand_line *l)
{
	int err = beside_restart(l->beside);

	while (!err && beside_has_learnt(l->beside) &&
	       plant_time_s(l->plant) < WARM_UP_S) {
		err = line_step(l);
	}
	beside_begin(l->beside);
	l->begin_ns = llround(plant_time_s(l->plant) * 1e9);
	return err;
}

static int line_restart(void *self)
{
	struct stand_line *l = self;
	int err;

	plant_free(l->plant);
	l->plant = NULL;
	l->n_faults = 0;
	l->begin_ns = 0;
	err = plant_new(&l->plant, &l->setup->plant);
	if (!err && l->wire) {
		wire_attach(l->wire, l->plant);
	} else if (!err && l->link) {
		plc_link_attach(l->link, l->plant);
		logic_restart(l->logic);
	}
	return !err && l->beside ? warm_up(l) : err;
}

static const struct stand_alarm *line_alarms(void *self, size_t *n)
{
	struct stand_line *l = self;

	return beside_alarms(l->beside, n);
}

static const char *line_falsifies(void *self, uint32_t fault)
{
	struct stand_line *l = self;
	const struct fault *f = &l->faults[fault];

	switch (f->kind) {
	case FAULT_STUCK:
	case FAULT_DROPOUT:
	case FAULT_OFFSET:
	case FAULT_DRIFT:
	case FAULT_NOISE:
	case FAULT_DELAY:
	case FAULT_SWAPPED:
		return beside_tag_of(l->beside, l->setup->plant.sensors[f->target].to);
	case FAULT_DAMAGE:
	case FAULT_JAMMED:
	case FAULT_SLOW:
	case FAULT_STICKING:
	case FAULT_SET:
	case FAULT_SILENCE:
	case FAULT_EXCEPTION:
	case FAULT_CLOSE:
	case FAULT_LATE:
	case FAULT_GARBLED:
	case FAULT_CLOCK:
		break;
	}
	return NULL;
}

static int line_keep(void *self)
{
	struct stand_line *l = self;

	return beside_learning(l->beside) ? -EAGAIN : beside_keep(l->beside);
}

static const struct logic *line_logic(void *self)
{
	struct stand_line *l = self;

	return l->logic;
}

static const char *line_why(void *self)
{
	struct stand_line *l = self;

	return l->wire ? wire_why(l->wire) : l->logic ? logic_why(l->logic) : "";
}

/* The program that the script, or else the plant's file, names. */
static int open_program(struct stand_line *l, const struct script *script,
                        FILE *complaints)
{
	const struct plant_config *c = &l->setup->plant;
	struct program_options options = {.cycle_ns = llround(c->step_s * c->steps * 1e9),
	                                  .coverage = true};
	int err;

	if (script->n_programs) {
		l->setup->plc.files = script->programs;
		l->setup->plc.n_files = script->n_programs;
	}
	if (l->setup->plc.n_files == 0) {
		return 0;
	}
	err = plc_link_open(&l->link, l->setup, &options, complaints);
	if (err) {
		return err;
	}
	l->stand.logic = script->target ? NULL : line_logic;
	return logic_open(&l->logic, plc_link_program(l->link),
	                  plc_link_sources(l->link));
}

int stand_line_open(struct stand_line **out, const struct script *script,
                    FILE *complaints)
{
	struct stand_line *l = calloc(1, sizeof(*l));
	const char *why = "";
	int err = l ? 0 : -ENOMEM;

	if (!err) {
		err = plant_config_load(&l->setup, script->plant, NULL, complaints);
	}
	if (err) {
		stand_line_close(l);
		return err;
	}
	l->setup->plant.n_faults = 0; /* those of the script are the only ones */
	if (script->seed >= 0) {
		l->setup->plant.seed = (uint64_t)script->seed;
	}
	l->stand = (struct stand){
		.bench = {l, line_set, line_inject, line_step, line_read, line_now_ns},
		.find = line_find,
		.literal = line_literal,
		.name = line_name,
		.describe = line_describe,
		.fault = line_fault,
		.restart = line_restart,
		.why = line_why,
	};
	err = open_program(l, script, complaints);
	if (!err && script->target) {
		err = wire_open(&l->wire, l->setup, script->target, &why);
		if (err) {
			fprintf(complaints, "%s: error: %s\n", script->target, why);
		}
	}
	if (!err && script->gateway) {
		err = beside_open(&l->beside, script->gateway, l->setup, complaints);
		l->stand.alarms = line_alarms;
		l->stand.falsifies = line_falsifies;
		l->stand.keep = line_keep;
	}
	err = err ? err : line_restart(l);
	if (err) {
		stand_line_close(l);
		return err;
	}
	*out = l;
	return 0;
}

void stand_line_close(struct stand_line *l)
{
	if (l) {
		beside_close(l->beside);
		wire_close(l->wire);
		plant_free(l->plant);
		logic_close(l->logic);
		plc_link_close(l->link);
		plant_config_free(l->setup);
		free(l);
	}
}

void stand_line_tell(const struct stand_line *l, FILE *out)
{
	if (l->wire) {
		wire_tell(l->wire, out);
	}
}

const struct stand *stand_line_stand(const struct stand_line *l)
{
	return &l->stand;
}
