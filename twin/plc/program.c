/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/plc/check.h"
#include "twin/plc/message.h"
#include "twin/plc/parser.h"
#include "twin/plc/program_impl.h"
#include "twin/plc/slot.h"

/* ---- loading
 * ---------------------------------------------------------------------------
 */

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int64_t cycle_of(const struct program *p)
{
	int64_t cycle = 0;

	for (size_t i = 0; i < p->made.n_tasks; i++) {
		cycle = common_divisor(cycle, p->made.tasks[i].interval_ns);
	}
	return cycle > 0 ? cycle : p->options.cycle_ns;
}

/* By priority, what has no task last, else as declared. */
static bool runs_before(const struct program *p, uint32_t a, uint32_t b)
{
	uint32_t ta = p->made.instances[a].task;
	uint32_t tb = p->made.instances[b].task;

	if (ta == COMPILED_NO_TASK || tb == COMPILED_NO_TASK) {
		return ta != COMPILED_NO_TASK && tb == COMPILED_NO_TASK;
	}
	if (p->made.tasks[ta].priority != p->made.tasks[tb].priority) {
		return p->made.tasks[ta].priority < p->made.tasks[tb].priority;
	}
	return ta < tb;
}

static void sort_instances(struct program *p)
{
	for (uint32_t i = 0; i < p->made.n_instances; i++) {
		uint32_t k = i;

		for (; k > 0 && runs_before(p, i, p->order[k - 1]); k--) {
			p->order[k] = p->order[k - 1];
		}
		p->order[k] = i;
	}
}

/* To a tree without mistakes. */
static int read_sources(struct ast **ast, struct sources *s)
{
	int err = parser_parse(ast, s);

	if (!err) {
		err = check_tree(*ast);
	}
	return !err && sources_errors(s) > 0 ? -EINVAL : err;
}

static bool has_program(const struct ast *ast)
{
	for (const struct pou *p = ast->pous; p; p = p->next) {
		if (p->kind == POU_PROGRAM) {
			return true;
		}
	}
	return false;
}

int program_check(struct sources *s)
{
	struct ast *ast;
	struct compiled made = {0};
	int err = read_sources(&ast, s);

	if (!err && has_program(ast)) {
		/* what is too large shows only when it is laid out */
		err = compile_tree(&made, ast, false);
		compile_free(&made);
	}
	return err == -ENOMEM ? err : 0;
}

static int compile(struct program *p, struct sources *s)
{
	int err = read_sources(&p->ast, s);

	if (!err) {
		err = compile_tree(&p->made, p->ast, p->options.coverage);
	}
	return err == -E2BIG ? -EINVAL : err;
}

static int prepare(struct program *p)
{
	const struct compiled *m = &p->made;
	int err;

	p->memory = malloc(m->n_memory);
	p->loaded = calloc(m->n_cells + 1, sizeof(*p->loaded));
	p->tasks = calloc(m->n_tasks + 1, sizeof(*p->tasks));
	p->order = calloc(m->n_instances + 1, sizeof(*p->order));
	p->counts = calloc(m->n_points + 1, sizeof(*p->counts));
	if (!p->memory || !p->loaded || !p->tasks || !p->order || !p->counts) {
		return -ENOMEM;
	}
	err = cells_init(&p->cells, m);
	if (!err) {
		err = walk_scratch(p);
	}
	p->vm = (struct vm){.mem = p->memory,
	                    .code = m->code,
	                    .arrays = m->arrays,
	                    .arguments = m->arguments,
	                    .counts = p->counts,
	                    .forces = p->holds};
	vm_link(m->code, m->ops, m->n_code, false);
	p->cycle_ns = cycle_of(p);
	sort_instances(p);
	return err;
}

int program_load(struct program **out, struct sources *s,
                 const struct program_options *options)
{
	struct program *p = calloc(1, sizeof(*p));
	int err;

	if (!p) {
		return -ENOMEM;
	}
	p->options = options ? *options : (struct program_options){0};
	if (p->options.cycle_ns <= 0) {
		p->options.cycle_ns = PROGRAM_CYCLE_NS;
	}
	if (p->options.watchdog <= 0) {
		p->options.watchdog = PROGRAM_WATCHDOG;
	}
	err = compile(p, s);
	if (!err) {
		err = prepare(p);
	}
	if (err) {
		program_free(p);
		return err;
	}
	program_restart(p, false);
	*out = p;
	return 0;
}

void program_free(struct program *p)
{
	if (!p) {
		return;
	}
	force_fini(p);
	cells_fini(&p->cells);
	compile_free(&p->made);
	free(p->memory);
	free(p->loaded);
	free(p->tasks);
	free(p->order);
	free(p->counts);
	free(p->scratch);
	free(p);
}

int64_t program_cycle_ns(const struct program *p)
{
	return p->cycle_ns;
}

uint64_t program_scans(const struct program *p)
{
	return p->scans;
}

int64_t program_effort(const struct program *p)
{
	return p->effort;
}

const struct program_fault *program_fault(const struct program *p)
{
	return p->stopped ? &p->fault : NULL;
}

const struct program_point *program_points(const struct program *p, size_t *n,
                                           const uint64_t **counts)
{
	*n = p->made.n_points;
	*counts = p->counts;
	return p->made.points;
}

/* ---- running
 * ---------------------------------------------------------------------------
 */

void program_restart(struct program *p, bool warm)
{
	uint8_t *old = warm ? malloc(p->made.n_memory) : NULL;

	if (old) {
		memcpy(old, p->memory, p->made.n_memory);
	}
	memcpy(p->memory, p->made.memory, p->made.n_memory);
	if (old) {
		walk_keep(p, old);
	}
	free(old);
	cells_clear(&p->cells);
	memset(p->tasks, 0, p->made.n_tasks * sizeof(*p->tasks));
	p->fresh = true;
	p->stopped = false;
	p->scans = 0;
	p->effort = 0;
}

static void fault_say(struct program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fault_say(struct program *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_format(p->fault_text, sizeof(p->fault_text), format, args);
	va_end(args);
}

static struct position line_of(const struct compiled *m, uint32_t insn)
{
	size_t low = 0, high = m->n_lines;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (m->lines[middle].first <= insn) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low > 0 ? m->lines[low - 1].at : (struct position){0, 0, 0};
}

static void stop(struct program *p)
{
	const struct vm *vm = &p->vm;
	long long value = vm->value, low = vm->low, high = vm->high;

	switch (vm->fault) {
	case FAULT_DIVISION:
		fault_say(p, "division by zero");
		break;
	case FAULT_INDEX:
		fault_say(p, "index %lld is outside %lld..%lld", value, low, high);
		break;
	case FAULT_RANGE:
		fault_say(p, "value %lld is outside %lld..%lld", value, low, high);
		break;
	case FAULT_WATCHDOG:
		fault_say(
			p,
			"watchdog: more than %lld loops and calls in one scan, it would "
			"never end",
			(long long)p->options.watchdog);
		break;
	case FAULT_NONE:
	case FAULT_DEPTH:
	default:
		fault_say(p, "calls are nested too deeply");
	}
	p->fault.at = line_of(&p->made, vm->at);
	p->fault.scan = p->scans;
	p->fault.text = p->fault_text;
	p->stopped = true;
	cells_safe(p);
}

static int run(struct program *p, uint32_t entry)
{
	if (vm_run(&p->vm, entry, p->n_forces > 0) != FAULT_NONE) {
		stop(p);
		return -EFAULT;
	}
	return 0;
}

/* Which tasks are due.  One that is late runs once, and keeps its phase. */
static int choose_tasks(struct program *p)
{
	for (size_t i = 0; i < p->made.n_tasks; i++) {
		const struct compiled_task *t = &p->made.tasks[i];
		struct task_state *s = &p->tasks[i];

		s->runs = false;
		if (p->fresh) {
			s->due = p->now;
		}
		if (t->interval_ns > 0 && p->now >= s->due) {
			s->runs = true;
			s->due += ((p->now - s->due) / t->interval_ns + 1) *
			          t->interval_ns;
		}
		if (t->entry != 0) {
			bool single;

			if (run(p, t->entry) != 0) {
				return -EFAULT;
			}
			single = get_b(p->memory + t->single);
			s->runs = s->runs || (single && !s->was);
			s->was = single;
		}
	}
	return 0;
}

static int run_instances(struct program *p)
{
	for (size_t i = 0; i < p->made.n_instances; i++) {
		const struct compiled_instance *k = &p->made.instances[p->order[i]];

		if (k->task != COMPILED_NO_TASK && !p->tasks[k->task].runs) {
			continue;
		}
		if (run(p, k->entry) != 0) {
			return -EFAULT;
		}
	}
	return 0;
}

int program_scan(struct program *p, int64_t now_ns)
{
	int err;

	if (p->stopped) {
		return -EFAULT;
	}
	p->now = now_ns;
	p->vm.now = now_ns;
	p->vm.budget = p->options.watchdog;
	cells_load(p);
	vm_hold(&p->vm);
	if (p->made.first_scan != 0) {
		put_b(p->memory + p->made.first_scan, p->fresh);
	}
	err = choose_tasks(p);
	if (!err) {
		err = run_instances(p);
	}
	p->effort = p->options.watchdog - p->vm.budget;
	if (err) {
		return err;
	}
	vm_hold(&p->vm);
	cells_store(p);
	p->fresh = false;
	p->scans++;
	return 0;
}
