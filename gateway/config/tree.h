/* SPDX-License-Identifier: Apache-2.0 */
/**
 * YAML text to a tree that knows where everything stands.
 *
 * Strict: duplicate keys, keys that are no plain words, tags, merge keys, a second
 * document, recursion and excess (depth, size after aliases) are complained about.
 * Scalars stay text; what they mean is decided by who reads them
 * (gateway/config/schema.h).
 */
#ifndef GATEWAY_CONFIG_TREE_H
#define GATEWAY_CONFIG_TREE_H

#include <stdbool.h>
#include <string.h>

#include "gateway/config/arena.h"
#include "gateway/config/complaint.h"

enum {
	TREE_DEPTH_MAX = 32,
	TREE_NODES_MAX = 1000000, /* an alias counts as all that it stands for */
	TREE_KEYS_MAX = 1000,     /* of one map */
};

enum node_kind {
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAP,
};

/** A plain value in an arena; aliases share nodes, so it is a graph without circles. */
struct node {
	enum node_kind kind;
	bool quoted;        /* scalar: in quotes, or a block: surely text */
	bool secret;        /* scalar: made of ${ENV}; messages show the source instead */
	bool expanded;      /* tree_expand() has been here */
	bool bad;           /* complained about: nobody looks at it again */
	struct place at;    /* its first character */
	const char *text;   /* scalar: its text, ${ENV} replaced */
	const char *raw;    /* scalar: as it stands in the file */
	size_t n;           /* list: items; map: pairs */
	struct node **keys; /* map: scalars */
	struct node **items; /* list, and values of a map */
	size_t size;         /* nodes in all; 0 while it is being read */
};

/**
 * Read one document.
 *
 * @param[out] out  set on success; in arena; NULL where the document is empty
 * @param source    number of the text in said (complaint_source())
 * @return 0, also where said has new errors but a tree could be made; -EINVAL where it
 *         could not (said says why); -ENOMEM
 */
int tree_read(struct node **out, struct arena *arena, struct complaints *said,
              uint32_t source);

/** Are two keys the same?  Most are told apart by their first letters: 100,000 tags have
 * some ten million to be compared. */
static inline bool tree_is_key(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}

/** The value of a key, or NULL. */
struct node *tree_find(const struct node *map, const char *key);

/** Replace ${NAME} in all scalars by what getenv() says; complain where it is unset.
 * @return 0 or -ENOMEM */
int tree_expand(struct node *root, struct arena *arena, struct complaints *said);

#endif
