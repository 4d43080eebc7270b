/* SPDX-License-Identifier: Apache-2.0 */
/* Elements to a description; what can only be said at the end is in description_check.c.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/fmu/description_impl.h"

/* Where the reader is: what an element means depends on the one around it. */
enum node {
	NODE_DOCUMENT,
	NODE_ROOT,
	NODE_UNITS,
	NODE_UNIT,
	NODE_TYPES,
	NODE_TYPE, /* 2.0: SimpleType, its kind is the element within */
	NODE_VARIABLES,
	NODE_VARIABLE,
	NODE_STRUCTURE,
	NODE_OUTPUTS, /* 2.0 */
	NODE_LEAF,    /* nothing that we look at is in it */
};

/* Make room for one more of n elements; they are zeroed. */
static void *grown(void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	char *bigger;

	if (n < *room) {
		return list;
	}
	bigger = realloc(list, more * size);
	if (bigger) {
		memset(bigger + n * size, 0, (more - n) * size);
		*room = more;
	}
	return bigger;
}

static const char *keep(struct reader *r, const char *text)
{
	char *copy = text ? arena_text(&r->d->arena, text, strlen(text)) : NULL;

	if (text && !copy) {
		r->err = -ENOMEM;
	}
	return copy ? copy : "";
}

/* ---- the document ---- */

static bool is_version_3(const char *v)
{
	const char *patch = v + 4;

	if (strncmp(v, "3.0", 3) != 0) {
		return false;
	}
	if (v[3] == '\0') {
		return true;
	}
	return v[3] == '.' && *patch && strspn(patch, "0123456789") == strlen(patch);
}

static void on_root(struct reader *r, struct xml *x)
{
	const char *version = xml_need(x, "fmiVersion");

	if (version && strcmp(version, "2.0") == 0) {
		r->d->version = 2;
	} else if (version && is_version_3(version)) {
		r->d->version = 3;
	} else if (version) {
		xml_error(x, "fmiVersion", "FMI version '%.20s' is neither 2.0 nor 3.0",
		          version);
	}
	if (r->d->version == 0) {
		r->err = -EINVAL; /* nothing else can be read rightly */
		return;
	}
	r->root = xml_place(x, NULL);
	r->d->model_name = keep(r, xml_need(x, "modelName"));
	r->d->token = keep(
		r, xml_need(x, r->d->version == 2 ? "guid" : "instantiationToken"));
	r->d->tool = keep(r, xml_text(x, "generationTool"));
}

static bool is_identifier(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return !(*name >= '0' && *name <= '9') && strspn(name, letters) == strlen(name) &&
	       strlen(name) <= 200;
}

static void on_co_simulation(struct reader *r, struct xml *x)
{
	struct description *d = r->d;
	const char *id = xml_need(x, "modelIdentifier");

	if (r->has_co_simulation) {
		xml_error(x, NULL, "a second element 'CoSimulation'");
	}
	r->has_co_simulation = true;
	if (id && !is_identifier(id)) {
		xml_error(x, "modelIdentifier", "'%.60s' is no name of the language C",
		          id);
	}
	d->identifier = keep(r, id);
	d->can.variable_step = xml_flag(x, "canHandleVariableCommunicationStepSize",
	                                false);
	d->can.state = xml_flag(
		x, d->version == 2 ? "canGetAndSetFMUstate" : "canGetAndSetFMUState",
		false);
	d->can.needs_tool = xml_flag(x, "needsExecutionTool", false);
	d->can.once_per_process = xml_flag(x, "canBeInstantiatedOnlyOncePerProcess",
	                                   false);
	if (d->version == 3 && xml_real(x, "fixedInternalStepSize", &d->internal_step) &&
	    !(d->internal_step > 0)) {
		xml_error(x, "fixedInternalStepSize", "a step must be above 0");
		d->internal_step = 0;
	}
}

static void on_experiment(struct reader *r, struct xml *x)
{
	struct description *d = r->d;

	d->has_experiment = true;
	(void)xml_real(x, "startTime", &d->start);
	d->stop = d->start + 1;
	(void)xml_real(x, "stopTime", &d->stop);
	if (!(d->stop > d->start)) {
		xml_error(x, "stopTime", "it stops at %.9g, before it starts at %.9g",
		          d->stop, d->start);
	}
	if (xml_real(x, "stepSize", &d->step) && !(d->step > 0)) {
		xml_error(x, "stepSize", "a step must be above 0");
	}
	if (xml_real(x, "tolerance", &d->tolerance) && !(d->tolerance > 0)) {
		xml_error(x, "tolerance", "a tolerance must be above 0");
	}
}

/* ---- units and types ---- */

static void on_unit(struct reader *r, struct xml *x)
{
	struct named *list = grown(r->units, r->n_units, &r->units_room, sizeof(*list));

	if (!list) {
		r->err = -ENOMEM;
		return;
	}
	r->units = list;
	list[r->n_units++] = (struct named){.name = keep(r, xml_need(x, "name")),
	                                    .at = xml_place(x, "name")};
}

static void on_base_unit(struct reader *r, struct xml *x)
{
	static const char *const exponents[] = {"kg", "m",   "s",  "A",
	                                        "K",  "mol", "cd", "rad"};
	double factor = 1;

	for (size_t i = 0; i < ARRAY_SIZE(exponents); i++) {
		const char *text = xml_text(x, exponents[i]);
		char *end;

		if (text && (strtol(text, &end, 10), end == text || *end)) {
			xml_error(x, exponents[i], "'%.60s' is no exponent", text);
		}
	}
	if (xml_real(x, "factor", &factor) && factor == 0) {
		xml_error(x, "factor", "a factor of 0");
	}
	(void)xml_real(x, "offset", &factor);
}

static struct named *add_type(struct reader *r, struct xml *x)
{
	struct named *list = grown(r->types, r->n_types, &r->types_room, sizeof(*list));

	if (!list) {
		r->err = -ENOMEM;
		return NULL;
	}
	r->types = list;
	list += r->n_types++;
	*list = (struct named){.name = keep(r, xml_need(x, "name")),
	                       .unit = "",
	                       .type = FMU_TYPES,
	                       .at = xml_place(x, "name")};
	return list;
}

static void on_simple_type(struct reader *r, struct xml *x)
{
	(void)add_type(r, x);
}

/* Number of a type by its name, with something behind it; FMU_TYPES: none. */
static enum fmu_type type_of(const char *name, const char *behind, unsigned version)
{
	for (enum fmu_type t = 0; t < FMU_TYPES; t++) {
		const char *known = rules_type_name(t, version);
		size_t n = strlen(known);

		if (strncmp(name, known, n) == 0 && strcmp(name + n, behind) == 0) {
			return t;
		}
	}
	return FMU_TYPES;
}

static void on_type_kind(struct reader *r, struct xml *x)
{
	struct named *type = r->n_types ? &r->types[r->n_types - 1] : NULL;

	if (r->d->version == 3) {
		type = add_type(r, x);
	}
	if (type) {
		type->type = type_of(r->element, r->d->version == 3 ? "Type" : "",
		                     r->d->version);
		type->unit = keep(r, xml_text(x, "unit"));
		type->unit_at = xml_place(x, "unit");
	}
}

/* ---- variables ---- */

/* One of n names; n with a complaint where it is none of them, `absent` without one. */
static unsigned choice(struct xml *x, const char *attribute, const char *const *names,
                       unsigned n, unsigned absent)
{
	const char *text = xml_text(x, attribute);

	if (!text) {
		return absent;
	}
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(names[i], text) == 0) {
			return i;
		}
	}
	xml_error(x, attribute, "%s '%.40s' is unknown", attribute, text);
	return n;
}

static void read_common(struct reader *r, struct xml *x, struct raw *v)
{
	struct fmu_kind *k = &v->v.kind;

	v->v.name = keep(r, xml_need(x, "name"));
	v->v.unit = v->declared = "";
	v->v.start = NAN;
	v->v.size = 1;
	v->v.at = xml_place(x, "name");
	v->v.description = keep(r, xml_text(x, "description"));
	if (xml_need(x, "valueReference")) {
		(void)xml_whole(x, "valueReference", &v->v.reference);
	}
	k->causality = choice(x, "causality", rules_causality_names, FMU_CAUSALITIES,
	                      FMU_LOCAL);
	k->variability = choice(x, "variability", rules_variability_names,
	                        FMU_VARIABILITIES, FMU_VARIABILITIES);
	k->initial = choice(x, "initial", rules_initial_names, FMU_INITIALS,
	                    FMU_INITIALS);
	if (k->causality == FMU_CAUSALITIES) {
		k->causality = FMU_LOCAL;
		v->spoilt = true;
	}
}

static struct raw *add_variable(struct reader *r, struct xml *x)
{
	struct raw *list = NULL;

	if (r->n_raw == FMU_VARIABLES_MAX) {
		xml_error(x, NULL, "more than %d variables", FMU_VARIABLES_MAX);
		r->err = -EINVAL;
		return NULL;
	}
	list = grown(r->raw, r->n_raw, &r->raw_room, sizeof(*list));
	if (!list) {
		r->err = -ENOMEM;
		return NULL;
	}
	r->raw = list;
	list += r->n_raw++;
	list->v.kind.type = FMU_TYPES;
	read_common(r, x, list);
	return list;
}

/* The first of a list of numbers; the rest is checked alone. */
static void read_start(struct xml *x, struct raw *v)
{
	const char *text = xml_text(x, "start");
	enum fmu_type type = v->v.kind.type;
	double first = NAN;
	size_t n = 0;

	if (!text) {
		return;
	}
	v->v.kind.has_start = true;
	if (!rules_is_number(type)) {
		return;
	}
	if (type == FMU_BOOLEAN) {
		v->v.start = strncmp(text, "true", 4) == 0 || *text == '1';
		return;
	}
	for (char *end; *(text += strspn(text, " \t\r\n")); text = end, n++) {
		double value = strtod(text, &end);

		if (end == text || (*end && !strchr(" \t\r\n", *end))) {
			xml_error(x, "start", "'%.40s' is no number", text);
			v->spoilt = true;
			return;
		}
		first = n ? first : value;
	}
	if (n == 0) {
		xml_error(x, "start", "attribute 'start' is empty");
		v->spoilt = true;
	}
	v->v.start = first;
}

static void read_typed(struct reader *r, struct xml *x, struct raw *v)
{
	double limit;

	v->v.kind.type = type_of(r->element, "", r->d->version);
	v->v.unit = keep(r, xml_text(x, "unit"));
	v->unit_at = xml_place(x, "unit");
	v->declared = keep(r, xml_text(x, "declaredType"));
	v->declared_at = xml_place(x, "declaredType");
	if (rules_is_real(v->v.kind.type)) {
		(void)xml_real(x, "min", &limit);
		(void)xml_real(x, "max", &limit);
		(void)xml_real(x, "nominal", &limit);
	}
	read_start(x, v);
}

static void on_variable(struct reader *r, struct xml *x)
{
	struct raw *v = add_variable(r, x);

	if (v && r->d->version == 3) {
		read_typed(r, x, v);
	}
}

static void on_variable_type(struct reader *r, struct xml *x)
{
	struct raw *v = &r->raw[r->n_raw - 1];

	if (v->v.kind.type != FMU_TYPES) {
		xml_error(x, NULL, "variable '%.60s' has two types", v->v.name);
	}
	read_typed(r, x, v);
}

static void on_start(struct reader *r, struct xml *x)
{
	r->raw[r->n_raw - 1].v.kind.has_start = true;
}

static void on_dimension(struct reader *r, struct xml *x)
{
	struct dimension *list;
	struct dimension new = {.variable = r->n_raw - 1, .at = xml_place(x, NULL)};
	bool fixed = xml_whole(x, "start", &new.size);

	new.refers = xml_whole(x, "valueReference", &new.reference);
	if (fixed == new.refers) {
		xml_error(x, NULL, "a dimension has either 'start' or 'valueReference'");
		return;
	}
	list = grown(r->dimensions, r->n_dimensions, &r->dimensions_room, sizeof(*list));
	if (!list) {
		r->err = -ENOMEM;
		return;
	}
	r->dimensions = list;
	list[r->n_dimensions++] = new;
}

/* ---- model structure ---- */

static void on_output(struct reader *r, struct xml *x)
{
	const char *attribute = r->d->version == 2 ? "index" : "valueReference";
	struct listed *list;
	struct listed new = {.at = xml_place(x, attribute)};

	if (!xml_need(x, attribute) || !xml_whole(x, attribute, &new.number)) {
		return;
	}
	list = grown(r->outputs, r->n_outputs, &r->outputs_room, sizeof(*list));
	if (!list) {
		r->err = -ENOMEM;
		return;
	}
	r->outputs = list;
	list[r->n_outputs++] = new;
}

static void on_structure(struct reader *r, struct xml *x)
{
	r->has_structure = true;
}

static void on_variables(struct reader *r, struct xml *x)
{
	r->has_variables = true;
}

/* ---- the walk ---- */

enum { V2 = 1, V3 = 2, BOTH = V2 | V3 };

/* Every element of the standard; name NULL: those of the types, as 3.0 writes them for
 * variables; "Type" as it writes them for definitions. */
static const struct element {
	enum node in;
	const char *name;
	unsigned versions;
	enum node is;
	void (*on)(struct reader *r, struct xml *x); /* NULL: left out */
} elements[] = {
	{NODE_DOCUMENT, "fmiModelDescription", BOTH, NODE_ROOT, on_root},
	{NODE_ROOT, "ModelExchange", BOTH, NODE_LEAF, NULL},
	{NODE_ROOT, "ScheduledExecution", V3, NODE_LEAF, NULL},
	{NODE_ROOT, "CoSimulation", BOTH, NODE_LEAF, on_co_simulation},
	{NODE_ROOT, "UnitDefinitions", BOTH, NODE_UNITS, NULL},
	{NODE_ROOT, "TypeDefinitions", BOTH, NODE_TYPES, NULL},
	{NODE_ROOT, "LogCategories", BOTH, NODE_LEAF, NULL},
	{NODE_ROOT, "DefaultExperiment", BOTH, NODE_LEAF, on_experiment},
	{NODE_ROOT, "VendorAnnotations", V2, NODE_LEAF, NULL},
	{NODE_ROOT, "Annotations", V3, NODE_LEAF, NULL},
	{NODE_ROOT, "ModelVariables", BOTH, NODE_VARIABLES, on_variables},
	{NODE_ROOT, "ModelStructure", BOTH, NODE_STRUCTURE, on_structure},
	{NODE_UNITS, "Unit", BOTH, NODE_UNIT, on_unit},
	{NODE_UNIT, "BaseUnit", BOTH, NODE_LEAF, on_base_unit},
	{NODE_UNIT, "DisplayUnit", BOTH, NODE_LEAF, NULL},
	{NODE_UNIT, "Annotations", V3, NODE_LEAF, NULL},
	{NODE_TYPES, "SimpleType", V2, NODE_TYPE, on_simple_type},
	{NODE_TYPE, NULL, V2, NODE_LEAF, on_type_kind},
	{NODE_TYPES, "Type", V3, NODE_LEAF, on_type_kind},
	{NODE_VARIABLES, "ScalarVariable", V2, NODE_VARIABLE, on_variable},
	{NODE_VARIABLES, NULL, V3, NODE_VARIABLE, on_variable},
	{NODE_VARIABLE, NULL, V2, NODE_LEAF, on_variable_type},
	{NODE_VARIABLE, "Annotations", BOTH, NODE_LEAF, NULL},
	{NODE_VARIABLE, "Alias", V3, NODE_LEAF, NULL},
	{NODE_VARIABLE, "Start", V3, NODE_LEAF, on_start},
	{NODE_VARIABLE, "Dimension", V3, NODE_LEAF, on_dimension},
	{NODE_STRUCTURE, "Outputs", V2, NODE_OUTPUTS, NULL},
	{NODE_STRUCTURE, "Derivatives", V2, NODE_LEAF, NULL},
	{NODE_STRUCTURE, "DiscreteStates", V2, NODE_LEAF, NULL},
	{NODE_STRUCTURE, "InitialUnknowns", V2, NODE_LEAF, NULL},
	{NODE_OUTPUTS, "Unknown", V2, NODE_LEAF, on_output},
	{NODE_STRUCTURE, "Output", V3, NODE_LEAF, on_output},
	{NODE_STRUCTURE, "ContinuousStateDerivative", V3, NODE_LEAF, NULL},
	{NODE_STRUCTURE, "ClockedState", V3, NODE_LEAF, NULL},
	{NODE_STRUCTURE, "InitialUnknown", V3, NODE_LEAF, NULL},
	{NODE_STRUCTURE, "EventIndicator", V3, NODE_LEAF, NULL},
	{NODE_STRUCTURE, "Annotations", V3, NODE_LEAF, NULL},
};

static bool is_name(const struct element *e, const char *name, unsigned version)
{
	if (!e->name) {
		return type_of(name, "", version) != FMU_TYPES;
	}
	if (e->in == NODE_TYPES && e->is == NODE_LEAF) {
		return type_of(name, e->name, version) != FMU_TYPES;
	}
	return strcmp(e->name, name) == 0;
}

static const struct element *find_element(const struct reader *r, const char *name)
{
	unsigned version = r->d->version;
	unsigned mask = version == 3 ? V3 : version == 2 ? V2 : BOTH;

	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		const struct element *e = &elements[i];

		if ((int)e->in == r->stack[r->depth] && (e->versions & mask) &&
		    is_name(e, name, version)) {
			return e;
		}
	}
	return NULL;
}

static bool on_element(void *arg, struct xml *x, const char *name)
{
	struct reader *r = arg;
	const struct element *e = r->err ? NULL : find_element(r, name);

	if (r->err) {
		return false;
	}
	if (!e && r->stack[r->depth] == NODE_DOCUMENT) {
		xml_error(x, NULL, "the document is no 'fmiModelDescription'");
		r->err = -EINVAL;
		return false;
	}
	if (!e) {
		if (r->stack[r->depth] != NODE_LEAF) {
			xml_warning(x, NULL,
			            "element '%.40s' has no place here in FMI %u.0: "
			            "left out",
			            name, r->d->version);
		}
		return false;
	}
	r->element = name;
	if (e->on) {
		e->on(r, x);
	}
	if (e->is == NODE_LEAF) {
		return false;
	}
	r->stack[++r->depth] = (int)e->is;
	return true;
}

static void on_element_end(void *arg, struct xml *x, const char *name)
{
	struct reader *r = arg;

	r->depth--;
}

int description_read(struct description **out, struct complaints *said, uint32_t source)
{
	static const struct xml_handler handler = {on_element, on_element_end};
	struct description *d = calloc(1, sizeof(*d));
	struct reader r = {.d = d, .said = said};
	size_t before = complaint_errors(said);
	int err;

	if (!d) {
		return -ENOMEM;
	}
	d->stop = 1;
	d->model_name = d->token = d->identifier = d->tool = "";
	err = xml_read(said, source, &handler, &r);
	err = r.err ? r.err : err;
	if (!err) {
		err = description_check(&r);
	}
	if (!err && complaint_errors(said) > before) {
		err = -EINVAL;
	}
	free(r.units);
	free(r.types);
	free(r.raw);
	free(r.dimensions);
	free(r.outputs);
	if (err) {
		description_free(d);
		return err;
	}
	*out = d;
	return 0;
}

void description_free(struct description *d)
{
	if (d) {
		arena_free(&d->arena);
		free(d);
	}
}

const struct fmu_variable *description_find(const struct description *d, const char *name)
{
	for (size_t i = 0; i < d->n_variables; i++) {
		if (strcmp(d->variables[i].name, name) == 0) {
			return &d->variables[i];
		}
	}
	return NULL;
}
