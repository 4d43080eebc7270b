/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/twin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/learning.h"
#include "twin/twin_impl.h"
#include "twin/voice.h"

enum {
	LEARN_MIN = 180,
	LEARN_BYTES = 32 << 20,
};

static bool is_monitored(const struct twin_config *cfg, size_t tag)
{
	return cfg->tags[tag].kind->analog && (!cfg->monitored || cfg->monitored[tag]);
}

static int make_monitors(struct twin *t)
{
	const struct twin_config *cfg = t->cfg;
	size_t n_devices = 1;

	for (size_t i = 0; i < cfg->n_field_tags; i++) {
		if (cfg->tags[i].device_index >= n_devices) {
			n_devices = cfg->tags[i].device_index + (size_t)1;
		}
	}
	t->n_devices = n_devices;
	t->unlearnt = calloc(n_devices, sizeof(*t->unlearnt));
	t->has_begun = calloc(n_devices + cfg->n_components, sizeof(*t->has_begun));
	t->monitored = calloc(n_devices, sizeof(*t->monitored));
	t->monitors = calloc(cfg->n_field_tags + 1, sizeof(*t->monitors));
	t->told = calloc(cfg->n_told + 1, sizeof(*t->told));
	if (!t->monitored || !t->monitors || !t->told || !t->unlearnt || !t->has_begun) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_field_tags; i++) {
		t->monitors[i].t_ns = TIME_NEVER;
		if (is_monitored(cfg, i)) {
			t->monitors[i].watched = true;
			t->monitored[cfg->tags[i].device_index]++;
			t->unlearnt[cfg->tags[i].device_index]++;
			t->learning++;
		}
	}
	if (!t->learning) {
		return 0;
	}
	t->still = calloc(cfg->n_field_tags, sizeof(*t->still));
	if (!t->still) {
		return -ENOMEM;
	}
	return learner_new(&t->learner, cfg->n_field_tags, t->learning, cfg->learn,
	                   cfg->learn_bytes ? cfg->learn_bytes : LEARN_BYTES);
}

/* Tests of the tags that have one of their own. */
static int make_sequences(struct twin *t)
{
	const struct sequence_config *const *tests = t->cfg->tests;
	uint32_t n = 0;
	int err = 0;

	for (size_t i = 0; tests && i < t->cfg->n_field_tags; i++) {
		n += t->monitors[i].watched && tests[i] &&
		     tests[i]->kind != SEQUENCE_LEVEL;
	}
	if (n == 0) {
		return 0;
	}
	t->sequence_of = calloc(t->cfg->n_field_tags, sizeof(*t->sequence_of));
	t->sequences = calloc(n, sizeof(*t->sequences));
	if (!t->sequence_of || !t->sequences) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->cfg->n_field_tags && !err; i++) {
		if (t->monitors[i].watched && tests[i] &&
		    tests[i]->kind != SEQUENCE_LEVEL) {
			err = sequence_init(&t->sequences[t->n_sequences], tests[i]);
			t->sequence_of[i] = ++t->n_sequences;
		}
	}
	return err;
}

struct sequence *twin_sequence(const struct twin *t, uint32_t tag)
{
	return t->sequence_of && t->sequence_of[tag]
	               ? &t->sequences[t->sequence_of[tag] - 1]
	               : NULL;
}

static int make_components(struct twin *t)
{
	const struct twin_config *cfg = t->cfg;
	int err = links_init(&t->links, cfg);

	t->components = calloc(cfg->n_components + 1, sizeof(*t->components));
	t->touched = calloc(cfg->n_components + 1, sizeof(*t->touched));
	t->is_touched = calloc(cfg->n_components + 1, sizeof(*t->is_touched));
	if (!t->components || !t->touched || !t->is_touched) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_components && !err; i++) {
		err = component_init(&t->components[i], &cfg->components[i], cfg);
	}
	for (size_t i = 0; i < t->links.n; i++) {
		const struct link *l = &t->links.all[i];

		if (l->binding.tag < cfg->n_field_tags) {
			t->monitors[l->binding.tag].linked = true;
			t->monitors[l->binding.tag].modelled |= l->output;
		}
	}
	return err;
}

static size_t n_estimated(const struct component_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < MODEL_PARAMETERS_MAX; i++) {
		n += c->estimate[i] > 0;
	}
	return n;
}

/* Parameters that are followed: of a model in the list, and there must be room. */
static bool may_estimate(const struct component_config *c)
{
	size_t n = n_estimated(c);
	bool may = n == 0 || (c->model == model_find(c->model->name) &&
	                      c->model->n_states + n <= MODEL_STATES_MAX &&
	                      c->model->n_outputs + n <= MODEL_OUTPUTS_MAX);

	for (size_t i = 0; i < MODEL_PARAMETERS_MAX; i++) {
		may = may && (c->estimate[i] == 0 ||
		              (c->estimate[i] > 0 && i < c->model->n_parameters &&
		               c->parameters[i] > 0));
	}
	return may;
}

/* Of inputs, or of outputs, which may have several sensors. */
static bool are_bindings(const struct component_config *c, bool inputs,
                         const struct twin_config *cfg)
{
	const struct binding *b = inputs ? c->inputs : c->outputs;
	size_t n = inputs ? c->n_inputs : c->n_outputs;
	size_t n_ports = inputs ? c->model->n_inputs
	                        : c->model->n_outputs + n_estimated(c);
	bool seen[MODEL_INPUTS_MAX + MODEL_OUTPUTS_MAX] = {false};

	for (size_t i = 0; i < n; i++) {
		if (b[i].port >= n_ports || b[i].tag >= cfg->n_tags ||
		    (seen[b[i].port] && (inputs || b[i].tag >= cfg->n_field_tags)) ||
		    !isnormal(b[i].scale) || !isfinite(b[i].offset)) {
			return false;
		}
		seen[b[i].port] = true;
	}
	return true;
}

static bool are_outputs(const struct component_config *c, const struct twin_config *cfg)
{
	size_t measured = 0;

	for (size_t i = 0; i < c->n_outputs && i < COMPONENT_OUTPUTS_MAX; i++) {
		measured += c->outputs[i].tag < cfg->n_field_tags;
	}
	return c->n_outputs <= COMPONENT_OUTPUTS_MAX &&
	       measured <= COMPONENT_SENSORS_MAX && are_bindings(c, false, cfg);
}

/* Model var: enough rows for its tags, all of devices. */
static bool are_tags(const struct component_config *c, const struct twin_config *cfg)
{
	for (size_t i = 0; i < c->n_tags; i++) {
		if (c->tags[i] >= cfg->n_field_tags) {
			return false;
		}
	}
	return c->n_tags <= VAR_TAGS_MAX &&
	       (c->learn ? c->learn : cfg->learn) >= var_rows_needed(c->n_tags);
}

static bool is_component(const struct component_config *c, const struct twin_config *cfg)
{
	const struct model *m = c->model;

	return m && may_estimate(c) && (c->n_tags > 0) == (m == &model_var) &&
	       are_tags(c, cfg) && (!c->learn || c->learn >= LEARN_MIN) &&
	       c->max_age_s > 0 && c->n_inputs <= m->n_inputs &&
	       m->n_inputs <= MODEL_INPUTS_MAX && m->n_outputs <= MODEL_OUTPUTS_MAX &&
	       m->n_states <= MODEL_STATES_MAX && are_bindings(c, true, cfg) &&
	       are_outputs(c, cfg);
}

static bool is_valid(const struct twin_config *cfg)
{
	if (cfg->learn < LEARN_MIN || !(cfg->false_alarm > 0 && cfg->false_alarm < 1) ||
	    cfg->n_field_tags > cfg->n_tags) {
		return false;
	}
	for (size_t i = 0; i < cfg->n_told; i++) {
		if (cfg->told[i] < cfg->n_field_tags || cfg->told[i] >= cfg->n_tags) {
			return false;
		}
	}
	for (size_t i = 0; i < cfg->n_components; i++) {
		if (!is_component(&cfg->components[i], cfg)) {
			return false;
		}
	}
	return true;
}

const struct model_port *twin_output_port(const struct component_config *c, size_t port)
{
	size_t i = 0;

	if (port < c->model->n_outputs) {
		return &c->model->outputs[port];
	}
	for (port -= c->model->n_outputs; c->estimate[i] == 0 || port-- > 0; i++) {
		continue;
	}
	return &c->model->parameters[i];
}

int twin_new(struct twin **out, const struct twin_config *cfg)
{
	struct twin *t;
	int err;

	if (!is_valid(cfg)) {
		return -EINVAL;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		return -ENOMEM;
	}
	t->cfg = cfg;
	err = make_monitors(t);
	if (err) {
		goto fail;
	}
	err = make_sequences(t);
	if (err) {
		goto fail;
	}
	err = make_components(t);
	if (err) {
		goto fail;
	}
	*out = t;
	return 0;

fail:
	twin_free(t);
	return err;
}

void twin_free(struct twin *t)
{
	if (!t) {
		return;
	}
	for (size_t i = 0; t->components && i < t->cfg->n_components; i++) {
		component_fini(&t->components[i]);
	}
	for (size_t i = 0; i < t->n_sequences; i++) {
		sequence_fini(&t->sequences[i]);
	}
	free(t->sequences);
	free(t->sequence_of);
	learner_free(t->learner);
	free(t->still);
	free(t->monitors);
	free(t->told);
	free(t->monitored);
	free(t->unlearnt);
	free(t->has_begun);
	free(t->components);
	links_fini(&t->links);
	free(t->touched);
	free(t->is_touched);
	free(t);
}

static void touch(struct twin *t, uint32_t component)
{
	if (!t->is_touched[component]) {
		t->is_touched[component] = true;
		t->touched[t->n_touched++] = component;
	}
}

/* Components that were told something speak, whatever is read. */
static void touch_news(struct twin *t)
{
	for (uint32_t i = 0; t->news && i < t->cfg->n_components; i++) {
		if (t->components[i].news) {
			touch(t, i);
		}
	}
	t->news = false;
}

void twin_asked(const struct twin *t, size_t i, double *u)
{
	for (size_t k = 0; k < t->cfg->components[i].model->n_inputs; k++) {
		u[k] = component_asked(&t->components[i], k);
	}
}

void twin_tell(struct twin *t, size_t i, const double *y)
{
	component_tell(&t->components[i], y);
	t->news = true;
}

bool twin_question(const struct twin *t, size_t i, struct local_question *q)
{
	return component_question(&t->components[i], q);
}

void twin_answer(struct twin *t, size_t i, const struct local_question *q,
                 const struct local_answer *a)
{
	component_answer(&t->components[i], q, a);
	t->news = t->news || t->components[i].news;
}

void twin_expect(struct twin *t, size_t i, const struct told_level *what)
{
	if (what) {
		told_set(&t->told[i], what, t->cfg->false_alarm);
	} else {
		t->told[i] = (struct monitor){.t_ns = TIME_NEVER};
	}
}

/* NULL: nobody tells what the tag is expected to read. */
static struct monitor *find_told(const struct twin *t, uint32_t tag)
{
	for (size_t i = 0; i < t->cfg->n_told; i++) {
		if (t->cfg->told[i] == tag) {
			return &t->told[i];
		}
	}
	return NULL;
}

/* Hand a value to the components that take it; NAN: only that there is none. */
static void offer(struct twin *t, int64_t t_ns, uint32_t tag, double x)
{
	for (const struct link *l = links_first(&t->links, tag); l;
	     l = links_next(&t->links, l)) {
		struct component *c = &t->components[l->component];
		double si = x * l->binding.scale + l->binding.offset;

		touch(t, l->component);
		if (c->var) {
			component_tag(c, l->binding.port, si);
		} else if (!isfinite(si) && l->output) {
			component_lost(c, l->number);
		} else if (isfinite(si) && l->output) {
			component_output(c, l->number, t_ns, si);
		} else if (isfinite(si)) {
			component_input(c, l->binding.port, t_ns, si);
		}
	}
}

static bool is_drifting(const struct twin *t, uint32_t tag)
{
	return tag < t->cfg->n_field_tags && t->monitors[tag].drift;
}

/* Does a sensor of the component stand off its model by itself? */
static bool is_any_off(const struct twin *t, const struct component_config *c)
{
	bool off = false;

	for (size_t j = 0; j < c->n_outputs; j++) {
		off |= is_drifting(t, c->outputs[j].tag);
	}
	return off;
}

/* A virtual sensor of one component may be an input of another, which then follows. */
static void step_components(struct twin *t, int64_t t_ns)
{
	for (size_t i = 0; i < t->n_touched; i++) {
		struct component *c = &t->components[t->touched[i]];

		component_hold(c, is_any_off(t, c->cfg));
		component_step(c, t_ns);
		learning_component(t, t->touched[i]);
		if (component_learnt_rows(c)) {
			learning_teach(t, c, t_ns);
		}
		for (size_t j = 0; j < c->cfg->n_outputs; j++) {
			const struct binding *b = &c->cfg->outputs[j];
			double value, sigma;

			if (!c->out[j].measured && component_fill(c, j, &value, &sigma)) {
				offer(t, t_ns, b->tag, links_to_tag(b, value));
			}
		}
	}
}

/* A lost sensor: the model stands in as long as it may. */
static void fill(const struct twin *t, const struct link *l, struct estimate *e)
{
	const struct component *c = &t->components[l->component];
	double value, sigma;

	if (c->phase != COMPONENT_JUDGING ||
	    !component_fill(c, l->number, &value, &sigma)) {
		return;
	}
	e->predicted = e->estimate = links_to_tag(&l->binding, value);
	e->sigma = sigma / fabs(l->binding.scale);
	if (e->quality != QUALITY_UNCERTAIN) { /* that one has a value of its own */
		e->quality = QUALITY_UNCERTAIN;
		e->source = SOURCE_PREDICTED;
	}
}

/* Does the output have its part in its component's mismatch? */
static bool is_off(const struct twin *t, const struct link *l)
{
	const struct component *c = &t->components[l->component];

	return component_state(c) == STATE_MISMATCH && blame_is_off(&c->blame, l->number);
}

static bool is_stuck(const struct twin *t, uint32_t tag)
{
	return tag < t->cfg->n_field_tags && stuck_is(&t->monitors[tag].move.stuck);
}

/* A virtual sensor is worth what its component's sensors are. */
static bool is_virtual_suspect(const struct twin *t, uint32_t tag)
{
	const struct link *l = links_output(&t->links, tag);
	const struct component *c = l ? &t->components[l->component] : NULL;
	bool any = c && component_state(c) == STATE_MISMATCH;

	for (size_t i = 0; c && i < c->cfg->n_outputs && !any; i++) {
		uint32_t sensor = c->cfg->outputs[i].tag;

		any = is_drifting(t, sensor) || is_stuck(t, sensor);
	}
	return any;
}

/* A tag that is not what its own component takes it for. */
static bool is_suspect(const struct twin *t, uint32_t tag)
{
	const struct monitor *m;
	const struct link *l;

	if (tag >= t->cfg->n_field_tags) {
		return is_virtual_suspect(t, tag);
	}
	m = &t->monitors[tag];
	if (!m->watched) {
		return false;
	}
	l = m->modelled ? links_output(&t->links, tag) : NULL;
	return is_stuck(t, tag) || (l && (m->drift || is_off(t, l)));
}

/* Is an input stuck, or would one that is suspect explain what the component does? */
static bool is_misled(const struct twin *t, const struct component *c)
{
	struct explanation why = {.method = NULL};

	for (size_t i = 0; i < c->cfg->n_inputs; i++) {
		if (is_stuck(t, c->cfg->inputs[i].tag)) {
			return true;
		}
	}
	voice_causes(c, &why);
	for (size_t i = 0; i < why.n_causes; i++) {
		if (why.causes[i].kind == CAUSE_INPUT &&
		    is_suspect(t, why.causes[i].tag)) {
			return true;
		}
	}
	return false;
}

/* A reading that its component has met with a prediction. */
static void judge(struct twin *t, int64_t t_ns, const struct reading *r,
                  const struct link *l, struct estimate *e)
{
	const struct component *c = &t->components[l->component];
	const struct component_output *out = &c->out[l->number];
	struct estimate own = *e;

	own.score = 0;
	if (out->judged && t->monitors[r->tag].watched) {
		double residual = (out->y - out->predicted) / l->binding.scale;

		learning_watch(t, t_ns, r, residual, &own);
	}
	if (!out->judged || own.state == STATE_LEARNING ||
	    c->phase != COMPONENT_JUDGING) {
		e->state = STATE_LEARNING;
		return;
	}
	e->predicted = links_to_tag(&l->binding, out->predicted);
	e->sigma = out->sigma / fabs(l->binding.scale);
	e->estimate = links_to_tag(&l->binding, out->estimate);
	e->state = own.state;
	e->score = own.score;
	e->drift = own.drift;
	e->stuck = own.stuck;
	if (component_state(c) == STATE_MISMATCH) {
		e->state = STATE_MISMATCH;
		e->score = fmax(e->score, nis_score(&c->nis));
		e->drift = true;
		e->explained = !own.drift && !is_off(t, l);
	}
	if (e->drift && is_misled(t, c)) {
		e->explained = true;
	}
}

/* What a reading is by itself; true where it may enter the filters: good, finite, and
 * later than the last. */
static bool receive(struct twin *t, int64_t t_ns, const struct reading *r,
                    struct estimate *e)
{
	bool field = r->tag < t->cfg->n_field_tags;

	*e = (struct estimate){.predicted = NAN,
	                       .sigma = NAN,
	                       .estimate = NAN,
	                       .score = NAN,
	                       .quality = r->quality,
	                       .source = SOURCE_MEASURED,
	                       .state = STATE_HEALTHY};
	if (field && t->monitors[r->tag].watched && r->quality < QUALITY_STALE &&
	    !isfinite(value_number(&r->value))) {
		e->quality = QUALITY_BAD;
	}
	if (e->quality >= QUALITY_STALE) {
		e->source = SOURCE_HELD;
		e->state = e->quality == QUALITY_STALE ? STATE_STALE : STATE_BAD;
	}
	if (!field || e->quality != QUALITY_GOOD) {
		return false;
	}
	if (t->monitors[r->tag].t_ns >= t_ns) {
		t->late++;
		return false;
	}
	return true;
}

/* One that is not good is not judged, and changes nothing. */
static void answer_told(struct monitor *m, int64_t t_ns, const struct reading *r,
                        struct estimate *e)
{
	if (m->ready && e->quality == QUALITY_GOOD) {
		told_step(m, t_ns, value_number(&r->value), e);
	} else if (e->quality < QUALITY_STALE) {
		monitor_expect(m, e);
		e->state = (uint8_t)monitor_state(m);
		e->drift = m->drift;
	}
}

static void answer(struct twin *t, int64_t t_ns, const struct reading *r,
                   struct estimate *e)
{
	struct monitor *m = r->tag < t->cfg->n_field_tags ? &t->monitors[r->tag] : NULL;
	bool enters = e->quality == QUALITY_GOOD;

	if (!m) {
		m = find_told(t, r->tag);
		if (m) {
			answer_told(m, t_ns, r, e);
		} else if (e->source == SOURCE_MEASURED) {
			e->source = SOURCE_SIMULATED; /* no device has it */
		}
		return;
	}
	if (!(m->watched || m->modelled)) {
		return;
	}
	if (enters && m->watched && !m->ready) {
		stuck_learn(&t->still[r->tag], value_number(&r->value));
	}
	if (m->modelled) {
		const struct link *l = links_output(&t->links, r->tag);

		if (enters) {
			judge(t, t_ns, r, l, e);
		} else {
			fill(t, l, e);
		}
	} else if (enters && t_ns > m->t_ns) {
		learning_watch(t, t_ns, r, value_number(&r->value), e);
	} else {
		monitor_expect(m, e);
		if (e->quality <
		    QUALITY_STALE) { /* late, or uncertain: it changes nothing */
			e->state = (uint8_t)monitor_state(m);
			e->drift = m->drift;
		}
	}
}

void twin_merge(struct twin *t, int64_t t_ns, const struct reading *r, size_t n,
                struct estimate *out)
{
	for (size_t i = 0; i < t->n_touched; i++) {
		t->is_touched[t->touched[i]] = false;
	}
	t->n_touched = 0;
	touch_news(t);
	for (size_t i = 0; i < n; i++) {
		bool enters = receive(t, t_ns, &r[i], &out[i]);

		if (r[i].tag < t->cfg->n_field_tags && t->monitors[r[i].tag].linked &&
		    (enters || out[i].quality != QUALITY_GOOD)) {
			offer(t, t_ns, r[i].tag,
			      enters ? value_number(&r[i].value) : (double)NAN);
		}
	}
	step_components(t, t_ns);
	for (size_t i = 0; i < n; i++) {
		answer(t, t_ns, &r[i], &out[i]);
	}
}

size_t twin_virtual(struct twin *t, struct reading *r, struct estimate *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_touched; i++) {
		const struct component *c = &t->components[t->touched[i]];

		for (size_t j = 0; j < c->cfg->n_outputs && n < max; j++) {
			if (!c->out[j].measured) {
				voice_sensor(c, j, &r[n], &out[n]);
				n++;
			}
		}
		if (n < max && (!c->var || c->spoke)) {
			voice_health(c, &r[n], &out[n]);
			out[n].explained = out[n].drift && is_misled(t, c);
			n++;
		}
	}
	return n;
}

void twin_explain(const struct twin *t, uint32_t tag, struct explanation *out)
{
	const struct monitor *m = tag < t->cfg->n_field_tags ? &t->monitors[tag] : NULL;

	*out = (struct explanation){
		.method = "ewma", .threshold = NAN, .rate = NAN, .still_s = NAN};
	for (size_t i = 0; i < t->cfg->n_components; i++) {
		if (t->cfg->components[i].health_tag == tag) {
			voice_component(&t->components[i], out);
			return;
		}
	}
	if (m && m->ready) {
		out->rate = transient_rate(&m->move) / (double)m->dt0_s;
		out->still_s = m->move.stuck.run * (double)m->dt0_s;
	}
	if (m && m->modelled && !stuck_is(&m->move.stuck)) {
		const struct link *l = links_output(&t->links, tag);
		const struct component *c = &t->components[l->component];

		if (component_state(c) == STATE_MISMATCH) {
			double scaled = c->out[l->number].sigma / fabs(l->binding.scale);

			voice_component(c, out);
			out->threshold = scaled * component_threshold(c);
			return;
		}
	}
	m = m ? m : find_told(t, tag);
	if (m && m->ready) {
		voice_monitor(m, twin_sequence(t, tag), out);
		out->blamed[0] = tag;
		if (m->modelled && !stuck_is(&m->move.stuck)) {
			voice_causes(
				&t->components[links_output(&t->links, tag)->component],
				out);
		}
	}
}

bool twin_test(const struct twin *t, uint32_t tag, struct tag_test *out)
{
	const struct sequence *test = tag < t->cfg->n_field_tags ? twin_sequence(t, tag)
	                                                         : NULL;

	if (test) {
		*out = (struct tag_test){test->cfg, test->correlation};
	}
	return test != NULL;
}

size_t twin_remarks(struct twin *t, struct remark *out, size_t max)
{
	return remarks_take(&t->remarks, out, max);
}

void twin_count(const struct twin *t, struct twin_counts *out)
{
	*out = (struct twin_counts){.late = t->late};
	for (size_t i = 0; i < t->cfg->n_components; i++) {
		out->resets += t->components[i].resets;
	}
}

double twin_progress(const struct twin *t, uint32_t tag)
{
	size_t n;

	for (size_t i = 0; tag >= t->cfg->n_field_tags && i < t->cfg->n_components; i++) {
		if (t->cfg->components[i].health_tag == tag) {
			return component_progress(&t->components[i]);
		}
	}
	if (tag >= t->cfg->n_field_tags || !t->monitors[tag].watched) {
		return NAN;
	}
	if (t->monitors[tag].modelled) {
		return component_progress(
			&t->components[links_output(&t->links, tag)->component]);
	}
	n = t->monitors[tag].ready ? t->cfg->learn : learner_rows(t->learner, tag).n;
	return (double)n / t->cfg->learn;
}

bool twin_is_slow_mismatch(const struct twin *t, uint32_t component, double *nis)
{
	const struct component *c = &t->components[component];

	*nis = nis_slow(&c->nis);
	return component_state(c) == STATE_MISMATCH && !c->var && c->nis.mismatch;
}

void twin_parameters(const struct twin *t, uint32_t component, double *out)
{
	const struct component *c = &t->components[component];

	memcpy(out, c->fit ? c->fit->p : c->cfg->parameters,
	       MODEL_PARAMETERS_MAX * sizeof(*out));
}

bool twin_is_fitting(const struct twin *t, uint32_t component)
{
	const struct fit *fit = t->components[component].fit;

	return fit && (fit->stage == FIT_WAITS || fit->stage == FIT_RUNS);
}

void twin_reparameterise(struct twin *t, uint32_t component)
{
	component_reparameterise(&t->components[component]);
}

bool twin_health_scale(const struct twin *t, uint32_t component, double *well,
                       double *alarm)
{
	const struct component *c = &t->components[component];

	if (c->var || c->phase != COMPONENT_JUDGING || !c->n_measured) {
		return false;
	}
	*well = (double)(NIS_WINDOW * c->n_measured); /* NIS is chi-squared */
	*alarm = nis_limit(&c->nis);
	return *alarm > *well;
}
