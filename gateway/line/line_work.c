/* SPDX-License-Identifier: Apache-2.0 */
/* What is done by hand in a job of a station. */
#include <math.h>

#include "gateway/line/line_build.h"
#include "twin/people/repetition.h"

static void read_lift(const struct schema_view *work, struct line_work *out)
{
	struct schema_view v = schema_sub(work, "lift");

	out->lifts = schema_node(work, "lift") != NULL;
	out->lift = (struct lift){.load_kg = schema_real(&v, "load"),
	                          .h_cm = schema_real(&v, "h"),
	                          .v_cm = schema_real(&v, "v"),
	                          .d_cm = schema_real(&v, "d"),
	                          .a_deg = schema_real(&v, "turn"),
	                          .grip = (enum lifting_grip)schema_choice(&v, "grip")};
}

static double same_motions(struct line_build *b, const struct schema_view *work)
{
	const struct node *elements = schema_node(work, "elements");
	size_t n = elements ? elements->n : 0;
	const char **codes = line_room(b, n, sizeof(*codes));

	for (size_t i = 0; codes && i < n; i++) {
		codes[i] = elements->items[i]->text ? elements->items[i]->text : "";
	}
	return codes ? repetition_same(codes, n) : (double)NAN;
}

static void read_work(struct line_build *b, const struct schema_view *v,
                      struct line_work *out)
{
	struct schema_view carry = schema_sub(v, "carry");
	const char *id = schema_text(v, "id");

	out->id = id ? id : "";
	out->time_s = line_task_time(b, v) * line_pace(b);
	out->same = same_motions(b, v);
	out->poses = line_posture_read(v, &out->posture);
	out->carries = schema_node(v, "carry") != NULL;
	out->carry_kg = schema_real(&carry, "load");
	out->carry_m = schema_real(&carry, "over");
	read_lift(v, out);
}

void line_work_build(struct line_build *b, const struct schema_view *station,
                     struct line_module *out)
{
	size_t n = schema_count(station, "work");
	struct line_work *work = line_room(b, n, sizeof(*work));

	for (size_t i = 0; work && i < n; i++) {
		struct schema_view v = schema_item(station, "work", i);

		if (v.map) {
			read_work(b, &v, &work[i]);
		}
	}
	out->work = work;
	out->n_work = work ? n : 0;
}
