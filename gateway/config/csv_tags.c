/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/csv_tags.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/reading.h"
#include "gateway/config/csv_spelling.h"
#include "gateway/config/csv_table.h"

enum { ID_MAX = 64, DESCRIPTION_MAX = 300, KEYS_MAX = 12, ADDRESSES = 65536 };

/* An id that is taken, and how often it was wanted. */
struct taken {
	const char *id; /* NULL: free */
	unsigned n;
};

struct map {
	struct arena *arena;
	struct complaints *said;
	struct csv_table table;
	enum csv_base base;
	bool hex;                 /* the column of addresses says so */
	int columns[CSV_COLUMNS]; /* index of each, -1: none */
	struct taken *taken;      /* hashed, open addressing */
	size_t n_slots;
	const struct csv_row *row; /* under work */
	bool bad;                  /* something was complained about */
};

/* A cell of the row, with empty text and the row's place where there is none. */
static struct csv_cell cell_of(const struct map *m, enum csv_column column)
{
	int i = m->columns[column];

	if (i < 0 || (size_t)i >= m->row->n) {
		return (struct csv_cell){"", m->row->cells[0].at};
	}
	return m->row->cells[i];
}

static void refuse(struct map *m, struct place at, const char *what, const char *text)
{
	complaint_error(m->said, at, "%s: '%.60s'", what, text);
	m->bad = true;
}

/* ---- heading ---- */

static void find_columns(struct map *m)
{
	size_t ranks[CSV_COLUMNS];
	const struct csv_row *head = &m->table.rows[0];

	for (size_t i = 0; i < CSV_COLUMNS; i++) {
		m->columns[i] = -1;
	}
	for (size_t i = 0; i < head->n; i++) {
		size_t rank = 0;
		enum csv_column column = csv_column_of(head->cells[i].text, &rank);

		if (column == CSV_COLUMNS ||
		    (m->columns[column] >= 0 && ranks[column] <= rank)) {
			continue;
		}
		m->columns[column] = (int)i;
		ranks[column] = rank;
	}
	if (m->columns[CSV_ADDRESS] >= 0) {
		m->hex = strcasestr(head->cells[m->columns[CSV_ADDRESS]].text, "hex");
	}
}

/* "gain" is a factor to some and a divisor to others. */
static void warn_gain(struct map *m)
{
	int i = m->columns[CSV_SCALE];
	const struct csv_cell *cell = i < 0 ? NULL : &m->table.rows[0].cells[i];

	if (cell && strcasecmp(cell->text, "gain") == 0) {
		complaint_warning(m->said, cell->at,
		                  "'gain' is taken as a factor; where values are divided "
		                  "by it, name the column 'divisor'");
	}
}

static int check_heading(struct map *m)
{
	static const struct {
		enum csv_column column;
		const char *why;
	} wanted[] = {
		{CSV_ADDRESS, "no column of addresses (address, register, ...)"},
		{CSV_TYPE, "no column of types (type, data type, format, ...)"},
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (m->columns[wanted[i].column] < 0) {
			complaint_error(m->said, m->table.rows[0].cells[0].at, "%s",
			                wanted[i].why);
			err = -EINVAL;
		}
	}
	if (m->columns[CSV_ID] < 0 && m->columns[CSV_DESCRIPTION] < 0) {
		complaint_error(m->said, m->table.rows[0].cells[0].at,
		                "no column of names (id, tag, name, ...)");
		err = -EINVAL;
	}
	if (m->columns[CSV_SCALE] >= 0 && m->columns[CSV_DIVISOR] >= 0) {
		complaint_error(m->said,
		                m->table.rows[0].cells[m->columns[CSV_DIVISOR]].at,
		                "a scale and a divisor: one of them");
		err = -EINVAL;
	}
	warn_gain(m);
	return err;
}

/* ---- addresses ---- */

/* A title between the registers, and what can only be written. */
static bool is_passed_over(const struct map *m)
{
	struct csv_cell access = cell_of(m, CSV_ACCESS);

	return !*cell_of(m, CSV_ADDRESS).text || strcasecmp(access.text, "w") == 0 ||
	       strcasecmp(access.text, "wo") == 0 ||
	       strcasecmp(access.text, "write only") == 0 ||
	       strcasecmp(access.text, "write") == 0;
}

/* Could every number of the file be of the 40001 style?  Mixed: a complaint. */
static void decide_base(struct map *m)
{
	const struct csv_cell *plain = NULL, *reference = NULL;

	for (size_t i = 1; m->base == CSV_BASE_AUTO && i < m->table.n; i++) {
		struct csv_address address;
		const struct csv_cell *cell;

		m->row = &m->table.rows[i];
		if (is_passed_over(m)) {
			continue;
		}
		cell = &m->row->cells[m->columns[CSV_ADDRESS]];
		if (csv_address_of(&address, cell->text, m->hex) || address.certain) {
			continue;
		}
		if (address.reference) {
			reference = reference ? reference : cell;
		} else {
			plain = plain ? plain : cell;
		}
	}
	if (plain && reference) {
		complaint_error(
			m->said, plain->at,
			"'%.20s' is a plain address, '%.20s' (line %u) could be of "
			"the 40001 style: say which with csv_base (--base)",
			plain->text, reference->text, reference->at.line);
		m->bad = true;
	}
	if (m->base == CSV_BASE_AUTO) {
		m->base = reference && !plain ? CSV_BASE_REFERENCE : CSV_BASE_0;
	}
}

/* The table that the row says, "holding" where it does not. */
static const char *table_of(struct map *m)
{
	struct csv_cell cell = cell_of(m, CSV_TABLE);
	const char *table = *cell.text ? csv_table_of(cell.text) : "holding";

	if (!table) {
		refuse(m, cell.at, "not a function or table", cell.text);
	}
	return table;
}

/* Table and protocol address; false: said why. */
static bool place_of(struct map *m, struct csv_address *a)
{
	struct csv_cell cell = cell_of(m, CSV_ADDRESS);
	bool numbered = m->base == CSV_BASE_REFERENCE;

	if (csv_address_of(a, cell.text, m->hex)) {
		refuse(m, cell.at, "not an address", cell.text);
		return false;
	}
	if (a->certain) {
		a->number -= a->reference ? 1 : 0;
	} else if (numbered && !a->reference) {
		refuse(m, cell.at, "not an address of the 40001 style", cell.text);
		return false;
	} else if (numbered) {
		a->number -= 1;
	} else {
		a->table = table_of(m);
		a->number = a->plain - (m->base == CSV_BASE_1 ? 1 : 0);
	}
	if (a->table && a->number >= ADDRESSES) {
		refuse(m, cell.at,
		       m->base == CSV_BASE_1 ? "registers are numbered 1 to 65536"
		                             : "addresses are 0 to 65535",
		       cell.text);
		return false;
	}
	return a->table != NULL;
}

/* ---- ids ---- */

/* Letters, digits, - and _ of text, one _ for what lies between. */
static const char *safe_id(struct map *m, const char *text, uint32_t address)
{
	char id[ID_MAX + 1];
	size_t n = 0;

	for (; *text && n < ID_MAX; text++) {
		if (isalnum((unsigned char)*text) || *text == '-' || *text == '_') {
			id[n++] = *text;
		} else if (n && id[n - 1] != '_') {
			id[n++] = '_';
		}
	}
	while (n && id[n - 1] == '_') {
		n--;
	}
	return n ? arena_text(m->arena, id, n)
	         : arena_format(m->arena, "r%u", (unsigned)address);
}

/* The slot of an id, or a free one. */
static struct taken *slot_of(struct map *m, const char *id)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *p = id; *p; p++) {
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	}
	for (size_t i = hash % m->n_slots;; i = (i + 1) % m->n_slots) {
		if (!m->taken[i].id || strcmp(m->taken[i].id, id) == 0) {
			return &m->taken[i];
		}
	}
}

/* The id itself, or with _2, _3, ... where it is taken; NULL without memory. */
static const char *unique_id(struct map *m, const char *id)
{
	struct taken *slot = id ? slot_of(m, id) : NULL;
	const char *out = id;

	while (out && slot_of(m, out)->id) {
		out = arena_format(m->arena, "%.*s_%u", ID_MAX - 8, id, ++slot->n);
	}
	if (out) {
		slot = slot_of(m, out);
		*slot = (struct taken){out, 1};
	}
	return out;
}

/* ---- a tag ---- */

struct tag {
	struct map *m;
	struct node *node;
	int err;
};

/* Add a key; text is quoted where it is a person's. */
static void put(struct tag *t, const char *key, const char *text, struct place at,
                bool quoted)
{
	struct node *nodes = arena_scratch(t->m->arena, 2, sizeof(*nodes));

	if (!nodes || !text) {
		t->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		nodes[i] = (struct node){.at = at, .quoted = quoted, .size = 1};
	}
	nodes[0].text = nodes[0].raw = key;
	nodes[1].text = nodes[1].raw = text;
	t->node->keys[t->node->n] = &nodes[0];
	t->node->items[t->node->n++] = &nodes[1];
}

/* A number of a column, where there is one: as few digits as read back the same. */
static void put_number(struct tag *t, const char *key, enum csv_column column,
                       bool inverse)
{
	struct map *m = t->m;
	struct csv_cell cell = cell_of(m, column);
	char text[32];
	double value;
	int digits = 15;

	if (!*cell.text || strcmp(cell.text, "-") == 0) {
		return;
	}
	if (csv_number_of(&value, cell.text, m->table.separator != ',') ||
	    (inverse && value == 0)) {
		refuse(m, cell.at, "not a number", cell.text);
		return;
	}
	value = inverse ? 1 / value : value;
	do {
		snprintf(text, sizeof(text), "%.*g", digits, value);
	} while (strtod(text, NULL) != value && digits++ < 17);
	if (!(column == CSV_SCALE || column == CSV_DIVISOR) || value != 1) {
		put(t, key, arena_text(m->arena, text, strlen(text)), cell.at, false);
	}
}

/* One line of at most 300 bytes, cut between characters. */
static void put_description(struct tag *t)
{
	struct csv_cell cell = cell_of(t->m, CSV_DESCRIPTION);
	size_t n = strlen(cell.text);
	char *text;

	if (n == 0) {
		return;
	}
	if (n > DESCRIPTION_MAX) {
		n = DESCRIPTION_MAX;
		while (((unsigned char)cell.text[n] & 0xc0) == 0x80) {
			n--;
		}
	}
	text = arena_text(t->m->arena, cell.text, n);
	for (char *p = text; p && *p; p++) {
		*p = (unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p;
	}
	put(t, "description", text, cell.at, true);
}

static void put_type(struct tag *t, const struct csv_address *a)
{
	struct map *m = t->m;
	struct csv_cell cell = cell_of(m, CSV_TYPE), order = cell_of(m, CSV_ORDER);
	bool bits = *a->table == 'c' || *a->table == 'd';
	struct csv_type type = {.name = "bool"};
	const char *why, *said = NULL;

	if (a->bit >= 0) {
		snprintf(type.name, sizeof(type.name), "bit(%d)", a->bit);
	} else if (!bits &&
	           csv_type_of(&type, cell.text, cell_of(m, CSV_LENGTH).text, &why)) {
		refuse(m, cell.at, why, cell.text);
		return;
	}
	put(t, "type", arena_text(m->arena, type.name, strlen(type.name)), cell.at,
	    false);
	if (*order.text) {
		said = csv_order_of(order.text);
		if (!said) {
			refuse(m, order.at, "not an order of words", order.text);
		}
	}
	said = type.order ? type.order : said;
	if (said && (type.registers > 1 || *type.name == 's')) {
		put(t, "word_order", said, type.order ? cell.at : order.at, false);
	}
}

static void put_tag(struct tag *t, const struct csv_address *a)
{
	struct map *m = t->m;
	struct csv_cell name = cell_of(m, CSV_ID), address = cell_of(m, CSV_ADDRESS);
	struct csv_cell unit = cell_of(m, CSV_UNIT);
	bool scaled = m->columns[CSV_SCALE] >= 0;

	name = *name.text ? name : cell_of(m, CSV_DESCRIPTION);
	put(t, "id", unique_id(m, safe_id(m, name.text, a->number)), name.at, true);
	put(t, "at", arena_format(m->arena, "%s:%u", a->table, (unsigned)a->number),
	    address.at, true);
	put_type(t, a);
	if (*unit.text && strcmp(unit.text, "-") != 0) {
		put(t, "unit", unit.text, unit.at, true);
	}
	put_number(t, "scale", scaled ? CSV_SCALE : CSV_DIVISOR, !scaled);
	put_number(t, "offset", CSV_OFFSET, false);
	put_number(t, "min", CSV_MIN, false);
	put_number(t, "max", CSV_MAX, false);
	put_description(t);
}

/* Types that are no numbers have neither scale nor range. */
static void drop_meaningless(struct node *tag)
{
	const struct node *type = tree_find(tag, "type");
	size_t n = 0;

	if (!type ||
	    (strncmp(type->text, "b", 1) != 0 && *type->text != 's' &&
	     *type->text != 'e') ||
	    strncmp(type->text, "bcd", 3) == 0) {
		return;
	}
	for (size_t i = 0; i < tag->n; i++) {
		const char *key = tag->keys[i]->text;

		if (strcmp(key, "scale") != 0 && strcmp(key, "offset") != 0 &&
		    strcmp(key, "min") != 0 && strcmp(key, "max") != 0) {
			tag->keys[n] = tag->keys[i];
			tag->items[n++] = tag->items[i];
		}
	}
	tag->n = n;
}

static int read_tag(struct map *m, struct node *list)
{
	struct arena *arena = m->arena;
	struct tag t = {.m = m, .node = arena_scratch(arena, 1, sizeof(*t.node))};
	struct csv_address address;

	if (!place_of(m, &address)) {
		return 0;
	}
	if (!t.node) {
		return -ENOMEM;
	}
	*t.node = (struct node){.kind = NODE_MAP, .at = m->row->cells[0].at, .size = 1};
	t.node->keys = arena_scratch(arena, KEYS_MAX, sizeof(struct node *));
	t.node->items = arena_scratch(arena, KEYS_MAX, sizeof(struct node *));
	if (!t.node->keys || !t.node->items) {
		return -ENOMEM;
	}
	put_tag(&t, &address);
	drop_meaningless(t.node);
	list->items[list->n++] = t.node;
	return t.err;
}

static int read_tags(struct map *m, struct node *list)
{
	int err = 0;

	for (size_t i = 1; !err && i < m->table.n; i++) {
		m->row = &m->table.rows[i];
		if (m->row->n > m->table.rows[0].n) {
			complaint_error(m->said, m->row->cells[m->table.rows[0].n].at,
			                "more cells than the heading has");
			m->bad = true;
		} else if (!is_passed_over(m)) {
			err = read_tag(m, list);
		}
	}
	return err ? err : m->bad ? -EINVAL : 0;
}

int csv_tags_read(struct node **out, struct arena *arena, struct complaints *said,
                  uint32_t source, enum csv_base base)
{
	struct map m = {.arena = arena, .said = said, .base = base};
	struct node *list = arena_scratch(arena, 1, sizeof(*list));
	int err = list ? csv_table_read(&m.table, arena, said, source) : -ENOMEM;

	if (err) {
		return err;
	}
	find_columns(&m);
	err = check_heading(&m);
	if (err) {
		return err;
	}
	*list = (struct node){.kind = NODE_LIST, .at = {source, 1, 1}, .size = 1};
	list->items = arena_scratch(arena, m.table.n, sizeof(struct node *));
	m.n_slots = 2 * m.table.n + 1;
	m.taken = arena_scratch(arena, m.n_slots, sizeof(*m.taken));
	if (!list->items || !m.taken) {
		return -ENOMEM;
	}
	decide_base(&m);
	err = read_tags(&m, list);
	*out = list;
	return err;
}
