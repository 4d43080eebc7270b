/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of standard functions: overloaded, extensible, some of them operators in words.
 */
#include <string.h>

#include "twin/plc/check_impl.h"

/** One call while it is checked. */
struct call {
	struct expr *e;
	const struct standard_function *f;
	struct item **items; /* by parameter, of n; NULL: not given */
	uint32_t n;
	struct item *en, *eno;
};

static const struct type *error_type(void)
{
	return type_elementary(KIND_ERROR);
}

/* ---- which argument is which
 * -----------------------------------------------------------
 */

static const struct standard_parameter *parameter(const struct standard_function *f,
                                                  uint32_t i)
{
	uint32_t n = standard_parameters(f);

	return &f->parameters[i < n ? i : n - 1];
}

static uint32_t digits(const char *text, size_t n)
{
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || value > 99999) {
			return UINT32_MAX;
		}
		value = value * 10 + (uint32_t)(text[i] - '0');
	}
	return n > 0 ? value : UINT32_MAX;
}

/* IN5 of a function whose last parameter is IN2 is its fifth; UINT32_MAX: none. */
static uint32_t numbered(const struct standard_function *f, const struct name *name)
{
	uint32_t last = standard_parameters(f) - 1, base, k;
	const char *of = f->parameters[last].name;
	size_t stem = strcspn(of, "0123456789");
	struct name head = *name;

	if (!f->extensible || name->length <= stem) {
		return UINT32_MAX;
	}
	head.length = (uint16_t)stem;
	base = digits(of + stem, strlen(of + stem));
	k = digits(name->text + stem, name->length - stem);
	if (!check_is_called(&head, "IN") || k == UINT32_MAX || k < base) {
		return UINT32_MAX;
	}
	return last + (k - base);
}

static uint32_t place_of(const struct standard_function *f, const struct name *name)
{
	for (uint32_t i = 0; f->parameters[i].name; i++) {
		if (check_is_called(name, f->parameters[i].name)) {
			return i;
		}
	}
	return numbered(f, name);
}

static bool take_enable(struct check *c, struct call *call, struct item *i)
{
	if (!i->name.text || !check_enable(c, i)) {
		return false;
	}
	if (i->output) {
		call->eno = i;
	} else {
		call->en = i;
	}
	return true;
}

static void place_item(struct check *c, struct call *call, struct item *i, uint32_t k)
{
	uint32_t most = standard_parameters(call->f);

	if (i->output || (k >= most && !call->f->extensible) || k >= call->n) {
		sources_error(c->sources, i->name.text ? i->name.at : call->e->at,
		              i->name.text ? i->name.length : call->e->length,
		              i->name.text ? "%s has no %.*s"
		                           : "%s takes fewer arguments%.*s",
		              call->f->name, i->name.text ? (int)i->name.length : 0,
		              i->name.text ? i->name.text : "");
		call->f = NULL;
	} else if (call->items[k]) {
		sources_error(c->sources, i->name.at, i->name.length,
		              "%.*s is given twice in this call", CHECK_NAME(&i->name));
		call->f = NULL;
	} else {
		i->standard = k;
		call->items[k] = i;
	}
}

static void say_count(struct check *c, struct call *call, uint32_t n)
{
	uint32_t least = standard_parameters(call->f);

	check_say(c, call->e, "%s takes %s%u argument%s, here %s %u", call->f->name,
	          call->f->extensible ? "at least " : "", least, least == 1 ? "" : "s",
	          n == 1 ? "is" : "are", n);
	call->f = NULL;
}

/* All arguments to their places; call->f is NULL where that went wrong, which was said.
 */
static void place(struct check *c, struct call *call)
{
	uint32_t least = standard_parameters(call->f), bare = 0, most = call->n;
	bool named = false;

	for (struct item *i = call->e->u.call.items; i && call->f; i = i->next) {
		if (take_enable(c, call, i)) {
			continue;
		}
		named = named || i->name.text;
		if (!i->name.text && bare >= least && !call->f->extensible) {
			bare++;
			continue;
		}
		place_item(c, call, i,
		           i->name.text ? place_of(call->f, &i->name) : bare++);
	}
	if (!call->f) {
		return;
	}
	call->n = least;
	for (uint32_t k = least; k < most; k++) {
		call->n = call->items[k] ? k + 1 : call->n;
	}
	if (!named && (bare < least || (bare > least && !call->f->extensible))) {
		say_count(c, call, bare);
		return;
	}
	for (uint32_t k = 0; k < call->n && call->f; k++) {
		if (!call->items[k] || !call->items[k]->value) {
			check_say(c, call->e, "%s is called without %s", call->f->name,
			          k < least ? call->f->parameters[k].name
			                    : "one of its inputs");
			call->f = NULL;
		}
	}
}

/* ---- what an argument may be
 * -----------------------------------------------------------
 */

static const char *group_text(const struct standard_parameter *p)
{
	switch (p->group) {
	case CLASS_KIND:
		return type_kind_name(p->kind);
	case CLASS_MAGNITUDE:
		return "a number or a time";
	case CLASS_NUMBER:
		return "a number";
	case CLASS_INTEGER:
		return "a whole number";
	case CLASS_REAL:
		return "a REAL or LREAL";
	case CLASS_BITS:
		return "BOOL or a bit string (BYTE, WORD ...)";
	case CLASS_STRING:
		return "a text";
	case CLASS_TIME:
		return "a TIME";
	case CLASS_ANY:
	case CLASS_ELEMENTARY:
		break;
	}
	return "a single value";
}

static bool belongs(const struct type *t, const struct standard_parameter *p)
{
	bool open = check_is_open(t);

	if (t->kind == KIND_ERROR) {
		return true;
	}
	switch (p->group) {
	case CLASS_KIND:
		return check_widens(t, type_elementary(p->kind));
	case CLASS_MAGNITUDE:
		return type_is_number(t) || type_is_time(t);
	case CLASS_NUMBER:
		return type_is_number(t);
	case CLASS_INTEGER:
		return type_is_integer(t);
	case CLASS_REAL: /* integers widen to LREAL, but for those of 64 bits */
		return open || check_widens(t, type_elementary(KIND_LREAL));
	case CLASS_BITS:
		return t == &check_any_integer || type_is_bits(t);
	case CLASS_STRING:
		return type_is_string(t);
	case CLASS_TIME:
		return type_is_time(t);
	case CLASS_ELEMENTARY:
		return type_is_elementary(t) || t->kind == KIND_SUBRANGE;
	case CLASS_ANY:
		return t->kind != KIND_BLOCK;
	}
	return true;
}

/* Those that get the common type: of SHL(IN, N), LEFT(IN, L), MUX(K, IN0, IN1) only IN.
 */
static bool takes_part(const struct call *call, uint32_t i)
{
	const struct standard_parameter *p = parameter(call->f, i);

	return call->f->result == RESULT_COMMON && p->group != CLASS_KIND &&
	       p->group != CLASS_INTEGER;
}

static bool check_one(struct check *c, const struct call *call, uint32_t i,
                      const struct type *want)
{
	const struct standard_parameter *p = parameter(call->f, i);
	struct expr *e = call->items[i]->value;
	struct check_slot slot = {.type = type_elementary(p->kind), .text = p->name};

	if (p->group == CLASS_KIND) {
		check_value_in(c, e, &slot);
		return true;
	}
	check_expr(c, e, takes_part(call, i) ? want : NULL);
	if (!belongs(e->type, p)) {
		check_say(c, e, "%s of %s is %s, not %s", p->name, call->f->name,
		          group_text(p), check_text(c, e->type));
		return false;
	}
	if (!takes_part(call, i)) {
		check_settle(c, e);
	}
	return e->type->kind != KIND_ERROR;
}

/* ---- the common type
 * -------------------------------------------------------------------
 */

/* Of those whose type is known; NULL where there are none, KIND_ERROR where they differ.
 */
static const struct type *common_of(struct check *c, const struct call *call)
{
	const struct type *t = NULL;

	for (uint32_t i = 0; i < call->n; i++) {
		struct expr *e = call->items[i]->value;
		const struct type *both;

		if (!takes_part(call, i) || check_is_open(e->type)) {
			continue;
		}
		both = t ? check_common(t, e->type) : e->type;
		if (!both) {
			check_say(c, e,
			          "%s takes values of one kind: this is %s, before it is "
			          "%s",
			          call->f->name, check_text(c, e->type),
			          check_text(c, t));
			return error_type();
		}
		t = both;
	}
	return t;
}

/* Of literals alone: what is wanted, else what they are by themselves. */
static const struct type *open_common(struct check *c, const struct call *call,
                                      const struct type *want)
{
	enum standard_class group = parameter(call->f, call->n - 1)->group;
	const struct type *t = NULL;

	group = takes_part(call, 0) ? parameter(call->f, 0)->group : group;
	for (uint32_t i = 0; i < call->n; i++) {
		struct expr *e = call->items[i]->value;

		if (!takes_part(call, i)) {
			continue;
		}
		if (want && check_adopt(c, e, want)) {
			t = want;
			continue;
		}
		if (group == CLASS_REAL) {
			check_adopt(c, e, type_elementary(KIND_LREAL));
		} else if (group == CLASS_BITS) {
			for (enum kind k = KIND_BYTE;
			     k <= KIND_LWORD && !check_adopt(c, e, type_elementary(k));
			     k++) {
			}
		} else {
			check_settle(c, e);
		}
		t = t ? check_common(t, e->type) : e->type;
		t = t ? t : error_type();
	}
	return t ? t : error_type();
}

/* An integer where a REAL belongs becomes one. */
static const struct type *real_for(const struct call *call, const struct type *t)
{
	uint32_t i = takes_part(call, 0) ? 0 : call->n - 1;

	if (parameter(call->f, i)->group != CLASS_REAL || type_is_real(t)) {
		return t;
	}
	return type_elementary(check_widens(t, type_elementary(KIND_REAL)) ? KIND_REAL
	                                                                   : KIND_LREAL);
}

static bool fit_common(struct check *c, const struct call *call, const struct type *t)
{
	struct check_slot slot = {.type = t};

	for (uint32_t i = 0; i < call->n; i++) {
		struct expr *e = call->items[i]->value;

		if (!takes_part(call, i)) {
			continue;
		}
		if (type_is_string(t)) {
			continue; /* the longest is the common one: nothing is cut */
		}
		if (!check_fit(c, e, &slot)) {
			return false;
		}
	}
	return true;
}

/* A text put together of several is as long as all of them. */
static const struct type *joined(struct check *c, const struct call *call,
                                 const struct type *t)
{
	uint64_t length = 0;
	struct type *sum;

	if (call->f->id != STANDARD_CONCAT && call->f->id != STANDARD_INSERT &&
	    call->f->id != STANDARD_REPLACE) {
		return t;
	}
	for (uint32_t i = 0; i < call->n; i++) {
		if (takes_part(call, i)) {
			length += call->items[i]->value->type->u.length;
		}
	}
	sum = type_new(c->region, t->kind, NULL);
	if (!sum) {
		return error_type();
	}
	sum->u.length = length < TYPE_STRING_MAX ? (uint32_t)length : TYPE_STRING_MAX;
	return sum;
}

static void check_common_call(struct check *c, const struct call *call,
                              const struct type *want)
{
	const struct type *t = common_of(c, call);

	if (t && t->kind == KIND_ERROR) {
		return;
	}
	t = t ? real_for(call, t) : open_common(c, call, want);
	if (t->kind == KIND_SUBRANGE && call->n > 1) {
		t = type_base(t);
	}
	if (t->kind == KIND_ERROR || !fit_common(c, call, t)) {
		return;
	}
	call->e->type = type_is_string(t) ? joined(c, call, t) : t;
}

/* ---- operators in words
 * ----------------------------------------------------------------
 */

static struct expr *node(struct check *c, const struct call *call, struct expr *left,
                         struct expr *right)
{
	struct expr *e = region_alloc(c->region, sizeof(*e));

	if (!e) {
		return NULL;
	}
	e->kind = right ? EXPR_BINARY : EXPR_UNARY;
	e->at = call->e->at;
	e->length = call->e->length;
	e->depth = call->e->depth;
	e->parentheses = true;
	e->u.operation.op = call->f->op;
	e->u.operation.left = left;
	e->u.operation.right = right;
	return e;
}

static bool is_plain(const struct expr *e)
{
	return e->kind == EXPR_NAME || e->kind == EXPR_LITERAL || e->kind == EXPR_FIELD ||
	       e->kind == EXPR_ENUM || e->kind == EXPR_DIRECT;
}

static struct expr *join(struct check *c, const struct call *call, struct expr *left,
                         struct expr *right, const struct type *want)
{
	struct expr *e = left && right ? node(c, call, left, right) : NULL;

	if (e) {
		check_combine(c, e, want);
	}
	return e;
}

/* GT(a, b, c) is a > b AND b > c: b stands twice, so it must be cheap and alone. */
static struct expr *chain_comparison(struct check *c, const struct call *call)
{
	struct expr *all = NULL;

	for (uint32_t i = 0; i + 1 < call->n; i++) {
		struct expr *left = call->items[i]->value, *pair, *copy;

		if (i > 0 && !is_plain(left)) {
			check_say(c, left,
			          "between others, %s takes a variable or a number: give "
			          "this "
			          "value a name first",
			          call->f->name);
			return NULL;
		}
		copy = region_alloc(c->region, sizeof(*copy));
		if (!copy) {
			return NULL;
		}
		*copy = *left;
		pair = join(c, call, copy, call->items[i + 1]->value, NULL);
		if (all && pair) {
			all = node(c, call, all, pair);
			if (all) {
				all->u.operation.op = OPERATOR_AND;
				check_combine(c, all, NULL);
			}
		} else {
			all = pair;
		}
	}
	return all;
}

static struct expr *chain(struct check *c, const struct call *call,
                          const struct type *want)
{
	struct expr *all = call->items[0]->value;
	enum operator op = call->f->op;

	if (call->n == 1) {
		all = node(c, call, all, NULL);
		if (all) {
			check_combine(c, all, want);
		}
		return all;
	}
	if (op >= OPERATOR_LESS && op <= OPERATOR_NOT_EQUAL) {
		return chain_comparison(c, call);
	}
	for (uint32_t i = 1; i < call->n && all; i++) {
		all = join(c, call, all, call->items[i]->value, want);
	}
	return all;
}

/* Deep trees were refused by the parser; a long list of arguments makes one too. */
static bool is_too_long(struct check *c, const struct call *call)
{
	if (call->n > AST_EXPR_DEPTH_MAX / 2) {
		check_say(c, call->e, "%s takes at most %u arguments", call->f->name,
		          (unsigned)AST_EXPR_DEPTH_MAX / 2);
		return true;
	}
	return false;
}

/* ADD_TIME takes times only, where + takes much else. */
static bool check_members(struct check *c, const struct call *call,
                          const struct type *want)
{
	enum operator op = call->f->op;
	bool comparison = op >= OPERATOR_LESS && op <= OPERATOR_NOT_EQUAL, right = true;

	for (uint32_t i = 0; i < call->n; i++) {
		const struct standard_parameter *p = parameter(call->f, i);
		struct expr *e = call->items[i]->value;

		if (comparison) {
			want = i > 0 ? call->items[0]->value->type : NULL;
		}
		check_expr(c, e, want);
		if (p->group != CLASS_ANY && !belongs(e->type, p)) {
			check_say(c, e, "%s of %s is %s, not %s", p->name, call->f->name,
			          group_text(p), check_text(c, e->type));
			right = false;
		}
	}
	return right;
}

/* With EN or ENO what remains is MOVE(EN := ..., IN := a + b, ENO => ...). */
static void wrap(struct check *c, struct call *call, struct expr *value)
{
	struct item *in = region_alloc(c->region, sizeof(*in));
	struct expr *e = call->e;

	if (!in) {
		return;
	}
	check_settle(c, value);
	in->value = value;
	in->next = call->eno;
	e->u.call.items = call->en ? call->en : in;
	e->u.call.n = 1u + (call->en ? 1u : 0u) + (call->eno ? 1u : 0u);
	if (call->en) {
		call->en->next = in;
	}
	if (call->eno) {
		call->eno->next = NULL;
	}
	e->standard = STANDARD_MOVE;
	e->type = value->type;
}

static void check_operator_call(struct check *c, struct call *call,
                                const struct type *want)
{
	const char *outer = c->word;
	struct expr *value;

	if (is_too_long(c, call)) {
		check_arguments_alone(c, call->e);
		return;
	}
	if (!check_members(c, call, want)) {
		return;
	}
	c->word = call->f->name;
	value = chain(c, call, want);
	c->word = outer;
	if (!value || value->type->kind == KIND_ERROR) {
		return;
	}
	if (call->en || call->eno) {
		wrap(c, call, value);
		return;
	}
	*call->e = *value;
}

/* ---- all of them
 * -----------------------------------------------------------------------
 */

static bool is_wanted_integer(const struct type *want)
{
	return want && type_is_integer(want) && want->kind != KIND_ERROR &&
	       !check_is_open(want);
}

static void check_placed(struct check *c, struct call *call, const struct type *want)
{
	bool right = true;

	if (call->f->result == RESULT_OPERATOR) {
		check_operator_call(c, call, want);
		return;
	}
	for (uint32_t i = 0; i < call->n; i++) {
		right = check_one(c, call, i, want) && right;
	}
	if (call->f->result == RESULT_KIND) {
		call->e->type = type_elementary(call->f->kind);
	} else if (call->f->result == RESULT_CONTEXT) {
		call->e->type = is_wanted_integer(want) ? type_base(want)
		                                        : type_elementary(call->f->kind);
	} else if (right) {
		check_common_call(c, call, want);
	}
}

void check_standard_call(struct check *c, struct expr *e,
                         const struct standard_function *f, const struct type *want)
{
	struct call call = {.e = e, .f = f};

	e->type = error_type();
	for (const struct item *i = e->u.call.items; i; i = i->next) {
		call.n++;
	}
	call.n += standard_parameters(f);
	call.items = region_array(c->region, call.n, sizeof(*call.items));
	if (!call.items || check_is_mixed(c, e)) {
		check_arguments_alone(c, e);
		return;
	}
	place(c, &call);
	if (!call.f) {
		check_arguments_alone(c, e);
		return;
	}
	e->standard = f->id;
	check_placed(c, &call, want);
}
