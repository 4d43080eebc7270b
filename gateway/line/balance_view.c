/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/balance_view.h"

#include "gateway/json_number.h"

#include <errno.h>
#include <math.h>

int balance_view_find(struct balance_view *out, const struct line_setup *setup,
                      const char **why)
{
	const struct line_balance *b = &setup->balance;
	struct balance_problem p = {.tasks = setup->work,
	                            .n = setup->n_tasks,
	                            .cycle_s = b->cycle_s,
	                            .load_max = b->load_max};
	int err;

	*out = (struct balance_view){.setup = setup, .cycle_s = b->cycle_s};
	if (setup->n_tasks == 0 || (isnan(b->cycle_s) && b->stations == 0)) {
		*why = "the file has no 'tasks' or no 'balance'";
		return -EINVAL;
	}
	err = b->stations > 0
	              ? balance_cycle(&p, b->stations, &out->cycle_s, &out->balance)
	              : balance_find(&p, &out->balance);
	*why = err == -ELOOP    ? "some tasks wait for each other"
	       : err == -ERANGE ? "a task is longer or heavier than a station may be"
	       : err            ? "it cannot be balanced"
	                        : "";
	return err;
}

struct station {
	double time_s, load, composite;
	int worst; /* posture */
	size_t lifts;
};

static struct station station_of(const struct balance_view *v, size_t station)
{
	struct station s = {.composite = (double)NAN};
	struct lift lifts[LIFTS_MAX];

	for (size_t i = 0; i < v->setup->n_tasks; i++) {
		const struct line_task *t = &v->setup->tasks[i];

		if (v->balance.station[i] != station) {
			continue;
		}
		s.time_s += v->setup->work[i].time_s;
		s.load += v->setup->work[i].load;
		if (t->lifts && s.lifts < LIFTS_MAX) {
			lifts[s.lifts++] = t->lift;
		}
		if (t->poses && rula_score(&t->posture) > s.worst) {
			s.worst = rula_score(&t->posture);
		}
	}
	s.composite = s.lifts ? lifting_composite(lifts, s.lifts) : (double)NAN;
	return s;
}

/* Time of all tasks over that of all stations. */
static double efficiency(const struct balance_view *v)
{
	double sum = 0;

	for (size_t i = 0; i < v->setup->n_tasks; i++) {
		sum += v->setup->work[i].time_s;
	}
	return sum / ((double)v->balance.stations * v->cycle_s);
}

/* ---- table ---- */

static void print_remedy(FILE *out, const struct lift *l)
{
	struct lifting_remedy r = lifting_remedy(l);
	bool any = false;

	if (!isnan(r.load_kg)) {
		fprintf(out, "; enough: at most %.1f kg", r.load_kg);
		any = true;
	}
	if (!isnan(r.h_cm)) {
		fprintf(out, "%s hands at %.0f cm before the ankles",
		        any ? ", or" : "; enough:", r.h_cm);
		any = true;
	}
	if (!isnan(r.per_min)) {
		fprintf(out, "%s %.1f lifts a minute",
		        any ? ", or" : "; enough:", r.per_min);
		any = true;
	}
	fputs(any ? "\n" : "; no single one of load, reach and rate is enough\n", out);
}

static void print_flags(FILE *out, const struct balance_view *v)
{
	const struct line_balance *b = &v->setup->balance;

	for (size_t i = 0; i < v->setup->n_tasks; i++) {
		const struct line_task *t = &v->setup->tasks[i];
		double index = t->lifts ? lifting_index(&t->lift) : 0;
		int score = t->poses ? rula_score(&t->posture) : 0;

		if (isnan(index) || index > b->index_max) {
			fprintf(out, "%s, station %u: ", t->id,
			        (unsigned)v->balance.station[i] + 1);
			if (isnan(index)) {
				fputs("not to be lifted so", out);
			} else {
				fprintf(out, "lifting index %.2f, above %.2f", index,
				        b->index_max);
			}
			print_remedy(out, &t->lift);
		}
		if (score > b->score_max) {
			fprintf(out, "%s, station %u: RULA %d, above %d: %s\n", t->id,
			        (unsigned)v->balance.station[i] + 1, score, b->score_max,
			        rula_action(score) == 4 ? "change it now"
			                                : "change it soon");
		}
	}
}

static void print_times(FILE *out, const struct line_balance *b)
{
	if (b->allowance > 0) {
		fprintf(out, "times with %.3g %% for rest and fatigue\n",
		        100 * b->allowance);
	}
	if (b->practice > 1) {
		fprintf(out, "times %.2f of the trained (Wright 1936)\n", b->practice);
	}
	fputs(b->allowance > 0 || b->practice > 1 ? "\n" : "", out);
}

void balance_view_print(FILE *out, const struct balance_view *v)
{
	fprintf(out, "%zu stations of %.6g s, %.1f %% of them used%s\n\n",
	        v->balance.stations, v->cycle_s, 100 * efficiency(v),
	        v->balance.exact ? "; fewer are not possible" : "");
	print_times(out, &v->setup->balance);
	fprintf(out, "%-9s%9s%9s%9s%6s  %s\n", "station", "time, s", "idle, s", "lifting",
	        "RULA", "tasks");
	for (size_t k = 0; k < v->balance.stations; k++) {
		struct station s = station_of(v, k);
		bool first = true;

		fprintf(out, "%-9zu%9.2f%9.2f", k + 1, s.time_s, v->cycle_s - s.time_s);
		if (s.lifts == 0) {
			fprintf(out, "%9s", "-");
		} else if (isnan(s.composite)) {
			fprintf(out, "%9s", "never");
		} else {
			fprintf(out, "%9.2f", s.composite);
		}
		fprintf(out, s.worst ? "%6d  " : "     -  ", s.worst);
		for (size_t i = 0; i < v->setup->n_tasks; i++) {
			if (v->balance.station[i] == k) {
				fprintf(out, "%s%s", first ? "" : ", ",
				        v->setup->tasks[i].id);
				first = false;
			}
		}
		fputc('\n', out);
	}
	fputc('\n', out);
	print_flags(out, v);
	fputs("Lifting: composite index after NIOSH (1994); RULA (1993): the worst of a "
	      "station.  Screening\nfigures, no medical statement.\n",
	      out);
}

/* ---- JSON ---- */

static json_t *task_json(const struct balance_view *v, size_t i)
{
	const struct line_task *t = &v->setup->tasks[i];
	json_t *o = json_pack("{s:s, s:f}", "id", t->id, "time_s",
	                      v->setup->work[i].time_s);
	struct lifting_remedy r = lifting_remedy(&t->lift);

	if (t->lifts) {
		json_object_set_new(o, "limit_kg", json_number(lifting_limit(&t->lift)));
		json_object_set_new(o, "lifting_index",
		                    json_number(lifting_index(&t->lift)));
		json_object_set_new(o, "enough",
		                    json_pack("{s:o, s:o, s:o}", "load_kg",
		                              json_number(r.load_kg), "h_cm",
		                              json_number(r.h_cm), "per_min",
		                              json_number(r.per_min)));
	}
	if (t->poses) {
		json_object_set_new(o, "rula", json_integer(rula_score(&t->posture)));
	}
	return o;
}

json_t *balance_view_json(const struct balance_view *v)
{
	json_t *stations = json_array();

	for (size_t k = 0; k < v->balance.stations; k++) {
		struct station s = station_of(v, k);
		json_t *tasks = json_array();

		for (size_t i = 0; i < v->setup->n_tasks; i++) {
			if (v->balance.station[i] == k) {
				json_array_append_new(tasks, task_json(v, i));
			}
		}
		json_array_append_new(stations,
		                      json_pack("{s:f, s:f, s:o, s:i, s:o}", "time_s",
		                                s.time_s, "load", s.load, "lifting_index",
		                                json_number(s.composite), "rula", s.worst,
		                                "tasks", tasks));
	}
	return json_pack("{s:f, s:b, s:f, s:f, s:f, s:o}", "cycle_s", v->cycle_s, "exact",
	                 v->balance.exact, "efficiency", efficiency(v), "allowance",
	                 v->setup->balance.allowance, "practice",
	                 v->setup->balance.practice, "stations", stations);
}
