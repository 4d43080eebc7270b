/* SPDX-License-Identifier: Apache-2.0 */
/* Work by hand. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "gateway/line/line_build.h"
#include "twin/nearest.h"
#include "twin/people/mtm.h"

void line_lift_read(const struct schema_view *v, struct lift *out)
{
	struct schema_view lift = schema_sub(v, "lift");

	*out = (struct lift){.load_kg = schema_real(&lift, "load"),
	                     .h_cm = schema_real(&lift, "h"),
	                     .v_cm = schema_real(&lift, "v"),
	                     .d_cm = schema_real(&lift, "d"),
	                     .a_deg = schema_real(&lift, "turn"),
	                     .per_min = schema_real(&lift, "per_min"),
	                     .hours = schema_real(&lift, "hours"),
	                     .grip = (enum lifting_grip)schema_choice(&lift, "grip")};
}

static int score(const struct schema_view *v, const char *key)
{
	return (int)schema_int(v, key);
}

bool line_posture_read(const struct schema_view *task, struct posture *out)
{
	struct schema_view v = schema_sub(task, "posture");

	*out = (struct posture){.upper_arm = score(&v, "upper_arm"),
	                        .lower_arm = score(&v, "lower_arm"),
	                        .wrist = score(&v, "wrist"),
	                        .twist = score(&v, "twist"),
	                        .neck = score(&v, "neck"),
	                        .trunk = score(&v, "trunk"),
	                        .legs = score(&v, "legs"),
	                        .muscle_arm = score(&v, "muscle_arm"),
	                        .muscle_trunk = score(&v, "muscle_trunk"),
	                        .force_arm = score(&v, "force_arm"),
	                        .force_trunk = score(&v, "force_trunk")};
	return schema_node(task, "posture") != NULL;
}

static void read_before(struct line_build *b, const struct schema_view *v,
                        const struct line_task *tasks, struct balance_task *out)
{
	const struct node *list = schema_node(v, "after");
	uint32_t *before = line_room(b, list ? list->n : 0, sizeof(*before));

	for (size_t i = 0; before && list && i < list->n; i++) {
		struct nearest nearest = {.word = list->items[i]->text};
		uint32_t at = 0;

		while (at < b->setup->n_tasks &&
		       strcmp(tasks[at].id, list->items[i]->text) != 0) {
			nearest_offer(&nearest, tasks[at++].id);
		}
		if (at == b->setup->n_tasks) {
			complaint_error(b->said, list->items[i]->at,
			                "there is no task '%.64s'%s%s%s",
			                list->items[i]->text,
			                nearest.best ? " (did you mean '" : "",
			                nearest.best ? nearest.best : "",
			                nearest.best ? "'?)" : "");
		} else {
			before[out->n_before++] = at;
		}
	}
	out->before = before;
}

/* Who is trained already is not faster than the times say. */
static double read_practice(const struct schema_view *balance)
{
	struct schema_view v = schema_sub(balance, "practice");
	double units = schema_real(&v, "units"), trained = schema_real(&v, "trained");

	return schema_node(balance, "practice") && units < trained
	               ? mtm_learnt(schema_real(&v, "rate"), units / trained)
	               : 1;
}

/* As it was measured, or as its motions have it. */
double line_task_time(struct line_build *b, const struct schema_view *task)
{
	const struct node *elements = schema_node(task, "elements");
	const struct node *time = schema_node(task, "time");
	double sum = 0;

	if (!elements == !time) {
		complaint_error(b->said, task->map->at,
		                "a task has a 'time' or 'elements' of MTM-1");
	}
	for (size_t i = 0; elements && i < elements->n; i++) {
		const struct node *code = elements->items[i];
		double tmu = 0;
		int err = mtm_time(code->text ? code->text : "", &tmu);

		if (err) {
			complaint_error(b->said, code->at,
			                err == -ERANGE
			                        ? "'%.40s' is beyond the data card of "
			                          "MTM-1"
			                        : "'%.40s' is no motion of MTM-1: R30B, "
			                          "G1A, M30C/4, P1SE, RL1, T90S, W4P",
			                code->text ? code->text : "");
		}
		sum += tmu * MTM_TMU_S;
	}
	return elements ? sum : line_seconds(task, "time");
}

double line_pace(const struct line_build *b)
{
	struct schema_view v = schema_sub(&b->root, "balance");

	return (1 + schema_real(&v, "allowance") / 100) * read_practice(&v);
}

static void read_balance(struct line_build *b)
{
	struct schema_view v = schema_sub(&b->root, "balance");
	const struct node *node = schema_node(&b->root, "balance");

	b->setup->balance = (struct line_balance){
		.cycle_s = schema_node(&v, "cycle") ? line_seconds(&v, "cycle")
	                                            : (double)NAN,
		.stations = schema_node(&v, "stations")
	                            ? (size_t)schema_int(&v, "stations")
	                            : 0,
		.load_max = schema_real(&v, "load"),
		.index_max = schema_real(&v, "lifting_index"),
		.score_max = score(&v, "rula"),
		.allowance = schema_real(&v, "allowance") / 100,
		.practice = read_practice(&v)};
	if (node && schema_count(&b->root, "tasks") > 0 &&
	    !schema_node(&v, "cycle") == !schema_node(&v, "stations")) {
		complaint_error(b->said, node->at, "'cycle' or 'stations' is wanted");
	}
}

void line_tasks_build(struct line_build *b)
{
	size_t n = schema_count(&b->root, "tasks");
	struct line_task *tasks = line_room(b, n, sizeof(*tasks));
	struct balance_task *work = line_room(b, n, sizeof(*work));

	read_balance(b);
	if (!tasks || !work) {
		return;
	}
	if (n > BALANCE_TASKS_MAX) {
		complaint_error(b->said, b->root.map->at, "more than %d tasks",
		                BALANCE_TASKS_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(&b->root, "tasks", i);

		tasks[i].id = v.map && schema_text(&v, "id") ? schema_text(&v, "id") : "";
	}
	b->setup->tasks = tasks;
	b->setup->work = work;
	b->setup->n_tasks = n;
	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(&b->root, "tasks", i);

		if (v.map) {
			work[i].time_s = line_task_time(b, &v) * line_pace(b);
			work[i].load = schema_real(&v, "load");
			read_before(b, &v, tasks, &work[i]);
			tasks[i].lifts = schema_node(&v, "lift") != NULL;
			line_lift_read(&v, &tasks[i].lift);
			tasks[i].poses = line_posture_read(&v, &tasks[i].posture);
		}
	}
}
