/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/ast.h"

#include <string.h>

enum { KEYS_FIRST = 256 }; /* slots at first; a power of two, as all later sizes */

/** Interned names: open addressing, at most half full. */
struct keys {
	const char **slots;
	size_t n, room;
};

static char folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/** FNV-1a (Fowler, Noll, Vo 1991) over the folded name. */
static size_t hash(const char *name, size_t n)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < n; i++) {
		h = (h ^ (unsigned char)folded(name[i])) * 1099511628211u;
	}
	return (size_t)(h ^ h >> 32);
}

static bool same(const char *key, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (key[i] != folded(name[i])) {
			return false; /* also where key ends */
		}
	}
	return key[n] == '\0';
}

/** Where a name is, or would be. */
static size_t slot_of(const struct keys *k, const char *name, size_t n)
{
	size_t at = hash(name, n) & (k->room - 1);

	while (k->slots[at] && !same(k->slots[at], name, n)) {
		at = (at + 1) & (k->room - 1);
	}
	return at;
}

static bool grow(struct region *r, struct keys *k)
{
	struct keys larger = {.n = k->n, .room = k->room ? 2 * k->room : KEYS_FIRST};

	larger.slots = region_array(r, larger.room, sizeof(*larger.slots));
	if (!larger.slots) {
		return false;
	}
	for (size_t i = 0; i < k->room; i++) {
		if (k->slots[i]) {
			larger.slots[slot_of(&larger, k->slots[i], strlen(k->slots[i]))] =
				k->slots[i];
		}
	}
	*k = larger;
	return true;
}

const char *ast_key(struct ast *ast, const char *name, size_t n)
{
	struct keys *k = ast->keys;
	char *key;
	size_t at;

	if (!k) {
		k = region_alloc(ast->region, sizeof(*k));
		if (!k) {
			return NULL;
		}
		ast->keys = k;
	}
	if (2 * k->n >= k->room && !grow(ast->region, k)) {
		return NULL;
	}
	at = slot_of(k, name, n);
	if (k->slots[at]) {
		return k->slots[at];
	}
	key = region_text(ast->region, name, n);
	if (!key) {
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		key[i] = folded(key[i]);
	}
	k->slots[at] = key;
	k->n++;
	return key;
}

const char *ast_pou_word(enum pou_kind kind)
{
	static const char *const words[] = {
		[POU_FUNCTION] = "FUNCTION",
		[POU_BLOCK] = "FUNCTION_BLOCK",
		[POU_PROGRAM] = "PROGRAM",
	};

	return words[kind];
}

const char *ast_section_word(enum section section)
{
	static const char *const words[] = {
		[SECTION_VAR] = "VAR",           [SECTION_INPUT] = "VAR_INPUT",
		[SECTION_OUTPUT] = "VAR_OUTPUT", [SECTION_IN_OUT] = "VAR_IN_OUT",
		[SECTION_TEMP] = "VAR_TEMP",     [SECTION_EXTERNAL] = "VAR_EXTERNAL",
		[SECTION_GLOBAL] = "VAR_GLOBAL", [SECTION_FIELD] = "STRUCT",
		[SECTION_RESULT] = "the result",
	};

	return words[section];
}

const char *ast_operator_word(enum operator op)
{
	static const char *const words[] = {
		[OPERATOR_NEGATE] = "-",         [OPERATOR_PLUS] = "+",
		[OPERATOR_NOT] = "NOT",          [OPERATOR_POWER] = "**",
		[OPERATOR_MULTIPLY] = "*",       [OPERATOR_DIVIDE] = "/",
		[OPERATOR_MOD] = "MOD",          [OPERATOR_ADD] = "+",
		[OPERATOR_SUBTRACT] = "-",       [OPERATOR_LESS] = "<",
		[OPERATOR_GREATER] = ">",        [OPERATOR_LESS_EQUAL] = "<=",
		[OPERATOR_GREATER_EQUAL] = ">=", [OPERATOR_EQUAL] = "=",
		[OPERATOR_NOT_EQUAL] = "<>",     [OPERATOR_AND] = "AND",
		[OPERATOR_XOR] = "XOR",          [OPERATOR_OR] = "OR",
	};

	return words[op];
}
