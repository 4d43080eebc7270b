/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/script_identification.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "gateway/lua/luamodel.h"
#include "gateway/scenario/apart.h"

/* What both processes see. */
struct found {
	struct identification i; /* its pointers are the first one's */
	struct machine_error why;
	int err;
};

struct job {
	const struct config *cfg;
	const struct component_history_wish *wish;
	struct found *found;
};

static const struct lua_config *script_of(const struct config *cfg, size_t component)
{
	const struct lua_config *script = cfg->luas;

	while (script->component != component) {
		script++;
	}
	return script;
}

static void find(const struct job *job, struct luamodel *script)
{
	struct component_config c = job->cfg->twin.components[job->wish->component];
	struct found *found = job->found;

	c.model = luamodel_model(script);
	c.made = NULL; /* its parameters are numbers again */
	c.n_made = 0;
	found->i.history.rows.model = c.model;
	found->err = identification_find(&found->i, &c, &job->cfg->twin,
	                                 job->wish->patience);
	if (luamodel_fault(script)) {
		found->err = -EINVAL;
		found->why = *luamodel_fault(script);
	}
}

static int work(void *arg, FILE *first, FILE *second)
{
	const struct job *job = arg;
	const struct lua_config *cfg = script_of(job->cfg, job->wish->component);
	struct luamodel *script = NULL;

	(void)first;
	(void)second;
	job->found->err = luamodel_open(&script, cfg->name, cfg->text, cfg->n,
	                                &job->found->why);
	if (!job->found->err) {
		find(job, script);
	}
	luamodel_free(script);
	return 0;
}

static int run_apart(struct identification *out, struct job *job,
                     struct machine_error *why)
{
	FILE *const nothing[2] = {NULL, NULL};
	struct component_history own = out->history;
	int err;

	job->found = mmap(NULL, sizeof(*job->found), PROT_READ | PROT_WRITE,
	                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job->found == MAP_FAILED) {
		return -ENOMEM;
	}
	job->found->i = *out;
	err = apart_run(work, job, nothing);
	if (!err) {
		*out = job->found->i;
		*why = job->found->why;
		err = job->found->err;
	}
	out->history = own;
	munmap(job->found, sizeof(*job->found));
	return err;
}

int script_identification_run(struct identification *out, struct reader *reader,
                              const struct config *cfg,
                              const struct component_history_wish *wish,
                              struct machine_error *why)
{
	struct job job = {cfg, wish, NULL};
	int err = component_history_read(&out->history, reader, cfg, wish);

	*why = (struct machine_error){.text = ""};
	return err ? err : run_apart(out, &job, why);
}
