/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/usage/usage_view.h"

#include <math.h>

#include "drivers/reading.h"
#include "gateway/clock.h"
#include "gateway/json_number.h"

enum { DATE_BYTES = 32, NAME_BYTES = 140 };

static void name_of(const struct usage *u, const struct usage_tag *t,
                    char name[NAME_BYTES])
{
	const struct tag *tag = &u->config->tags[t->tag];

	snprintf(name, NAME_BYTES, "%.64s/%.64s", tag->device, tag->name);
}

static const char *unit_of(const struct usage *u, const struct usage_tag *t)
{
	const char *unit = u->config->tags[t->tag].kind->unit;

	return unit ? unit : "";
}

/* ---- table ---- */

static void print_tag(FILE *out, const struct usage *u, const struct usage_tag *t)
{
	char name[NAME_BYTES];

	name_of(u, t, name);
	fprintf(out, "%-32s%10.2f", name, t->known_s / 3600);
	if (t->is_switch) {
		fprintf(out, "%12s%12s%12s%10.2f h on, %llu starts", "", "", "",
		        t->on_s / 3600, (unsigned long long)t->starts);
	} else if (t->level.n > 0) {
		fprintf(out, "%12.5g%12.5g%12.1f", t->level.least, t->level.most,
		        t->flow.cycles.sum);
	}
	if (t->outside_us) {
		fprintf(out, "  outside %.1f s, by %.4g", t->outside_s, t->worst);
	}
	fputc('\n', out);
}

static void print_made(FILE *out, const struct usage *u)
{
	if (u->n_made == 0) {
		return;
	}
	fprintf(out, "\n%-20s%9s%9s%9s%9s%8s%8s%9s%9s%9s%9s\n", "machine", "works, h",
	        "idle, h", "down, h", "unknown", "jobs", "bad", "avail.", "effect.",
	        "quality", "OEE");
	for (size_t i = 0; i < u->n_made; i++) {
		const struct usage_made *m = &u->made[i];
		const double shares[] = {m->oee.availability, m->oee.effectiveness,
		                         m->oee.quality, m->oee.oee};

		fprintf(out, "%-20s%9.2f%9.2f%9.2f%9.2f%8.0f%8.0f", m->machine->id,
		        m->time.work_s / 3600, m->time.idle_s / 3600,
		        m->time.down_s / 3600, m->time.unknown_s / 3600, m->jobs,
		        m->rejects);
		for (size_t k = 0; k < ARRAY_SIZE(shares); k++) {
			if (isnan(shares[k])) {
				fprintf(out, "%9s", "-");
			} else {
				fprintf(out, "%8.1f%%", 100 * shares[k]);
			}
		}
		fputc('\n', out);
	}
}

void usage_print(FILE *out, const struct usage *u)
{
	char since[DATE_BYTES], until[DATE_BYTES];

	clock_iso(u->since_us, since);
	clock_iso(u->until_us, until);
	fprintf(out, "%s: %s to %s\n\n%-32s%10s%12s%12s%12s\n", u->config->gateway_id,
	        since, until, "tag", "known, h", "least", "most", "cycles");
	for (size_t i = 0; i < u->n_tags; i++) {
		print_tag(out, u, &u->tags[i]);
	}
	print_made(out, u);
	fputs(u->n_kinds ? "\nalarms\n" : "\nno alarms\n", out);
	for (size_t i = 0; i < u->n_kinds; i++) {
		fprintf(out, "%-32s%-16s%6llu\n", u->kinds[i].tag, u->kinds[i].kind,
		        (unsigned long long)u->kinds[i].n);
	}
	if (u->left_out > 0) {
		fprintf(out, "\n%zu tags were left out: name those that are wanted\n",
		        u->left_out);
	}
}

/* ---- CSV ---- */

static void print_spectrum(FILE *out, const char *name_unit[2], const char *what,
                           const struct spectrum *s)
{
	for (size_t i = 0; i < s->n; i++) {
		fprintf(out, "%s,%s,%s,%.10g,%.10g,%.10g\n", name_unit[0], name_unit[1],
		        what, spectrum_from(s, i), spectrum_from(s, i + 1), s->amount[i]);
	}
}

void usage_print_csv(FILE *out, const struct usage *u)
{
	fputs("tag,unit,spectrum,from,to,amount\n", out);
	for (size_t i = 0; i < u->n_tags; i++) {
		const struct usage_tag *t = &u->tags[i];
		char name[NAME_BYTES];
		const char *name_unit[2] = {name, unit_of(u, t)};

		name_of(u, t, name);
		print_spectrum(out, name_unit, "level_s", &t->level);
		print_spectrum(out, name_unit, "cycles", &t->flow.cycles);
	}
}

/* ---- JSON ---- */

static json_t *spectrum_json(const struct spectrum *s)
{
	json_t *amounts = json_array();

	for (size_t i = 0; i < s->n; i++) {
		json_array_append_new(amounts, json_real(s->amount[i]));
	}
	return json_pack("{s:o, s:o, s:o}", "from", json_number(spectrum_from(s, 0)),
	                 "width", json_number(s->width), "amounts", amounts);
}

static json_t *tag_json(const struct usage *u, const struct usage_tag *t)
{
	json_t *states = json_object(), *o;
	char name[NAME_BYTES], date[DATE_BYTES];

	name_of(u, t, name);
	for (int i = 0; i <= STATE_BAD; i++) {
		json_object_set_new(states, tag_state_name((enum tag_state)i),
		                    json_real(t->state_s[i]));
	}
	o = json_pack("{s:s, s:s, s:f, s:f, s:o}", "tag", name, "unit", unit_of(u, t),
	              "known_s", t->known_s, "unknown_s", t->unknown_s, "states_s",
	              states);
	if (t->is_switch) {
		json_object_set_new(o, "on_s", json_real(t->on_s));
		json_object_set_new(o, "starts", json_integer((json_int_t)t->starts));
	} else {
		json_object_set_new(o, "level_s", spectrum_json(&t->level));
		json_object_set_new(o, "cycles", spectrum_json(&t->flow.cycles));
	}
	if (!isnan(t->min) || !isnan(t->max)) {
		clock_iso(t->outside_us, date);
		json_object_set_new(
			o, "envelope",
			json_pack("{s:o, s:o, s:s?, s:f, s:f, s:I, s:s?}", "min",
		                  json_number(t->min), "max", json_number(t->max), "name",
		                  t->name, "outside_s", t->outside_s, "worst", t->worst,
		                  "excursions", (json_int_t)t->excursions, "first",
		                  t->outside_us ? date : NULL));
	}
	return o;
}

static json_t *version_json(const struct usage *u, const struct usage_version *v)
{
	const struct component_config *c = &u->config->twin.components[v->component];
	json_t *parameters = json_object();
	char date[DATE_BYTES];

	clock_iso(v->ts_us, date);
	for (size_t i = 0; i < c->model->n_parameters; i++) {
		json_object_set_new(parameters, c->model->parameters[i].name,
		                    json_number(v->parameters[i]));
	}
	return json_pack("{s:s, s:I, s:s, s:b, s:o}", "component", c->id, "version",
	                 (json_int_t)v->number, "time", date, "in_force", v->in_force,
	                 "parameters", parameters);
}

static json_t *made_json(const struct usage_made *m)
{
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o}", "id",
	                 m->machine->id, "work_s", m->time.work_s, "idle_s",
	                 m->time.idle_s, "down_s", m->time.down_s, "unknown_s",
	                 m->time.unknown_s, "jobs", m->jobs, "rejects", m->rejects,
	                 "availability", json_number(m->oee.availability),
	                 "effectiveness", json_number(m->oee.effectiveness), "quality",
	                 json_number(m->oee.quality), "oee", json_number(m->oee.oee));
}

json_t *usage_json(const struct usage *u)
{
	json_t *tags = json_array(), *alarms = json_array(), *versions = json_array(),
	       *machines = json_array();
	char since[DATE_BYTES], until[DATE_BYTES];

	clock_iso(u->since_us, since);
	clock_iso(u->until_us, until);
	for (size_t i = 0; i < u->n_tags; i++) {
		json_array_append_new(tags, tag_json(u, &u->tags[i]));
	}
	for (size_t i = 0; i < u->n_kinds; i++) {
		const struct usage_kind *k = &u->kinds[i];

		json_array_append_new(alarms,
		                      json_pack("{s:s, s:s, s:s, s:I}", "kind", k->kind,
		                                "tag", k->tag, "severity", k->severity,
		                                "count", (json_int_t)k->n));
	}
	for (size_t i = 0; i < u->n_versions; i++) {
		json_array_append_new(versions, version_json(u, &u->versions[i]));
	}
	for (size_t i = 0; i < u->n_made; i++) {
		json_array_append_new(machines, made_json(&u->made[i]));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "gateway",
	                 u->config->gateway_id, "since", since, "until", until, "tags",
	                 tags, "machines", machines, "alarms", alarms, "models",
	                 versions);
}
