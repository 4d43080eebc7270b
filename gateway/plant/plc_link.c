/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/plc_link.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/plc/listing.h"

struct plc_link {
	const struct plant_setup *setup;
	struct sources *sources;
	struct program *program;
	struct program_options options;
	double *last; /* by io: the signal as the last scan left it, or the plant began
	                 with */
	int fault;
};

static struct program_cell cell_of(const struct plant_io *io)
{
	return (struct program_cell){
		.area = io->area, .size = io->size, .number = io->number};
}

/* Integers by type: what they hold, in how many bits. */
static const struct whole {
	enum value_type type;
	unsigned bits;
	bool is_signed;
	double min, max; /* of 64 bits, what a double takes for sure */
} wholes[] = {
	{TYPE_BOOL, 1, false, 0, 1},
	{TYPE_INT16, 16, true, INT16_MIN, INT16_MAX},
	{TYPE_UINT16, 16, false, 0, UINT16_MAX},
	{TYPE_INT32, 32, true, INT32_MIN, INT32_MAX},
	{TYPE_UINT32, 32, false, 0, UINT32_MAX},
	{TYPE_INT64, 64, true, -0x1p62, 0x1p62},
	{TYPE_UINT64, 64, false, 0, 0x1p63},
};

static const struct whole *whole_of(enum value_type type)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(wholes) && wholes[i].type != type) {
		i++;
	}
	return &wholes[i];
}

/* What the image holds for a signal; what is no number is 0. */
static uint64_t bits_of(const struct plant_io *io, double signal)
{
	double raw = (signal - io->offset) / io->scale;
	const struct whole *w;
	uint64_t bits = 0;
	float single;

	if (io->type == TYPE_FLOAT64) {
		memcpy(&bits, &raw, sizeof(bits));
		return bits;
	}
	if (io->type == TYPE_FLOAT32) {
		uint32_t half;

		single = (float)raw;
		memcpy(&half, &single, sizeof(half));
		return half;
	}
	w = whole_of(io->type);
	raw = isnan(raw) ? 0 : fmin(fmax(rint(raw), w->min), w->max);
	bits = raw < 0 ? (uint64_t)(int64_t)raw : (uint64_t)raw;
	return bits & (UINT64_MAX >> (64 - w->bits));
}

static double signal_of(const struct plant_io *io, uint64_t bits)
{
	const struct whole *w;
	double raw;

	if (io->type == TYPE_FLOAT64) {
		memcpy(&raw, &bits, sizeof(raw));
	} else if (io->type == TYPE_FLOAT32) {
		uint32_t half = (uint32_t)bits;
		float single;

		memcpy(&single, &half, sizeof(single));
		raw = (double)single;
	} else {
		w = whole_of(io->type);
		raw = (double)bits;
		if (w->is_signed && bits >> (w->bits - 1)) {
			bits |= ~(UINT64_MAX >> (64 - w->bits));
			raw = (double)(int64_t)bits;
		}
	}
	return raw * io->scale + io->offset;
}

static void take_inputs(struct plc_link *l, const double *signals)
{
	const struct plant_plc *plc = &l->setup->plc;

	for (size_t i = 0; i < plc->n_io; i++) {
		const struct plant_io *io = &plc->io[i];
		double signal = signals[io->signal];

		if (io->area == 'I' || signal != l->last[i]) {
			program_image_set(l->program, cell_of(io), bits_of(io, signal));
		}
	}
}

static void give_outputs(struct plc_link *l, double *signals)
{
	const struct plant_plc *plc = &l->setup->plc;

	for (size_t i = 0; i < plc->n_io; i++) {
		const struct plant_io *io = &plc->io[i];

		if (io->area != 'I') {
			l->last[i] = signal_of(
				io, program_image_get(l->program, cell_of(io)));
			signals[io->signal] = l->last[i];
		}
	}
}

static void on_scan(void *arg, int64_t now_ns, double *signals)
{
	struct plc_link *l = arg;

	take_inputs(l, signals);
	l->fault = program_scan(l->program, now_ns);
	give_outputs(l, signals);
}

void plc_link_attach(struct plc_link *l, struct plant *plant)
{
	const struct plant_program program = {.scan = on_scan, .arg = l};

	program_restart(l->program, false);
	for (size_t i = 0; i < l->setup->plc.n_io; i++) {
		l->last[i] = plant_signals(plant)[l->setup->plc.io[i].signal];
	}
	l->fault = 0;
	plant_attach(plant, &program);
}

struct program *plc_link_program(const struct plc_link *l)
{
	return l->program;
}

struct online_change *plc_link_online(struct plc_link *l, struct watched *watched)
{
	const struct online online = {.paths = (char *const *)l->setup->plc.files,
	                              .n_paths = l->setup->plc.n_files,
	                              .options = &l->options,
	                              .program = l->program,
	                              .sources = &l->sources,
	                              .watched = watched};

	return online_new(&online);
}

struct sources *plc_link_sources(const struct plc_link *l)
{
	return l->sources;
}

int plc_link_fault(const struct plc_link *l)
{
	return l->fault;
}

int plc_link_open(struct plc_link **out, const struct plant_setup *setup,
                  const struct program_options *options, FILE *complaints)
{
	const struct plant_config *c = &setup->plant;
	struct plc_link *l = calloc(1, sizeof(*l));
	int err = -ENOMEM;

	if (!l) {
		return err;
	}
	l->setup = setup;
	l->options = options ? *options
	                     : (struct program_options){
				       .cycle_ns = llround(c->step_s * c->steps * 1e9)};
	l->last = calloc(setup->plc.n_io + 1, sizeof(*l->last));
	if (!l->last) {
		goto fail;
	}
	err = listing_read(&l->sources, (char *const *)setup->plc.files,
	                   setup->plc.n_files, complaints);
	if (err) {
		goto fail;
	}
	err = program_load(&l->program, l->sources, &l->options);
	listing_print(l->sources, complaints);
	if (err) {
		goto fail;
	}
	*out = l;
	return 0;

fail:
	plc_link_close(l);
	return err;
}

void plc_link_close(struct plc_link *l)
{
	if (!l) {
		return;
	}
	program_free(l->program);
	sources_free(l->sources);
	free(l->last);
	free(l);
}
