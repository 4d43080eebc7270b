/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/versions.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "twin/twin.h"

#define SAME 1e-9 /* relative: of numbers that went through text */

struct versions {
	struct versions_parts parts;
	int64_t *in_force; /* by component */
	int64_t *newest;
	struct version_proposal *proposals;
};

/* --- as text --- */

static json_t *by_name(const struct component_config *c, const double *parameters)
{
	json_t *o = json_object();

	for (size_t i = 0; i < c->model->n_parameters; i++) {
		json_object_set_new(o, c->model->parameters[i].name,
		                    json_real(parameters[i]));
	}
	return o;
}

char *version_details(const struct component_config *c, const double *parameters,
                      const struct version_origin *origin)
{
	json_t *o = by_name(c, parameters), *how = json_object();
	char from[32], to[32], *text;

	clock_iso(origin->from_us, from);
	clock_iso(origin->to_us, to);
	json_object_set_new(how, "prior", by_name(c, origin->prior));
	json_object_set_new(how, "rows", json_integer((json_int_t)origin->rows));
	json_object_set_new(how, "from", json_string(from));
	json_object_set_new(how, "to", json_string(to));
	json_object_set_new(how, "by", json_string(origin->by));
	json_object_set_new(o, "identified", how);
	text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	return text;
}

static bool same(double a, double b)
{
	return fabs(a - b) <= SAME * fmax(fabs(a), fabs(b));
}

static int parse(const json_t *o, const struct component_config *c, double *parameters)
{
	const json_t *prior = json_object_get(json_object_get(o, "identified"), "prior");

	for (size_t i = 0; i < c->model->n_parameters; i++) {
		const struct model_port *port = &c->model->parameters[i];
		const json_t *value = json_object_get(o, port->name);
		const json_t *before = json_object_get(prior, port->name);

		if (!json_is_number(value) || !json_is_number(before)) {
			return -EBADMSG;
		}
		parameters[i] = json_number_value(value);
		if (!(parameters[i] >= port->min && parameters[i] <= port->max)) {
			return -EBADMSG;
		}
		if (!same(json_number_value(before), c->parameters[i])) {
			return -ESTALE;
		}
	}
	return 0;
}

int version_parse(const char *details, const struct component_config *c,
                  double *parameters)
{
	json_t *o = json_loads(details, JSON_REJECT_DUPLICATES, NULL);
	int err = o ? parse(o, c, parameters) : -EBADMSG;

	json_decref(o);
	return err;
}

bool version_is_proposal(const struct version *v, const struct component_config *c,
                         int64_t now_us, double *parameters)
{
	json_t *o = json_loads(v->details, JSON_REJECT_DUPLICATES, NULL);
	const json_t *how = json_object_get(o, "identified");
	const char *by = json_string_value(json_object_get(how, "by"));
	bool is = !v->accepted && by && strcmp(by, "auto") == 0 &&
	          now_us - v->ts_us < (int64_t)VERSION_PROPOSAL_S * 1000000 &&
	          parse(o, c, parameters) == 0;

	json_decref(o);
	return is;
}

/* --- at the start --- */

/* One component's versions on their way out of the file. */
struct loading {
	struct versions *v;
	size_t component;
};

static void take_proposal(struct loading *l, const struct version *found)
{
	struct version_proposal p = {.number = found->number, .ts_us = found->ts_us};

	if (version_is_proposal(found, &l->v->parts.config->twin.components[l->component],
	                        clock_wall_us(), p.parameters)) {
		l->v->proposals[l->component] = p;
	}
}

static int on_version(void *arg, const struct version *found)
{
	struct loading *l = arg;
	const struct config *cfg = l->v->parts.config;
	const struct component_config *c = &cfg->twin.components[l->component];
	double parameters[MODEL_PARAMETERS_MAX] = {0};
	int err;

	l->v->newest[l->component] = found->number;
	l->v->proposals[l->component] = (struct version_proposal){.number = 0};
	if (!found->accepted) {
		take_proposal(l, found);
		return 0;
	}
	err = version_parse(found->details, c, parameters);
	if (err) {
		log_line(LOG_WARNING,
		         "%s: version %lld of its parameters is left out: %s", c->id,
		         (long long)found->number,
		         err == -ESTALE ? "it was found from others than are configured"
		                        : "it is damaged");
		return 0;
	}
	memcpy(l->v->parts.components[l->component].parameters, parameters,
	       sizeof(parameters));
	l->v->parts.components[l->component].fit = 0; /* somebody has decided */
	l->v->in_force[l->component] = found->number;
	log_line(LOG_NOTICE, "%s: version %lld of its parameters is in force", c->id,
	         (long long)found->number);
	return 0;
}

static void load(struct versions *v)
{
	const struct config *cfg = v->parts.config;
	struct reader *reader = NULL;
	char *path = NULL;
	int err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;

	if (!err) {
		err = reader_open(&reader, path);
		free(path);
	}
	for (size_t i = 0; i < cfg->twin.n_components && err >= 0; i++) {
		struct loading l = {v, i};

		err = reader_versions(reader, cfg->twin.components[i].id, on_version, &l);
	}
	if (err < 0) {
		log_line(LOG_WARNING, "versions of models cannot be read: %s",
		         strerror(-err));
	}
	reader_close(reader);
}

int versions_new(struct versions **out, const struct versions_parts *parts)
{
	size_t n = parts->config->twin.n_components;
	struct versions *v = calloc(1, sizeof(*v));

	if (!v) {
		return -ENOMEM;
	}
	v->parts = *parts;
	v->in_force = calloc(n + 1, sizeof(*v->in_force));
	v->newest = calloc(n + 1, sizeof(*v->newest));
	v->proposals = calloc(n + 1, sizeof(*v->proposals));
	if (!v->in_force || !v->newest || !v->proposals) {
		versions_free(v);
		return -ENOMEM;
	}
	if (n) {
		load(v);
	}
	*out = v;
	return 0;
}

void versions_free(struct versions *v)
{
	if (!v) {
		return;
	}
	free(v->in_force);
	free(v->newest);
	free(v->proposals);
	free(v);
}

int64_t versions_in_force(const struct versions *v, size_t component)
{
	return v->in_force[component];
}

const struct version_proposal *versions_proposal(const struct versions *v,
                                                 size_t component)
{
	return &v->proposals[component];
}

/* --- while it runs --- */

/* What is asked for. */
struct wish {
	size_t component;
	int64_t number;
	bool accepted;
	const json_t *details; /* NULL: none */
	double train_error, held_out_error;
};

static char *error_text(const char *error)
{
	json_t *o = json_pack("{s:s}", "error", error);
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

static const char *read_wish(const struct versions *v, const json_t *o, struct wish *wish)
{
	const struct twin_config *twin = &v->parts.config->twin;
	const char *id = json_string_value(json_object_get(o, "component"));

	*wish = (struct wish){
		.number = json_integer_value(json_object_get(o, "number")),
		.accepted = json_is_true(json_object_get(o, "accepted")),
		.details = json_object_get(o, "details"),
		.train_error = json_number_value(json_object_get(o, "train_error")),
		.held_out_error = json_number_value(json_object_get(o, "held_out_error")),
	};
	while (wish->component < twin->n_components &&
	       (!id || strcmp(twin->components[wish->component].id, id) != 0)) {
		wish->component++;
	}
	if (wish->component == twin->n_components) {
		return "there is no such component";
	}
	if (wish->number < 0 || wish->number > v->newest[wish->component]) {
		return "there is no such version";
	}
	if (!wish->details && (wish->number != 0 || !wish->accepted)) {
		return "a version's details are wanted";
	}
	return NULL;
}

/* Parameters into the running twin. */
static void enforce(struct versions *v, const struct wish *wish, const double *parameters)
{
	struct component_config *c = &v->parts.components[wish->component];
	char message[160];

	memcpy(c->parameters, parameters, sizeof(c->parameters));
	/* Somebody has decided; but for the configuration's word. */
	c->fit = wish->number ? 0 : v->parts.config->twin.components[wish->component].fit;
	v->in_force[wish->component] = wish->number;
	v->proposals[wish->component].number = 0; /* somebody has decided */
	if (*v->parts.twin) {
		twin_reparameterise(*v->parts.twin, (uint32_t)wish->component);
	}
	snprintf(message, sizeof(message),
	         wish->number ? "%s: version %lld of its parameters is in force"
	                      : "%s: its parameters are those of the configuration",
	         c->id, (long long)wish->number);
	v->parts.changed(v->parts.arg, (uint32_t)wish->component, message);
}

static const char *fulfil(struct versions *v, struct wish *wish)
{
	const struct component_config *c =
		&v->parts.config->twin.components[wish->component];
	double parameters[MODEL_PARAMETERS_MAX] = {0};
	bool is_new = wish->details && wish->number == 0;
	char *details = wish->details ? json_dumps(wish->details, JSON_COMPACT) : NULL;
	struct version version = {.device = c->device_index,
	                          .details = details ? details : "",
	                          .train_error = wish->train_error,
	                          .held_out_error = wish->held_out_error,
	                          .accepted = wish->accepted};
	int err = 0;

	memcpy(parameters, c->parameters, sizeof(parameters));
	if (wish->details) {
		err = parse(wish->details, c, parameters);
	}
	if (!err) {
		wish->number = is_new ? v->newest[wish->component] + 1 : wish->number;
		version.ts_us = is_new ? clock_wall_us() : 0;
		version.number = wish->number;
		err = writer_version(v->parts.writer, &version);
	}
	free(details);
	if (err) {
		return err == -ESTALE    ? "the configuration has other parameters by now"
		       : err == -EBADMSG ? "its parameters are incomplete or out of range"
		                         : "the history takes nothing at the moment";
	}
	v->newest[wish->component] += is_new;
	if (wish->accepted) {
		enforce(v, wish, parameters);
	}
	return NULL;
}

int64_t versions_add(struct versions *v, const struct version_found *f)
{
	const struct component_config *c =
		&v->parts.config->twin.components[f->component];
	struct version_origin origin = f->origin;
	struct wish wish = {.component = f->component,
	                    .number = v->newest[f->component] + 1};
	struct version version = {.ts_us = clock_wall_us(),
	                          .device = c->device_index,
	                          .number = wish.number,
	                          .train_error = f->train_error,
	                          .held_out_error = f->held_out_error,
	                          .accepted = f->accepted};
	double parameters[MODEL_PARAMETERS_MAX] = {0};
	char *details;
	int err;

	memcpy(parameters, f->parameters, c->model->n_parameters * sizeof(*parameters));
	origin.prior = c->parameters;
	details = version_details(c, parameters, &origin);
	version.details = details;
	err = details ? writer_version(v->parts.writer, &version) : -ENOMEM;
	free(details);
	if (err) {
		return err;
	}
	v->newest[f->component] = wish.number;
	if (f->accepted) {
		enforce(v, &wish, parameters);
	} else {
		struct version_proposal *p = &v->proposals[f->component];

		*p = (struct version_proposal){.number = wish.number,
		                               .ts_us = version.ts_us};
		memcpy(p->parameters, parameters, sizeof(p->parameters));
	}
	return wish.number;
}

char *versions_answer(struct versions *v, const char *text)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *answer;
	const char *error = "that is no JSON object";
	struct wish wish = {.number = 0};
	char *out;

	if (json_is_object(o)) {
		error = read_wish(v, o, &wish);
	}
	if (!error) {
		error = fulfil(v, &wish);
	}
	json_decref(o);
	if (error) {
		return error_text(error);
	}
	answer = json_pack("{s:I}", "version", (json_int_t)wish.number);
	out = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	return out;
}
