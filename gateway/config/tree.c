/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events to nodes.  libyaml keeps duplicate keys silently and resolves no
 * aliases; both, and all limits, are ours. */
#include "gateway/config/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
	const char *name;
	struct node *node;
	struct anchor *next;
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct complaints *said;
	uint32_t source;
	const char *text;
	size_t n;
	struct anchor *anchors; /* newest first: a name may be used anew */
	size_t n_nodes;
};

static struct place place_of(const struct reader *r, yaml_mark_t mark)
{
	return (struct place){r->source, (uint32_t)mark.line + 1,
	                      (uint32_t)mark.column + 1};
}

/* A parser that fails while decoding knows only the byte. */
static struct place place_of_byte(const struct reader *r, size_t offset)
{
	struct place at = {r->source, 1, 1};

	for (size_t i = 0; i < offset && i < r->n; i++) {
		if (r->text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if ((r->text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

/* Does the text have a tab at this place?  The usual reason of a scanner error. */
static bool is_tab(const struct reader *r, yaml_mark_t mark)
{
	return mark.index < r->n && r->text[mark.index] == '\t';
}

/* Turn libyaml's report into a complaint. */
static int syntax_error(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not understood";

	if (p->error == YAML_MEMORY_ERROR) {
		return -ENOMEM;
	}
	if (p->error == YAML_READER_ERROR) {
		complaint_error(r->said, place_of_byte(r, p->problem_offset),
		                "not YAML: %s", problem);
	} else if (is_tab(r, p->problem_mark)) {
		complaint_error(r->said, place_of(r, p->problem_mark),
		                "not YAML: a tab cannot indent, use spaces");
	} else if (p->context && strstr(problem, "unexpected end of stream")) {
		/* Where it began says more than where the file ends. */
		complaint_error(r->said, place_of(r, p->context_mark),
		                "not YAML: %s %s that begins here", problem, p->context);
	} else if (p->context) {
		complaint_error(r->said, place_of(r, p->problem_mark),
		                "not YAML: %s (%s that began in line %zu)", problem,
		                p->context, p->context_mark.line + 1);
	} else {
		complaint_error(r->said, place_of(r, p->problem_mark), "not YAML: %s",
		                problem);
	}
	return -EINVAL;
}

static int next(struct reader *r, yaml_event_t *event)
{
	return yaml_parser_parse(&r->parser, event) ? 0 : syntax_error(r);
}

static int new_node(struct reader *r, const yaml_event_t *event, enum node_kind kind,
                    struct node **out)
{
	struct node *node = arena_scratch(r->arena, 1, sizeof(*node));

	if (!node) {
		return -ENOMEM;
	}
	node->kind = kind;
	node->at = place_of(r, event->start_mark);
	node->text = node->raw = "";
	*out = node;
	return 0;
}

/* Count a finished node; the limit is on what a reader of the tree would walk over. */
static int finish(struct reader *r, struct node *node, size_t size)
{
	node->size = size;
	r->n_nodes += 1;
	if (size > TREE_NODES_MAX || r->n_nodes > TREE_NODES_MAX) {
		complaint_error(r->said, node->at, "too large: more than %d values",
		                TREE_NODES_MAX);
		return -EINVAL;
	}
	return 0;
}

static int set_anchor(struct reader *r, const yaml_char_t *name, struct node *node)
{
	struct anchor *anchor;

	if (!name) {
		return 0;
	}
	anchor = arena_scratch(r->arena, 1, sizeof(*anchor));
	if (!anchor) {
		return -ENOMEM;
	}
	anchor->name = arena_text(r->arena, (const char *)name,
	                          strlen((const char *)name));
	anchor->node = node;
	anchor->next = r->anchors;
	r->anchors = anchor;
	return anchor->name ? 0 : -ENOMEM;
}

static int read_alias(struct reader *r, const yaml_event_t *event, struct node **out)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *a = r->anchors;
	struct place at = place_of(r, event->start_mark);

	while (a && strcmp(a->name, name) != 0) {
		a = a->next;
	}
	if (!a || a->node->size == 0) {
		complaint_error(r->said, at,
		                a ? "alias '*%s' stands within what it means"
		                  : "unknown alias '*%s'",
		                name);
		return -EINVAL;
	}
	*out = a->node;
	return 0;
}

static void refuse_tag(struct reader *r, struct place at, const yaml_char_t *tag)
{
	if (tag) {
		complaint_error(r->said, at, "YAML tags are not used here: '%s'",
		                (const char *)tag);
	}
}

static int read_scalar(struct reader *r, const yaml_event_t *event, struct node **out)
{
	const char *text = (const char *)event->data.scalar.value;
	int err = new_node(r, event, NODE_SCALAR, out);

	if (err) {
		return err;
	}
	if (strlen(text) != event->data.scalar.length) {
		complaint_error(r->said, (*out)->at, "a text with a NUL character");
	}
	refuse_tag(r, (*out)->at, event->data.scalar.tag);
	(*out)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	(*out)->text = (*out)->raw = arena_word(r->arena, text, strlen(text));
	if (!(*out)->text) {
		return -ENOMEM;
	}
	err = set_anchor(r, event->data.scalar.anchor, *out);
	return err ? err : finish(r, *out, 1);
}

/* Room for one more in an array whose room doubles when n is a power of two. */
static int grow(struct reader *r, struct node ***array, size_t n)
{
	struct node **grown;

	if (n & (n - 1)) {
		return 0;
	}
	grown = arena_scratch(r->arena, n ? n * 2 : 1, sizeof(struct node *));
	if (!grown) {
		return -ENOMEM;
	}
	if (n) {
		memcpy(grown, *array, n * sizeof(struct node *));
	}
	*array = grown;
	return 0;
}

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct node **out);

static int read_list(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct node **out)
{
	yaml_event_t child;
	size_t size = 1;
	int err = new_node(r, event, NODE_LIST, out);

	if (!err) {
		refuse_tag(r, (*out)->at, event->data.sequence_start.tag);
		err = set_anchor(r, event->data.sequence_start.anchor, *out);
	}
	while (!err) {
		struct node *list = *out;

		err = next(r, &child);
		if (err || child.type == YAML_SEQUENCE_END_EVENT) {
			break;
		}
		err = grow(r, &list->items, list->n);
		if (!err) {
			err = read_node(r, &child, depth + 1, &list->items[list->n]);
		}
		if (!err) {
			size += list->items[list->n++]->size;
		}
		yaml_event_delete(&child);
	}
	return err ? err : finish(r, *out, size);
}

/* A key as it comes; -EINVAL where it cannot be one, and nothing after it makes sense. */
static int check_key(struct reader *r, const struct node *map, const struct node *key)
{
	const struct node *value = NULL;

	if (key->kind != NODE_SCALAR) {
		complaint_error(r->said, key->at, "a key is a plain word");
		return -EINVAL;
	}
	if (map->n == TREE_KEYS_MAX) {
		complaint_error(r->said, key->at, "more than %d keys", TREE_KEYS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < map->n && !value; i++) {
		if (strcmp(map->keys[i]->text, key->text) == 0) {
			value = map->keys[i];
		}
	}
	if (value) {
		complaint_error(r->said, key->at, "duplicate key '%s' (first in line %u)",
		                key->text, value->at.line);
	}
	return 0;
}

static int read_pair(struct reader *r, const yaml_event_t *first, unsigned depth,
                     struct node *map)
{
	yaml_event_t second;
	int err = grow(r, &map->keys, map->n);

	if (!err) {
		err = grow(r, &map->items, map->n);
	}
	if (!err) {
		err = read_node(r, first, depth + 1, &map->keys[map->n]);
	}
	if (!err) {
		err = check_key(r, map, map->keys[map->n]);
	}
	if (!err) {
		err = next(r, &second);
	}
	if (!err) {
		err = read_node(r, &second, depth + 1, &map->items[map->n]);
		yaml_event_delete(&second);
	}
	map->n += err ? 0 : 1;
	return err;
}

static int read_map(struct reader *r, const yaml_event_t *event, unsigned depth,
                    struct node **out)
{
	yaml_event_t child;
	size_t size = 1;
	int err = new_node(r, event, NODE_MAP, out);

	if (!err) {
		refuse_tag(r, (*out)->at, event->data.mapping_start.tag);
		err = set_anchor(r, event->data.mapping_start.anchor, *out);
	}
	while (!err) {
		err = next(r, &child);
		if (err || child.type == YAML_MAPPING_END_EVENT) {
			break;
		}
		err = read_pair(r, &child, depth, *out);
		if (!err) {
			size += 1 + (*out)->items[(*out)->n - 1]->size;
		}
		yaml_event_delete(&child);
	}
	return err ? err : finish(r, *out, size);
}

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct node **out)
{
	if (depth > TREE_DEPTH_MAX) {
		complaint_error(r->said, place_of(r, event->start_mark),
		                "nested deeper than %d levels", TREE_DEPTH_MAX);
		return -EINVAL;
	}
	switch ((int)event->type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r, event, out);
	case YAML_SCALAR_EVENT:
		return read_scalar(r, event, out);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, event, depth, out);
	default:
		return read_map(r, event, depth, out);
	}
}

/* Stream and document wrap the one node; more than one document is one too many. */
static int read_document(struct reader *r, struct node **out)
{
	yaml_event_t event;
	unsigned documents = 0;
	bool more = true;
	int err = 0;

	while (!err && more) {
		err = next(r, &event);
		if (err) {
			break;
		}
		switch ((int)event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_STREAM_END_EVENT:
			more = false;
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (documents++ == 1) {
				complaint_error(r->said, place_of(r, event.start_mark),
				                "a second document; one file is one");
				more = false;
			}
			break;
		default:
			err = read_node(r, &event, 0, out);
		}
		yaml_event_delete(&event);
	}
	return err;
}

int tree_read(struct node **out, struct arena *arena, struct complaints *said,
              uint32_t source)
{
	struct reader r = {.arena = arena, .said = said, .source = source};
	struct node *root = NULL;
	int err;

	r.text = complaint_source_text(said, source, &r.n);

	if (!yaml_parser_initialize(&r.parser)) {
		return -ENOMEM;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.n);
	err = read_document(&r, &root);
	yaml_parser_delete(&r.parser);
	if (!err) {
		*out = root;
	}
	return err;
}

struct node *tree_find(const struct node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++) {
		if (tree_is_key(map->keys[i]->text, key)) {
			return map->items[i];
		}
	}
	return NULL;
}
