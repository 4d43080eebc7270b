/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/check.h"

#include <errno.h>
#include <stdarg.h>

#include "twin/plc/check_impl.h"
#include "twin/plc/message.h"

void check_say(struct check *c, const struct expr *e, const char *format, ...)
{
	char text[SOURCES_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	message_format(text, sizeof(text), format, args);
	va_end(args);
	sources_error(c->sources, check_start(e), check_length(e), "%s", text);
}

const char *check_format(struct check *c, const char *format, ...)
{
	static const char nothing[SOURCES_MESSAGE_MAX];
	char text[SOURCES_MESSAGE_MAX];
	const char *copy;
	va_list args;
	size_t n;

	va_start(args, format);
	n = message_format(text, sizeof(text), format, args);
	va_end(args);
	copy = region_text(c->region, text, n);
	return copy ? copy : nothing;
}

static void make_first_scan(struct check *c)
{
	static const char name[] = "FIRST_SCAN";

	c->first_scan = (struct variable){
		.name = {.text = name,
	                 .key = ast_key(c->ast, name, sizeof(name) - 1),
	                 .length = sizeof(name) - 1},
		.section = SECTION_GLOBAL,
		.type = type_elementary(KIND_BOOL),
	};
}

int check_tree(struct ast *ast)
{
	struct region *region = sources_region(ast->sources);
	struct check *c = region_alloc(region, sizeof(*c));

	if (!c) {
		return -ENOMEM;
	}
	c->ast = ast;
	c->sources = ast->sources;
	c->region = region;
	make_first_scan(c);
	check_names(c);
	check_declarations(c);
	check_overlaps(c);
	for (struct pou *p = ast->pous; p; p = p->next) {
		check_body(c, p);
	}
	check_configurations(c);
	check_recursion(c);
	if (sources_errors(ast->sources) == 0) {
		check_unused(c);
	}
	return region->exhausted ? -ENOMEM : 0;
}
