/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/node.h"

#include <errno.h>
#include <string.h>

/* The #3 at the end: where it begins, or the end. */
static const char *find_index(const char *at)
{
	const char *end = at + strlen(at);
	const char *hash = strrchr(at, '#');

	return hash && hash[1] && strspn(hash + 1, "0123456789") == strlen(hash + 1)
	               ? hash
	               : end;
}

int node_parse(struct node *n, const char *at, const char **why)
{
	const char *hash = find_index(at);
	const UA_String text = {.length = (size_t)(hash - at), .data = (UA_Byte *)at};

	*n = (struct node){.id = UA_EXPANDEDNODEID_NULL};
	*why = "a node is written ns=2;s=Pump.Flow, nsu=http://...;i=7 or i=2258; "
	       "#3 behind it is an element of its array";
	if (UA_ExpandedNodeId_parse(&n->id, text) || n->id.serverIndex != 0 ||
	    UA_NodeId_isNull(&n->id.nodeId)) {
		return -EINVAL;
	}
	if (strlen(hash) > 10) {
		*why = "an array's index has at most 9 digits";
		return -EINVAL;
	}
	memcpy(n->index, *hash ? hash + 1 : "", *hash ? strlen(hash) : 1);
	return 0;
}

void node_fini(struct node *n)
{
	UA_ExpandedNodeId_clear(&n->id);
}

int node_resolve(UA_NodeId *out, const struct node *n, const UA_String *namespaces,
                 size_t n_namespaces)
{
	*out = n->id.nodeId;
	if (n->id.namespaceUri.length == 0) {
		return 0;
	}
	for (size_t i = 0; i < n_namespaces && i <= UINT16_MAX; i++) {
		if (UA_String_equal(&n->id.namespaceUri, &namespaces[i])) {
			out->namespaceIndex = (UA_UInt16)i;
			return 0;
		}
	}
	return -ENOENT;
}
