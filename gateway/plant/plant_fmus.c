/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/plant_fmus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fmu/call.h"
#include "gateway/fmu/talk.h"

/* One FMU. */
struct unit {
	struct fmu_config cfg; /* with the plant's step */
	struct fmu *fmu;
	struct runner runner;
};

struct plant_fmus {
	struct plant_setup *setup;
	struct plant_remote remote;
	const char *program;
	FILE *complaints;
	struct unit *units;
	size_t n;
	struct wire_message message; /* scratch */
};

static const char *id_of(const struct plant_fmus *f, const struct unit *u)
{
	return f->setup->part_ids[u->cfg.component];
}

static int lose(struct plant_fmus *f, struct unit *u, const char *why)
{
	fprintf(f->complaints, "%s: its FMU failed: %s\n", id_of(f, u), why);
	runner_kill(&u->runner);
	return -EIO;
}

/* Ask and wait.  @return 0 or -EIO, said */
static int ask(struct plant_fmus *f, struct unit *u, int ms)
{
	struct wire_message *m = &f->message;

	m->head.cpu_s = (uint32_t)ms / 1000 + 1;
	if (call_wait(&u->runner, m, ms)) {
		return lose(f, u, u->runner.text);
	}
	return talk_fault(&m->head) ? lose(f, u, talk_fault(&m->head)) : 0;
}

/* A plant may be built several times from one setup: each time the FMU starts anew. */
static int begin(struct plant_fmus *f, struct unit *u)
{
	const struct runner_wish wish = {f->program, CALL_COMMAND};
	int err;

	runner_kill(&u->runner);
	u->runner.fd = -1;
	err = runner_start(&u->runner, &wish);
	if (err) {
		return lose(f, u, strerror(-err));
	}
	fmu_load_request(u->fmu, id_of(f, u), &f->message);
	err = ask(f, u, TALK_LOAD_MS);
	if (!err) {
		talk_start(&u->cfg, u->fmu, &f->message);
		err = ask(f, u, TALK_LOAD_MS);
	}
	return err;
}

static int on_step(void *arg, uint32_t part, const double th[2], const double *in,
                   double *y)
{
	struct plant_fmus *f = arg;
	struct unit *u = f->units;
	int err = 0;

	while (u->cfg.component != part) {
		u++;
	}
	if (th[1] == 0) {
		err = begin(f, u);
	}
	if (err) {
		return err;
	}
	talk_step(&u->cfg, u->fmu->d->start + th[0], th[1], in, &f->message);
	err = ask(f, u, talk_deadline_ms(&u->cfg));
	if (!err && !talk_outputs(&u->cfg, &f->message, y)) {
		err = lose(f, u, "an output is no number");
	}
	return err;
}

static int prepare(struct plant_fmus *f, struct unit *u)
{
	const char *under = getenv("TMPDIR");
	struct fmu_error why = {""};

	if (fmu_open(&u->fmu, u->cfg.path, f->complaints)) {
		return lose(f, u, "it cannot be opened");
	}
	if (!fmu_takes_step(u->fmu, u->cfg.step_s, &why) ||
	    !fmu_is_runnable(u->fmu, &why) ||
	    fmu_unpack(u->fmu, under && *under ? under : "/tmp", &why)) {
		return lose(f, u, why.text);
	}
	return 0;
}

int plant_fmus_open(struct plant_fmus **out, struct plant_setup *setup,
                    const char *program, FILE *complaints)
{
	struct plant_fmus *f = calloc(1, sizeof(*f));
	int err = 0;

	if (!f) {
		return -ENOMEM;
	}
	f->setup = setup;
	f->program = program;
	f->complaints = complaints;
	f->remote = (struct plant_remote){.step = on_step, .arg = f};
	f->units = calloc(setup->n_fmus + 1, sizeof(*f->units));
	if (!f->units) {
		free(f);
		return -ENOMEM;
	}
	for (; f->n < setup->n_fmus && !err; f->n++) {
		struct unit *u = &f->units[f->n];

		u->cfg = setup->fmus[f->n];
		u->cfg.step_s = setup->plant.step_s;
		u->runner.fd = -1;
		err = prepare(f, u);
	}
	if (err) {
		plant_fmus_close(f);
		return err;
	}
	setup->plant.remote = &f->remote;
	*out = f;
	return 0;
}

void plant_fmus_close(struct plant_fmus *f)
{
	if (!f) {
		return;
	}
	for (size_t i = 0; i < f->n; i++) {
		runner_kill(&f->units[i].runner);
		fmu_close(f->units[i].fmu);
	}
	free(f->units);
	free(f);
}
