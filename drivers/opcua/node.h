/* SPDX-License-Identifier: Apache-2.0 */
/** Where a server keeps a value, in the notation of OPC 10000-6, 5.3.1.11.  Pure. */
#ifndef DRIVERS_OPCUA_NODE_H
#define DRIVERS_OPCUA_NODE_H

#include <open62541/types.h>

/** A node, and which element of its array.  All is its own. */
struct node {
	UA_ExpandedNodeId id; /* with a namespace URI until node_resolve() */
	char index[12];       /* of the element; "" the whole value */
};

/** "ns=2;s=Pump.Flow", "nsu=http://...;i=7", "i=2258"; "#3" at the end: an element.
 * @return 0, or -EINVAL with *why a static text.  node_fini() in any case */
int node_parse(struct node *n, const char *at, const char **why);
void node_fini(struct node *n);

/** The node's id on a server with these namespaces, borrowed from n.
 * @return 0, or -ENOENT: it does not know the URI */
int node_resolve(UA_NodeId *out, const struct node *n, const UA_String *namespaces,
                 size_t n_namespaces);

#endif
